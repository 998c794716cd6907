"""`make verify-reproducible`."""

from cli.embedded import reproducible


def command() -> int:
    """Bring this commit up twice from nothing, and compare every resource of the states."""
    return reproducible.run()
