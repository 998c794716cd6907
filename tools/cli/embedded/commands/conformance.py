"""`make conformance`."""

from cli.embedded import reports


def command() -> int:
    """Print the table of who may do what, as the running sandbox decides.

    [The table of the example](tools/sandbox/CONFORMANCE.md).
    """
    return reports.run("sandbox.conformance")
