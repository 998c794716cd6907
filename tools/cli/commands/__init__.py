"""The commands behind make: a module for each target, under the headings and in the order of `make help`.

Each module has a function `command`: its docstring describes the target, and its parameters are the target's variables,
LAYER for `--layer`. `make docs` writes the Makefile's targets and README.md's table from them. Modules of
targets that exist for the sandbox alone are in `cli.embedded.commands`; a deleted module has no target
(`.github/guides/leave.md`).
"""

from pathlib import Path

_HERE = Path(__file__).parent
_FOLDERS = {"cli.commands": _HERE, "cli.embedded.commands": _HERE.parent / "embedded" / "commands"}

_GROUPS: dict[str, tuple[str, ...]] = {
    "Sandbox": (
        *(
            "up",
            "preview",
            "needs",
            "audit",
            "access",
            "cost",
            "history",
            "portal",
            "status",
            "shell",
            "drift",
            "drifted",
            "explain",
        ),
        *("conformance", "checkov", "unused", "verify-reproducible", "down"),
    ),
    "Environments": ("bootstrap", "deploy", "move", "compare", "databases", "github", "ci"),
    "Apps": ("new-app",),
    "Development": ("test", "check", "docs", "kit", "lock", "pins", "bench"),
    "Tools": ("tools", "doctor"),
}


def module(name: str) -> str | None:
    """Module of a target; None when it was deleted."""
    stem = name.replace("-", "_")
    return next(
        (f"{package}.{stem}" for package, folder in _FOLDERS.items() if (folder / f"{stem}.py").is_file()), None
    )


GROUPS = {heading: present for heading, names in _GROUPS.items() if (present := tuple(filter(module, names)))}
NAMES = tuple(name for names in GROUPS.values() for name in names)
