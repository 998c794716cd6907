"""The commands behind make: a module for each target, under the headings and in the order of `make help`.

Each module has a function `command`: its docstring describes the target, and its parameters are the variables that the
target takes, LAYER for `--layer`. `make docs` writes the Makefile's targets and README.md's table from them.
"""

GROUPS: dict[str, tuple[str, ...]] = {
    "Sandbox": (
        *("up", "preview", "audit", "access", "cost", "history", "portal", "status", "shell", "drift", "explain"),
        *("conformance", "checkov", "unused", "verify-reproducible", "down"),
    ),
    "Environments": ("bootstrap", "deploy", "compare", "github", "ci"),
    "Apps": ("new-app",),
    "Development": ("test", "check", "docs", "kit", "lock", "bench"),
    "Tools": ("tools", "doctor"),
}
NAMES = tuple(name for names in GROUPS.values() for name in names)
