"""`make conformance`."""

from runner import programs


def command() -> int:
    """Write the table of who may do what, as the running sandbox decides.

    [The table](tests/sandbox/CONFORMANCE.md).
    """
    return programs.of_sandbox("sandbox.conformance")
