"""`make status`."""

from cli import status


def command() -> int:
    """Show servers, stacks and identities."""
    return status.run()
