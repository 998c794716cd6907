"""Checks of the result of an engine command: whether the work may continue."""

from cli.layout import Stack
from cli.pulumi.engine import Result, reasons
from toolchain.errors import ToolError


def require(result: Result, stack: Stack, what: str, consequence: str) -> None:
    """Check that a command of the engine succeeded.

    A violation is a failure by itself: no exit code of the engine may turn it into a success.

    Raises `ToolError` with the engine's reasons when the command failed.
    """
    if result.code or result.outcome.violations:
        raise ToolError(f"{stack.title}: {what} was stopped.\n{reasons(result)}\n{consequence}")
