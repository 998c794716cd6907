"""`make docs`."""

from cli import checks, programs


def command() -> int:
    """Write every document that is made from code and stack files."""
    return programs.run("cli.generated", env=checks.comparing())
