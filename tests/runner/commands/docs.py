"""`make docs`."""

from runner import checks, programs


def command() -> int:
    """Write every document that is made from code and stack files."""
    return programs.run("runner.generated", env=checks.comparing())
