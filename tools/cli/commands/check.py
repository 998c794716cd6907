"""`make check`."""

from cli import checks


def command() -> int:
    """Check code, types, lock files, documents and environments: what CI checks."""
    return checks.run()
