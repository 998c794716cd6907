"""Failures that a person can act on; each prints as one message, without a traceback."""


class ToolError(Exception):
    """Something could not be found, made or done.

    The message says what failed, where, what follows from it, and the remedy.
    """

    exit_code = 1


class UsageError(ToolError):
    """The command was called in a way that it does not have."""

    exit_code = 2
