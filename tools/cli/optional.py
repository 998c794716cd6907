"""Optional modules: after `.github/guides/leave.md` has deleted the sandbox, the other commands still work."""

from importlib import import_module
from types import ModuleType


def module(name: str) -> ModuleType | None:
    """Load a module; return None when it, or a package that contains it, was deleted."""
    try:
        return import_module(name)
    except ModuleNotFoundError as error:
        if error.name and f"{name}.".startswith(f"{error.name}."):
            return None
        raise
