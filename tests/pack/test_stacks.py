"""The rules on whole stacks."""

from typing import Any

import pytest

from pack.analyzer import Analyzer, Inputs, urn
from pack.cases import REMOVED, changed

NAMESPACE = "kubernetes:core/v1:Namespace"
QUOTA = "kubernetes:core/v1:ResourceQuota"
LIMITS = "kubernetes:core/v1:LimitRange"
TRAFFIC = "kubernetes:networking.k8s.io/v1:NetworkPolicy"
NETWORK = "gcp:compute/network:Network"
FIREWALL = "gcp:compute/firewall:Firewall"
INSIDE = {"namespace": "storefront", "name": "it"}

Part = tuple[str, str, Inputs]


def guarded() -> dict[str, Part]:
    """A namespace with all its guards: by a name, what is registered and its type."""
    return {
        "namespace": ("storefront", NAMESPACE, {"metadata": {"name": "storefront"}}),
        "quota": ("quota", QUOTA, {"metadata": INSIDE, "spec": {"hard": {"pods": "1"}}}),
        "limits": ("limits", LIMITS, {"metadata": INSIDE, "spec": {}}),
        "deny": (
            "deny",
            TRAFFIC,
            {"metadata": INSIDE, "spec": {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}},
        ),
    }


def deny(direction: str, ranges: str) -> Inputs:
    """A rule that denies everything in one direction."""
    return {"direction": direction, "priority": 65534, "denies": [{"protocol": "all"}], ranges: ["0.0.0.0/0"]}


def closed() -> dict[str, Part]:
    """A network that denies by default."""
    return {
        "network": ("main", NETWORK, {"name": "main"}),
        "ingress": ("in", FIREWALL, deny("INGRESS", "sourceRanges")),
        "egress": ("out", FIREWALL, deny("EGRESS", "destinationRanges")),
    }


def judged(analyzer: Analyzer, parts: dict[str, Part], policy: str, *, as_outputs: bool = False) -> list[str]:
    """What one rule says about a stack of these parts, registered first; outputs are empty as in a first preview."""
    for name, kind, inputs in parts.values():
        if not as_outputs:
            analyzer.check(kind, inputs, name=name, layer="platform", stack="s1")
    stack = "s2" if as_outputs else "s1"
    listed = [
        (urn(kind, name, "platform", stack), kind, inputs if as_outputs else {})
        for name, kind, inputs in parts.values()
    ]
    return [finding.message for finding in analyzer.stack(listed) if finding.policy == policy]


@pytest.mark.parametrize("as_outputs", [False, True])
def test_a_guarded_namespace_and_a_closed_network_are_accepted(analyzer: Analyzer, as_outputs: bool) -> None:
    assert judged(analyzer, guarded(), "namespace-guarded", as_outputs=as_outputs) == []
    assert judged(analyzer, closed(), "network-denies-by-default", as_outputs=as_outputs) == []


Less = tuple[str, str, Any, str]
WITHOUT: list[Less] = [
    ("quota", "", None, "has no ResourceQuota"),
    ("limits", "", None, "has no LimitRange"),
    ("deny", "", None, "has no NetworkPolicy that denies everything"),
    ("quota", "metadata.namespace", "other", "has no ResourceQuota"),
    ("deny", "metadata.namespace", "other", "has no NetworkPolicy"),
    ("deny", "spec.policyTypes", ["Ingress"], "has no NetworkPolicy"),
    ("deny", "spec.podSelector", {"matchLabels": {"a": "b"}}, "has no NetworkPolicy"),
    ("deny", "spec.podSelector", {"matchExpressions": [{"key": "a"}]}, "has no NetworkPolicy"),
    ("deny", "spec.egress", [{}], "has no NetworkPolicy"),
    ("deny", "spec.ingress", [{}], "has no NetworkPolicy"),
]


@pytest.mark.parametrize("less", WITHOUT)
@pytest.mark.parametrize("as_outputs", [False, True])
def test_a_namespace_without_one_guard_is_refused(analyzer: Analyzer, less: Less, as_outputs: bool) -> None:
    part, path, value, words = less
    parts = guarded()
    name, kind, inputs = parts.pop(part)
    if path:
        parts[part] = (name, kind, changed(inputs, path, value))
    [message] = judged(analyzer, parts, "namespace-guarded", as_outputs=as_outputs)
    assert words in message
    assert "'storefront'" in message


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("", None),
        ("direction", "EGRESS"),
        ("denies", [{"protocol": "tcp"}]),
        ("denies", REMOVED),
        ("sourceRanges", ["10.0.0.0/8"]),
        ("priority", 1000),
        ("priority", "unknown"),
        ("disabled", True),
    ],
)
@pytest.mark.parametrize("as_outputs", [False, True])
def test_a_network_that_lets_in_by_default_is_refused(
    analyzer: Analyzer, path: str, value: Any, as_outputs: bool
) -> None:
    parts = closed()
    name, kind, inputs = parts.pop("ingress")
    if path:
        parts["ingress"] = (name, kind, changed(inputs, path, value))
    [message] = judged(analyzer, parts, "network-denies-by-default", as_outputs=as_outputs)
    assert "no rule denies INGRESS by default" in message


def test_a_stack_without_a_network_needs_no_rule(analyzer: Analyzer) -> None:
    parts = {"egress": closed()["egress"]}
    assert judged(analyzer, parts, "network-denies-by-default", as_outputs=True) == []
