"""Parts that a checkout may do without: `.github/guides/leave.md` deletes the sandbox, and the other commands go on."""

from importlib import import_module
from types import ModuleType


def module(name: str) -> ModuleType | None:
    """Load a module; None where it, or a package that it is in, was deleted."""
    try:
        return import_module(name)
    except ModuleNotFoundError as error:
        if error.name and f"{name}.".startswith(f"{error.name}."):
            return None
        raise
