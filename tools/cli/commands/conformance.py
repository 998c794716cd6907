"""`make conformance`."""

from cli import programs


def command() -> int:
    """Write the table of who may do what, as the running sandbox decides.

    [The table](tools/sandbox/CONFORMANCE.md).
    """
    return programs.of_sandbox("sandbox.conformance")
