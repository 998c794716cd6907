"""Checks of the result of an engine command: whether the work may continue, or an administrator has to do it."""

from cli.layout import FOUNDATION, Stack
from cli.pulumi.engine import Result, reasons
from engine import urns
from toolchain.errors import ToolError

_NAMED = 3


def require(result: Result, stack: Stack, what: str, consequence: str) -> None:
    """Check that a command of the engine succeeded.

    A violation is a failure by itself: no exit code of the engine may turn it into a success.

    Raises `ToolError` with the engine's reasons when the command failed.
    """
    if result.code or result.outcome.violations:
        raise ToolError(f"{stack.title}: {what} was stopped.\n{reasons(result)}\n{consequence}")


def foundation(result: Result) -> str:
    """Resources of the foundation that a plan changes, which only an administrator applies; empty for none."""
    names = sorted(urns.label(urn) for urn in result.outcome.started if FOUNDATION in urn)
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return ", ".join(names[:_NAMED]) + more
