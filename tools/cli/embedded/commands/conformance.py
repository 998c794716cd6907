"""`make conformance`."""

from cli import programs


def command() -> int:
    """Print the table of who may do what, as the running sandbox decides.

    [That of the example](tools/sandbox/CONFORMANCE.md).
    """
    return programs.of_sandbox("sandbox.conformance")
