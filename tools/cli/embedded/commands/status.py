"""`make status`."""

from cli.embedded import status


def command() -> int:
    """Show servers, stacks and identities."""
    return status.run()
