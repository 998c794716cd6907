"""The rules on whole stacks."""

from typing import Any

import pytest

from pack.analyzer import UNKNOWN_STRING, Analyzer, Inputs, secret, urn
from pack.cases import REMOVED, changed
from pack.stacks import INSIDE, Part, judged

NAMESPACE = "kubernetes:core/v1:Namespace"
QUOTA = "kubernetes:core/v1:ResourceQuota"
LIMITS = "kubernetes:core/v1:LimitRange"
TRAFFIC = "kubernetes:networking.k8s.io/v1:NetworkPolicy"
NETWORK = "gcp:compute/network:Network"
FIREWALL = "gcp:compute/firewall:Firewall"


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


INSTANCE = "gcp:sql/databaseInstance:DatabaseInstance"


@pytest.mark.parametrize("primary", ["", "another", "example:orders", 1, UNKNOWN_STRING, secret("orders")])
@pytest.mark.parametrize("as_outputs", [False, True])
def test_a_replica_of_no_instance_of_the_stack_is_refused(analyzer: Analyzer, primary: Any, as_outputs: bool) -> None:
    parts: dict[str, Part] = {
        "orders": ("orders", INSTANCE, {"name": "orders"}),
        "copy": ("copy", INSTANCE, {"name": "copy", "masterInstanceName": "orders"}),
    }
    assert judged(analyzer, parts, "sql-replica-of-known-primary", as_outputs=as_outputs) == []
    parts["copy"] = ("copy", INSTANCE, {"name": "copy", "masterInstanceName": primary})
    [message] = judged(analyzer, parts, "sql-replica-of-known-primary", as_outputs=as_outputs)
    assert "'copy' is the replica of" in message
    assert "no instance of this stack" in message


def of_two(analyzer: Analyzer, one: tuple[str, Inputs], other: tuple[str, Inputs]) -> list[str]:
    """Findings of the rule on names about two resources."""
    parts: dict[str, Part] = {"one": ("one", *one), "other": ("other", *other)}
    return judged(analyzer, parts, "layer-objects-declared-once")


PROJECT = {"project": "prodfirst-sandbox"}
GRANT: Inputs = {**PROJECT, "role": "roles/logging.viewer", "member": "group:shop@example.com"}
ACCOUNT = "kubernetes:core/v1:ServiceAccount"
RECORD: Inputs = {**PROJECT, "managedZone": "private", "name": "a.example.com.", "type": "A"}
HEALTH: Inputs = {"metadata": INSIDE, "spec": {"targetRef": {"group": "", "kind": "Service", "name": "it"}}}
HEALTH_POLICY = "kubernetes:networking.gke.io/v1:HealthCheckPolicy"
# Type, inputs that name one object, and a change with which they name another one.
NAMED: list[tuple[str, Inputs, str, Any]] = [
    (ACCOUNT, {"metadata": INSIDE}, "metadata.name", "else"),
    (ACCOUNT, {"metadata": INSIDE}, "metadata.namespace", "else"),
    (NAMESPACE, {"metadata": {"name": "storefront"}}, "metadata.name", "else"),
    ("gcp:projects/iAMMember:IAMMember", GRANT, "member", "group:else@example.com"),
    ("gcp:projects/iAMMember:IAMMember", GRANT, "role", "roles/viewer"),
    ("gcp:projects/iAMMember:IAMMember", GRANT, "condition", {"title": "t", "expression": "true"}),
    ("gcp:storage/bucketIAMMember:BucketIAMMember", {**GRANT, "bucket": "state"}, "bucket", "else"),
    ("gcp:secretmanager/secretIamMember:SecretIamMember", {**GRANT, "secretId": "s"}, "secretId", "else"),
    ("gcp:projects/iAMAuditConfig:IAMAuditConfig", {**PROJECT, "service": "allServices"}, "service", "else"),
    ("gcp:projects/service:Service", {**PROJECT, "service": "dns.googleapis.com"}, "service", "else"),
    ("gcp:projects/iAMCustomRole:IAMCustomRole", {**PROJECT, "roleId": "reader"}, "roleId", "else"),
    ("gcp:secretmanager/secret:Secret", {**PROJECT, "secretId": "s"}, "secretId", "else"),
    ("gcp:serviceaccount/account:Account", {**PROJECT, "accountId": "web"}, "accountId", "else"),
    ("gcp:storage/bucket:Bucket", {"name": "state"}, "name", "else"),
    ("gcp:kms/cryptoKey:CryptoKey", {"keyRing": "data", "name": "state"}, "keyRing", "else"),
    ("gcp:sql/user:User", {**PROJECT, "instance": "orders", "name": "web"}, "instance", "else"),
    ("gcp:compute/subnetwork:Subnetwork", {**PROJECT, "region": "r", "name": "main"}, "region", "else"),
    ("gcp:compute/routerNat:RouterNat", {**PROJECT, "router": "r", "name": "main"}, "router", "else"),
    ("gcp:dns/recordSet:RecordSet", RECORD, "type", "CNAME"),
    ("gcp:servicenetworking/connection:Connection", {"network": "n", "service": "s"}, "network", "else"),
]


