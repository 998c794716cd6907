"""Message about a command of the engine that failed: for a run that failed, how it begins again."""

import pytest

from cli.layout import Stack
from cli.pulumi import result
from cli.pulumi.engine import Result
from engine.events import Events
from toolchain.errors import ToolError

STACK = Stack("apps", "dev", "shop-schemas")
_URN = "urn:pulumi:shop-schemas-dev::apps::prodfirst:apps:Job${}::shop-schemas"


def _message(*errors: tuple[str, str]) -> str:
    outcome = Events()
    outcome.errors.extend(errors)
    with pytest.raises(ToolError) as stopped:
        result.require(Result(1, outcome, ""), STACK, "the update", "Correct the cause and deploy again.")
    return str(stopped.value)


def test_a_run_that_failed_is_said_to_be_kept_and_how_it_begins_again() -> None:
    message = _message((_URN.format("kubernetes:batch/v1:Job"), "the job failed"), ("", "update failed"))

    assert message.splitlines()[:2] == ["apps/shop-schemas: the update was stopped.", "  the job failed"]
    assert "`kubectl delete job shop-schemas --namespace shop-schemas` lets the next deployment run it again" in message
    assert message.endswith("\nCorrect the cause and deploy again.")


@pytest.mark.parametrize("urn", ["", _URN.format("kubernetes:apps/v1:Deployment")])
def test_another_failure_has_no_run(urn: str) -> None:
    assert "kubectl" not in _message((urn, "it failed"))
