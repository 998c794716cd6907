"""`make down`."""

from cli.embedded import down


def command() -> int:
    """Stop the servers and discard the sandbox."""
    return down.run()
