"""`make checkov`."""

from cli import programs


def command() -> int:
    """Check what the sandbox deployed with checkov, and write its verdicts.

    [The verdicts](platform/CHECKOV.md).
    """
    return programs.of_sandbox("judge")
