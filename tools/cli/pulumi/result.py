"""Checks of the result of an engine command: whether the work may continue."""

from cli.layout import Stack
from cli.pulumi.engine import Result, reasons
from engine import urns
from toolchain.errors import ToolError

_JOB = "kubernetes:batch/v1:Job"


def require(result: Result, stack: Stack, what: str, consequence: str) -> None:
    """Check that a command of the engine succeeded.

    A violation is a failure by itself: no exit code of the engine may turn it into a success.

    Raises `ToolError` with the engine's reasons when the command failed.
    """
    if result.code or result.outcome.violations:
        raise ToolError(
            f"{stack.title}: {what} was stopped.\n{reasons(result)}\n{_run_again(result, stack)}{consequence}"
        )


def _run_again(result: Result, stack: Stack) -> str:
    """Commands by which a failed run of an app begins again; empty where none failed. The next update waits for it."""
    resources = [urns.parse(urn) for urn, _ in result.outcome.errors if _JOB in urn]
    failed = [resource.name for resource in resources if resource.type == _JOB]
    if not failed:
        return ""
    job = f"{failed[0]} --namespace {stack.part}"
    return (
        f"The failed run is kept: `kubectl logs job/{job}` shows its output. A corrected image or setting runs by "
        f"itself; where the cause was another one, `kubectl delete job {job}` lets the next deployment run it again.\n"
    )
