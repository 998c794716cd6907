"""Rules on networks and namespaces: each permitted value, and one beside it."""

from typing import Any

import pytest

from engine.inputs import UNKNOWN, Secret
from engine.members import Member
from policy_pack import catalog
from policy_pack.rule import Stack
from policy_pack.rules.namespaces import LIMITS, NAMESPACE, QUOTA
from policy_pack.rules.network import FIREWALL, NETWORK
from policy_pack.waivers import Waivers, today
from unit.policies.test_rules_at_limits import messages

POLICY = "kubernetes:networking.k8s.io/v1:NetworkPolicy"
ZONE = "gcp:dns/managedZone:ManagedZone"
TRAFFIC = "namespace-traffic-named"
_APP: dict[str, Any] = {"podSelector": {"matchLabels": {"app": "a"}}}
_PUBLIC: dict[str, Any] = {"ipBlock": {"cidr": "0.0.0.0/0"}}
_PARTNER: dict[str, Any] = {"ipBlock": {"cidr": "203.0.113.0/24"}}
_ANY_POD: dict[str, Any] = {"namespaceSelector": {}}
_NAMED: dict[str, Any] = {"namespaceSelector": {"matchLabels": {"name": "a"}}}
_HTTPS: list[dict[str, Any]] = [{"port": 443}]


def found(name: str, *members: tuple[str, str, dict[str, Any]]) -> list[str]:
    """Messages of a rule on stacks about some resources."""
    [rule] = [one for one in catalog.STACK_RULES if one.name == name]
    listed = [
        Member(f"urn:pulumi:dev::platform::{kind}::{title}", kind, title, lambda fields=fields: fields)
        for kind, title, fields in members
    ]
    return [finding.message for finding in rule.check(Stack(listed, Waivers([], today())))]


_INGRESS: list[tuple[dict[str, Any], int]] = [
    ({"from": [_APP], "ports": _HTTPS}, 0),
    ({"from": [_NAMED]}, 0),
    ({"from": [_PARTNER]}, 0),
    ({"from": [_PUBLIC], "ports": _HTTPS}, 1),
    ({"from": [_APP, _ANY_POD]}, 1),
    ({"from": [_PARTNER, _ANY_POD]}, 1),
    ({"from": [_APP, UNKNOWN]}, 1),
    ({"from": [_APP, Secret(_APP)]}, 1),
    ({"from": [{}]}, 1),
    ({"from": [{"podSelector": {}}]}, 0),
    ({"from": [{"podSelector": None, "namespaceSelector": None}]}, 1),
    ({"from": [{"namespaceSelector": {"matchLabels": {"name": UNKNOWN, "team": "a"}}}]}, 1),
    ({"from": [{"namespaceSelector": {"matchExpressions": [{"key": "a", "operator": "Exists"}]}}]}, 1),
    ({"from": [{"namespaceSelector": {"matchExpressions": [{"key": "a", "operator": "In", "values": ["b"]}]}}]}, 0),
    ({"from": [{"namespaceSelector": {"matchExpressions": [{"key": "a", "operator": "In", "values": []}]}}]}, 1),
    ({"from": []}, 1),
]


@pytest.mark.parametrize(("rule", "number"), _INGRESS)
def test_ingress_names_its_peers(rule: dict[str, Any], number: int) -> None:
    assert len(messages(TRAFFIC, POLICY, {"spec": {"ingress": [rule]}})) == number


@pytest.mark.parametrize(
    ("rule", "number"),
    [
        ({"to": [_PUBLIC], "ports": _HTTPS}, 1),
        ({"to": [_ANY_POD], "ports": [{"port": 8000, "endPort": 8063}]}, 0),
        ({"to": [_ANY_POD], "ports": [{"port": 8000, "endPort": 8064}]}, 1),
        ({"to": [_PUBLIC]}, 1),
        ({"to": [_PARTNER]}, 0),
        ({"to": [_ANY_POD], "ports": _HTTPS}, 0),
        ({"to": [_ANY_POD]}, 1),
    ],
)
def test_egress_to_everybody_is_by_a_few_ports(rule: dict[str, Any], number: int) -> None:
    refused = messages(TRAFFIC, POLICY, {"spec": {"egress": [rule]}})

    assert len(refused) == number
    everybody = "the whole internet" if rule["to"] == [_PUBLIC] else "every port of everybody"
    assert all(everybody in message for message in refused)


@pytest.mark.parametrize(
    ("token", "number"),
    [
        ("kubernetes:core/v1:ConfigMap", 1),
        ("kubernetes:core/v1:ConfigMapPatch", 1),
        ("kubernetes:rbac.authorization.k8s.io/v1:ClusterRole", 0),
        ("kubernetes:rbac.authorization.k8s.io/v1:ClusterRolePatch", 0),
        ("kubernetes:rbac.authorization.k8s.io/v1:ClusterRoleList", 0),
        ("kubernetes:yaml/v2:ConfigFile", 0),
    ],
)
def test_what_is_in_a_namespace_names_it(token: str, number: int) -> None:
    assert len(messages("namespace-named", token, {"metadata": {"name": "a"}})) == number


