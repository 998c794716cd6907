"""The fields that a program leaves to others, by `ignoreChanges`: sent if they are ours, left out if they are not."""

from typing import Any

import pytest

from sandbox.plugins.kubernetes.ignored import kept
from sandbox.plugins.protocol import Properties

OURS = "pulumi-kubernetes-1"
PATH = "spec.replicas"
INPUTS: Properties = {"metadata": {"name": "a"}, "spec": {"replicas": 2, "paused": False}}


def live(replicas: int | None, *managers: str) -> Properties:
    """A Deployment, and the managers that have its number of pods."""
    fields: Any = {"f:spec": {"f:replicas": {}, "f:template": {"f:spec": {}}}}
    records = [{"manager": manager, "operation": "Update", "fieldsV1": fields} for manager in managers]
    records.append({"manager": "kube-controller-manager", "operation": "Update", "fieldsV1": {"f:status": {}}})
    spec = {} if replicas is None else {"replicas": replicas}
    return {"metadata": {"name": "a", "managedFields": records}, "spec": spec}


@pytest.mark.parametrize(
    ("replicas", "managers", "sent"),
    [
        (4, [OURS], 4),  # or it would be removed, and be one
        (4, [], 4),  # a default, which nobody manages
        (4, [OURS, "somebody"], 4),
        (4, ["kube-controller-manager"], None),
        (0, ["kubectl-patch"], None),
        (None, [], 2),
    ],
)
def test_a_field_is_sent_as_it_is_if_it_is_ours_and_left_out_if_it_is_anothers(
    replicas: int | None, managers: list[str], sent: int | None
) -> None:
    spec = kept(INPUTS, live(replicas, *managers), [PATH], OURS)["spec"]
    assert spec == {"paused": False, **({} if sent is None else {"replicas": sent})}
    assert INPUTS["spec"]["replicas"] == 2


def test_a_field_that_the_program_has_not_is_sent_if_nobody_else_manages_it() -> None:
    inputs: Properties = {"metadata": {"name": "a"}}
    assert kept(inputs, live(4, OURS), [PATH], OURS)["spec"] == {"replicas": 4}
    assert kept(inputs, live(4, "somebody"), [PATH], OURS) == inputs


def test_another_path_and_none_change_nothing() -> None:
    assert kept(INPUTS, live(4, "somebody"), [], OURS) == INPUTS
    others = ["spec.template.spec.containers[0].image", "spec.strategy"]
    assert kept(INPUTS, live(4, "somebody"), others, OURS) == INPUTS
