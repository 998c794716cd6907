"""`make status`."""

from runner import status


def command() -> int:
    """Show servers, stacks and identities."""
    return status.run()
