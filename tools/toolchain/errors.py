"""Errors that a person can act on; each is printed as one message, without a traceback."""


class ToolError(Exception):
    """Failure of an operation.

    The message states what failed, where, the consequence, and the remedy.
    """

    exit_code = 1


class UsageError(ToolError):
    """Wrong use of a command."""

    exit_code = 2