@pytest.mark.parametrize(("kind", "inputs", "path", "value"), NAMED)
def test_two_resources_of_one_object_are_refused(
    analyzer: Analyzer, kind: str, inputs: Inputs, path: str, value: Any
) -> None:
    messages = of_two(analyzer, (kind, inputs), (kind, inputs))
    assert any("other and one are the same object" in message for message in messages)
    for other in (value, UNKNOWN_STRING):
        assert of_two(analyzer, (kind, inputs), (kind, changed(inputs, path, other))) == []


def test_two_policies_for_one_object_are_refused(analyzer: Analyzer) -> None:
    second = changed(HEALTH, "metadata.name", "else")
    [message] = of_two(analyzer, (HEALTH_POLICY, HEALTH), (HEALTH_POLICY, second))
    assert "HealthCheckPolicy for Service storefront it" in message
    for name in ("else", UNKNOWN_STRING):
        other = changed(second, "spec.targetRef.name", name)
        assert of_two(analyzer, (HEALTH_POLICY, HEALTH), (HEALTH_POLICY, other)) == []


def test_a_grant_that_another_resource_takes_away_is_refused(analyzer: Analyzer) -> None:
    grant, removal = "gcp:projects/iAMMember:IAMMember", "gcp:projects/iamMemberRemove:IamMemberRemove"
    assert of_two(analyzer, (grant, GRANT), (removal, GRANT))
    assert of_two(analyzer, (grant, GRANT), (removal, GRANT | {"role": "roles/editor"})) == []


def test_there_is_one_policy_of_binary_authorization(analyzer: Analyzer) -> None:
    policy = ("gcp:binaryauthorization/policy:Policy", {**PROJECT})
    assert of_two(analyzer, policy, policy)


KEPT = {"deletionPolicy": "ABANDON"}


def test_versions_of_a_secret_are_several_objects(analyzer: Analyzer) -> None:
    version = ("gcp:secretmanager/secretVersion:SecretVersion", {"secret": "projects/p/secrets/s", **KEPT})
    assert of_two(analyzer, version, version) == []


def break_glass(start: str, end: str, group: str = "emergency") -> Inputs:
    """A grant of break-glass for a window of time."""
    expression = f'request.time >= timestamp("{start}T08:00:00Z") && request.time < timestamp("{end}T08:00:00Z")'
    role = "projects/prodfirst-sandbox/roles/breakGlass"
    return {"role": role, "member": f"group:{group}@example.com", "condition": {"expression": expression}}


@pytest.mark.parametrize(
    ("second", "is_refused"),
    [
        (break_glass("2026-12-02", "2026-12-03"), True),
        (break_glass("2026-12-01", "2026-12-02"), True),
        (break_glass("2026-11-24", "2026-11-25"), True),
        (break_glass("2026-12-09", "2026-12-10"), False),
        (break_glass("2026-12-02", "2026-12-03", "others"), False),
    ],
)
def test_windows_of_break_glass_in_a_row_are_refused(analyzer: Analyzer, second: Inputs, is_refused: bool) -> None:
    token = "gcp:projects/iAMMember:IAMMember"
    parts: dict[str, Part] = {
        "first": ("first", token, break_glass("2026-12-01", "2026-12-02")),
        "second": ("second", token, second),
    }
    messages = judged(analyzer, parts, "iam-break-glass-windows-apart")
    assert len(messages) == is_refused
    assert all("less than 7 days after another window" in message for message in messages)


def test_a_resource_under_its_old_urn_is_no_second_one(analyzer: Analyzer) -> None:
    """After a refresh the engine reports what an alias renames twice."""
    kind, inputs = ACCOUNT, {"metadata": INSIDE}
    new, old = (urn(kind, "web", "apps", stack) for stack in ("renamed", "before"))
    analyzer.check(kind, inputs, name="web", layer="apps", stack="renamed")

    def twice(*urns: str) -> list[str]:
        listed = [(one, kind, inputs) for one in urns]
        return [one.message for one in analyzer.stack(listed) if one.policy == "layer-objects-declared-once"]

    assert twice(old, new) == twice(new, old) == []
    analyzer.check(kind, inputs, name="web", layer="apps", stack="before")
    assert len(twice(old, new)) == 1
