"""`make kit`."""

from cli import kit


def command() -> int:
    """Copy the kit that every layer vendors from identity to the other layers."""
    return kit.run()
