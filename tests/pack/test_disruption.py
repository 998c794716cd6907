"""The rules on whole stacks that decide the number of pods, and whether they can be moved."""

from typing import Any

import pytest

from pack.analyzer import Analyzer, Inputs, urn
from pack.cases import REMOVED, changed
from pack.stacks import INSIDE, Part, judged
from policy_pack.rules import disruption

LABELS = {"matchLabels": {"app": "storefront"}}
SCALED: dict[str, Part] = {
    "app": ("app", disruption.DEPLOYMENT, {"metadata": INSIDE, "spec": {"selector": LABELS}}),
    "scaler": (
        "scaler",
        disruption.AUTOSCALER,
        {"metadata": INSIDE, "spec": {"minReplicas": 2, "scaleTargetRef": {"name": "it"}}},
    ),
    "budget": ("budget", disruption.BUDGET, {"metadata": INSIDE, "spec": {"minAvailable": 1, "selector": LABELS}}),
}


@pytest.mark.parametrize("policy", ["workload-replicas-one-owner", "workload-budget-leaves-one"])
def test_a_scaled_app_with_a_budget_is_accepted(analyzer: Analyzer, policy: str) -> None:
    assert judged(analyzer, SCALED, policy) == []


def test_replicas_beside_an_autoscaler_are_refused(analyzer: Analyzer) -> None:
    name, kind, inputs = SCALED["app"]
    parts = SCALED | {"app": (name, kind, changed(inputs, "spec.replicas", 3))}
    [message] = judged(analyzer, parts, "workload-replicas-one-owner")
    assert "an autoscaler decides the number too" in message
    assert judged(analyzer, parts, "workload-replicas-one-owner", ignored=["spec.replicas"]) == []
    assert judged(analyzer, parts, "workload-replicas-one-owner", ignored=["spec.selector"]) == [message]
    parts["scaler"] = ("scaler", disruption.AUTOSCALER, changed(SCALED["scaler"][2], "spec.scaleTargetRef.name", "x"))
    assert judged(analyzer, parts, "workload-replicas-one-owner") == []


@pytest.mark.parametrize("kind", ["StatefulSet", "ReplicaSet", "StatefulSetPatch"])
@pytest.mark.parametrize("scaler", disruption.AUTOSCALERS)
def test_replicas_of_any_controller_beside_any_autoscaler_are_refused(
    analyzer: Analyzer, kind: str, scaler: str
) -> None:
    inputs = changed(SCALED["scaler"][2], "spec.scaleTargetRef", {"kind": kind.removesuffix("Patch"), "name": "it"})
    app = changed(SCALED["app"][2], "spec.replicas", 3)
    parts: dict[str, Part] = {"app": ("app", f"kubernetes:apps/v1:{kind}", app), "scaler": ("scaler", scaler, inputs)}
    [message] = judged(analyzer, parts, "workload-replicas-one-owner")
    assert "an autoscaler decides the number too" in message


def test_a_budget_over_a_stateful_set_leaves_one(analyzer: Analyzer) -> None:
    parts = budgeted(2, 2)
    name, _, inputs = parts["app"]
    parts["app"] = (name, "kubernetes:apps/v1:StatefulSet", inputs)
    assert judged(analyzer, parts, "workload-budget-leaves-one")


@pytest.mark.parametrize(
    ("target", "is_refused"),
    [
        ({"name": "it"}, True),
        ({"kind": "Deployment", "name": "it"}, True),
        ({"kind": "StatefulSet", "name": "it"}, False),
        ({"name": "other"}, False),
    ],
)
def test_two_autoscalers_of_one_deployment_are_refused(analyzer: Analyzer, target: Inputs, is_refused: bool) -> None:
    second = changed(SCALED["scaler"][2], "spec.scaleTargetRef", target)
    parts = SCALED | {"second": ("second", disruption.AUTOSCALER, second)}
    messages = judged(analyzer, parts, "workload-replicas-one-owner")
    assert [("scales what 'scaler' scales too" in message) for message in messages] == [True] * is_refused


SELECTORS: list[Inputs] = [
    LABELS,
    {},
    {"matchLabels": {}},
    {"matchExpressions": [{"key": "app", "operator": "In", "values": ["storefront", "reports"]}]},
    {"matchExpressions": [{"key": "app", "operator": "NotIn", "values": ["reports"]}]},
    {"matchExpressions": [{"key": "app", "operator": "Exists"}]},
    {"matchExpressions": [{"key": "other", "operator": "DoesNotExist"}]},
    {"matchLabels": {"tier": "web"}},
    {"matchExpressions": [{"key": "app", "operator": "of another version", "values": ["reports"]}]},
]
OTHERS: list[Inputs | None] = [
    None,
    {"matchLabels": {"app": "reports"}},
    {"matchExpressions": [{"key": "app", "operator": "In", "values": ["reports"]}]},
    {"matchExpressions": [{"key": "app", "operator": "NotIn", "values": ["storefront"]}]},
    {"matchExpressions": [{"key": "app", "operator": "DoesNotExist"}]},
    {"matchExpressions": [{"key": "other", "operator": "Exists"}]},
]