_DENIES: dict[str, Any] = {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}


@pytest.mark.parametrize(
    ("left_out", "words"),
    [
        ("", []),
        (POLICY, ["has no NetworkPolicy that denies everything"]),
        (QUOTA, ["has no ResourceQuota"]),
        (LIMITS, ["has no LimitRange"]),
    ],
)
def test_a_namespace_has_its_guards(left_out: str, words: list[str]) -> None:
    inside = {"metadata": {"namespace": "shop"}, "spec": _DENIES}
    guards = [(kind, "guard", inside) for kind in (POLICY, QUOTA, LIMITS) if kind != left_out]
    refused = found("namespace-guarded", (NAMESPACE, "shop", {"metadata": {"name": "shop"}}), *guards)

    assert len(refused) == len(words)
    assert all(word in message for word, message in zip(words, refused, strict=True))


def firewall(**inputs: Any) -> dict[str, Any]:
    """A firewall rule that lets out to everywhere."""
    allowed = [{"protocol": "tcp", "ports": ["443"]}]
    return {"direction": "EGRESS", "destinationRanges": ["0.0.0.0/0"], "allows": allowed} | inputs


@pytest.mark.parametrize(
    ("inputs", "number"),
    [
        (firewall(), 1),
        (firewall(allows=[{"protocol": "tcp", "ports": ["443"]}]), 1),
        (firewall(allows=[], denies=[{"protocol": "all"}]), 0),
        (firewall(allows=[{"protocol": "all"}]), 1),
        (firewall(allows=[{"protocol": "all"}], destinationRanges=["203.0.113.0/24"]), 0),
        (firewall(allows=[{"protocol": "all"}], destinationRanges=None), 1),
        (firewall(allows=[{"protocol": "all"}], disabled=True), 0),
        (firewall(allows=[{"protocol": "all"}], direction="INGRESS"), 0),
    ],
)
def test_egress_of_a_network_names_its_ranges(inputs: dict[str, Any], number: int) -> None:
    assert len(messages("network-firewall-egress-named", FIREWALL, inputs)) == number


@pytest.mark.parametrize(
    ("direction", "number"), [(None, 1), ("INGRESS", 1), (UNKNOWN, 1), (Secret("EGRESS"), 1), ("EGRESS", 0)]
)
def test_what_may_be_ingress_is_closed(direction: Any, number: int) -> None:
    inputs = {"sourceRanges": ["0.0.0.0/0"], "allows": [{"protocol": "tcp"}]}

    assert len(messages("network-firewall-closed", FIREWALL, inputs | {"direction": direction})) == number


@pytest.mark.parametrize(
    ("algorithm", "number"),
    [
        *(("ecdsap256sha256", 0), ("ecdsap384sha384", 0), ("rsasha256", 0), ("rsasha512", 0)),
        *(("rsasha1", 1), (None, 1), (UNKNOWN, 1)),
    ],
)
def test_a_zone_is_signed_by_a_strong_algorithm(algorithm: Any, number: int) -> None:
    inputs = {"dnssecConfig": {"state": "on", "defaultKeySpecs": [{"algorithm": algorithm}]}}

    assert len(messages("network-dns-signed", ZONE, inputs)) == number


@pytest.mark.parametrize("key", ["forwardingConfig", "peeringConfig", "serviceDirectoryConfig"])
@pytest.mark.parametrize("visibility", ["private", "public"])
def test_no_other_server_answers_for_a_zone(key: str, visibility: str) -> None:
    inputs = {"visibility": visibility, "dnssecConfig": {"state": "on"}}

    assert messages("network-dns-signed", ZONE, inputs) == []
    [message] = messages("network-dns-signed", ZONE, inputs | {key: {"target": "x"}})
    assert message.startswith(f"{key} is ")


@pytest.mark.parametrize(
    ("changed", "number"),
    [
        ({}, 0),
        ({"priority": 60000}, 0),
        ({"priority": 59999}, 1),
        ({"priority": None}, 1),
        ({"denies": [{"protocol": "tcp"}]}, 1),
        ({"denies": [{"protocol": "tcp"}, {"protocol": "all"}]}, 0),
        ({"disabled": True}, 1),
        ({"destinationRanges": ["10.0.0.0/8"]}, 1),
    ],
)
def test_a_network_denies_what_no_rule_permits(changed: dict[str, Any], number: int) -> None:
    common = {"denies": [{"protocol": "all"}], "priority": 65534}
    ingress = {"direction": "INGRESS", "sourceRanges": ["0.0.0.0/0"], **common}
    egress = {"direction": "EGRESS", "destinationRanges": ["0.0.0.0/0"], **common} | changed

    refused = found(
        "network-denies-by-default", (NETWORK, "main", {}), (FIREWALL, "in", ingress), (FIREWALL, "out", egress)
    )
    assert len(refused) == number
    assert all("denies EGRESS by default" in message for message in refused)
