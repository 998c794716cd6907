"""`make drift`."""

from cli.embedded import drift


def command() -> int:
    """Change the sandbox out of band: roles, protections, an image; `make preview REFRESH=yes` finds it."""
    return drift.run()