def budgeted(least: Any, pods: int, selector: Inputs | None = LABELS) -> dict[str, Part]:
    """A Deployment of so many pods, and a budget that demands so many of them."""
    labels = {"metadata": {"labels": {"app": "storefront", "tier": "web"}}}
    app = {"metadata": INSIDE, "spec": {"replicas": pods, "selector": LABELS, "template": labels}}
    budget = {"metadata": INSIDE, "spec": {"minAvailable": least, "selector": selector}}
    return {"app": ("app", disruption.DEPLOYMENT, app), "budget": ("budget", disruption.BUDGET, budget)}


@pytest.mark.parametrize(
    ("least", "pods", "words"),
    [
        (2, 2, "demands 2 available pods of 2"),
        (3, 2, "demands 3 available pods of 2"),
        (1, 1, "demands 1 available pods of 1"),
        ("50%", 1, "demands 1 available pods of 1"),
        ("51%", 2, "demands 2 available pods of 2"),
        ("99%", 3, "demands 3 available pods of 3"),
    ],
)
def test_a_budget_that_leaves_no_pod_to_be_moved_is_refused(
    analyzer: Analyzer, least: Any, pods: int, words: str
) -> None:
    [message] = judged(analyzer, budgeted(least, pods), "workload-budget-leaves-one")
    assert words in message


@pytest.mark.parametrize(("least", "pods"), [(1, 2), ("50%", 2), ("66%", 3), (0, 1), (1, 0)])
def test_a_budget_that_leaves_a_pod_is_accepted(analyzer: Analyzer, least: Any, pods: int) -> None:
    assert judged(analyzer, budgeted(least, pods), "workload-budget-leaves-one") == []


@pytest.mark.parametrize("selector", SELECTORS)
def test_a_budget_is_judged_by_the_pods_that_it_selects(analyzer: Analyzer, selector: Inputs) -> None:
    assert judged(analyzer, budgeted(2, 2, selector), "workload-budget-leaves-one")
    second = budgeted(1, 2, selector)["budget"]
    [message] = judged(analyzer, budgeted(1, 2) | {"second": ("second", *second[1:])}, "workload-budget-leaves-one")
    assert "'second' covers pods of 'app', as 'budget' does" in message


@pytest.mark.parametrize("selector", OTHERS)
def test_a_budget_of_other_pods_is_none_of_these(analyzer: Analyzer, selector: Inputs | None) -> None:
    assert judged(analyzer, budgeted(2, 2, selector), "workload-budget-leaves-one") == []


def test_a_budget_of_another_namespace_is_none_of_these(analyzer: Analyzer) -> None:
    parts = budgeted(2, 2)
    parts["budget"] = (*parts["budget"][:2], changed(parts["budget"][2], "metadata.namespace", "else"))
    assert judged(analyzer, parts, "workload-budget-leaves-one") == []


def test_an_autoscaler_decides_how_few_pods_a_budget_has(analyzer: Analyzer) -> None:
    name, kind, inputs = SCALED["scaler"]
    for least in (1, REMOVED):
        parts = SCALED | {"scaler": (name, kind, changed(inputs, "spec.minReplicas", least))}
        [message] = judged(analyzer, parts, "workload-budget-leaves-one")
        assert "demands 1 available pods of 1" in message


def test_a_budget_of_several_deployments_counts_all_their_pods(analyzer: Analyzer) -> None:
    parts = budgeted(3, 2)
    parts["second"] = ("second", disruption.DEPLOYMENT, parts["app"][2])
    assert judged(analyzer, parts, "workload-budget-leaves-one") == []
    parts["budget"] = budgeted(4, 2)["budget"]
    assert "demands 4 available pods of 4" in judged(analyzer, parts, "workload-budget-leaves-one")[0]


def test_changes_are_left_out_as_the_program_says_and_not_as_the_state_did(analyzer: Analyzer) -> None:
    """After a refresh the engine reports the options of the state."""
    for name, kind, inputs in SCALED.values():
        is_app = kind == disruption.DEPLOYMENT
        given = changed(inputs, "spec.replicas", 3) if is_app else inputs
        ignored = ["spec.replicas"] if is_app else []
        analyzer.check(kind, given, name=name, layer="apps", stack="scaled", ignored=ignored)
    unknown: Inputs = {}
    listed = [(urn(kind, name, "apps", "scaled"), kind, unknown) for name, kind, _ in SCALED.values()]

    assert [one.message for one in analyzer.stack(listed) if one.policy == "workload-replicas-one-owner"] == []


def test_what_is_about_to_be_deleted_is_no_part_of_the_stack(analyzer: Analyzer) -> None:
    name, kind, inputs = SCALED["app"]
    fixed = changed(inputs, "spec.replicas", 3)
    analyzer.check(kind, fixed, name=name, layer="apps", stack="fixed")
    scaler, scaling, scaled = SCALED["scaler"]
    listed = [(urn(kind, name, "apps", "fixed"), kind, fixed), (urn(scaling, scaler, "apps", "fixed"), scaling, scaled)]

    def found() -> list[str]:
        return [one.message for one in analyzer.stack(listed) if one.policy == "workload-replicas-one-owner"]

    assert found() == []
    analyzer.check(scaling, scaled, name=scaler, layer="apps", stack="fixed")
    assert len(found()) == 1
