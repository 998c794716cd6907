"""What follows from how a command of the engine ended: whether it may go on, and who has to."""

from cli.layout import FOUNDATION, Stack
from cli.pulumi.engine import Result, reasons
from engine import urns
from toolchain.errors import ToolError

_NAMED = 3


def require(result: Result, stack: Stack, what: str, consequence: str) -> None:
    """Let go on only what succeeded.

    A violation counts by itself: no exit code of the engine may turn it into a success.

    Raises `ToolError` with the engine's reasons otherwise.
    """
    if result.code or result.outcome.violations:
        raise ToolError(f"{stack.title}: {what} was stopped.\n{reasons(result)}\n{consequence}")


def foundation(result: Result) -> str:
    """What of the identity layer's foundation a plan changes, which an administrator applies; empty for nothing."""
    names = sorted(urns.label(urn) for urn in result.outcome.started if FOUNDATION in urn)
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return ", ".join(names[:_NAMED]) + more
