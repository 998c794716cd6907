"""RBAC as the cluster has it: bindings and Roles that no state declares are found, counted and reported."""

import json
from pathlib import Path
from typing import Any

import pytest

from audit.evidence import Evidence
from audit.merge import StateError, merged
from iam.build import Builder
from iam.document import Document
from iam.fetched import Fetched
from iam.states import States
from unit.policies.layers_world import NOW, Json, Layers, layers, texts

RULE = "audit-rbac-declared"
SECRETS: Json = {"apiGroups": [""], "resources": ["secrets"], "verbs": ["get", "list"]}
PODS: Json = {"apiGroups": [""], "resources": ["pods"], "verbs": ["get"]}
TEAM: Json = {"kind": "Group", "name": "shop@example.com", "apiGroup": "rbac.authorization.k8s.io"}
NAMESPACE = "kubernetes:core/v1:Namespace"


def bound(name: str, subject: Json, role: str = "cluster-admin", namespace: str = "", of: str = "ClusterRole") -> Json:
    """A binding as the API server has it."""
    metadata = {"name": name, **({"namespace": namespace} if namespace else {})}
    kind = "RoleBinding" if namespace else "ClusterRoleBinding"
    return {"kind": kind, "metadata": metadata, "roleRef": {"kind": of, "name": role}, "subjects": [subject]}


def as_it_is(made: Layers) -> list[Json]:
    """Objects of an API server that has what the states declare."""
    return [
        {"kind": member.type.rpartition(":")[2], **member.fields} for member in made.members if ":rbac." in member.type
    ]


def with_team() -> Layers:
    """Layers with a team that reads pods in its namespace."""
    made = layers()
    made.add(NAMESPACE, "shop", "platform", metadata={"name": "shop"})
    made.bind(TEAM, "shop", PODS)
    return made


def found(made: Layers, *more: Json) -> list[str]:
    """Findings when the API server has more than the states declare."""
    made.evidence = Evidence(environment="dev", rbac=(*as_it_is(made), *more))
    return [finding.message for finding in made.found(RULE)]


def document(made: Layers, live: list[Json] | None, before: Layers | None = None) -> Document:
    """The access document of states and cluster."""
    fetched = Fetched(environment="dev", roles={}, groups={}, rbac=None if live is None else tuple(live))
    earlier = States(before.members) if before else None
    return Builder(States(made.members), fetched, NOW, before=earlier).document()


def bindings(made: Document) -> set[tuple[str, str, bool]]:
    """Principals with their Roles, each with whether a state declares the binding."""
    assert made.cluster
    return {(one.principal, one.role, bool(one.declared)) for one in made.cluster.bindings}


def test_a_cluster_as_it_is_declared_has_no_finding() -> None:
    assert found(with_team()) == []


@pytest.mark.parametrize(
    "binding",
    [
        bound("mine", {"kind": "User", "name": "mallory@example.com"}),
        bound("mine", {"kind": "Group", "name": "system:authenticated"}),
        bound("system:discovery", {"kind": "Group", "name": "system:unauthenticated"}),
        bound("mine", {"kind": "Group", "name": "system:serviceaccounts:shop"}, "view"),
        bound("mine", {"kind": "ServiceAccount", "name": "default", "namespace": "shop"}, "edit", "shop"),
        # A namespace that a state declares is nobody's own, whatever its name.
        bound("mine", {"kind": "ServiceAccount", "name": "a", "namespace": "gke-managed-shop"}, "edit", "shop"),
    ],
)
def test_a_binding_that_nobody_declares_is_found_and_counted(binding: Json) -> None:
    made = with_team()
    made.add(NAMESPACE, "other", "platform", metadata={"name": "gke-managed-shop"})

    [message] = found(made, binding)

    assert "which no state declares" in message
    assert str(binding["metadata"]["name"]) in message
    [(who, _, declared)] = bindings(document(made, [*as_it_is(made), binding])) - bindings(document(made, None))
    assert str(binding["subjects"][0]["name"]) in who
    assert not declared


@pytest.mark.parametrize(
    "binding",
    [
        bound("cluster-admin", {"kind": "Group", "name": "system:masters"}),
        bound("system:discovery", {"kind": "Group", "name": "system:authenticated"}, "system:discovery"),
        bound("system:kube-dns", {"kind": "ServiceAccount", "name": "kube-dns", "namespace": "kube-system"}),
        bound("collectors", {"kind": "ServiceAccount", "name": "collector", "namespace": "gmp-system"}, "view"),
        bound("kubelet", {"kind": "User", "name": "kubelet"}, "system:node"),
    ],
)
def test_what_kubernetes_and_google_bind_for_themselves_is_none(binding: Json) -> None:
    assert found(with_team(), binding) == []


def test_another_subject_of_a_declared_binding_is_found() -> None:
    made = with_team()
    live = json.loads(json.dumps(as_it_is(made)))
    live[-1]["subjects"].append({"kind": "User", "name": "mallory@example.com"})
    made.evidence = Evidence(environment="dev", rbac=tuple(live))

    [message] = [finding.message for finding in made.found(RULE)]

    assert "mallory@example.com holds Role shop/" in message


def test_a_declared_role_that_allows_more_is_found_and_its_rules_count() -> None:
    made = with_team()
    live = json.loads(json.dumps(as_it_is(made)))
    live[0]["rules"].append(SECRETS)
    made.evidence = Evidence(environment="dev", rbac=tuple(live))

    assert "allows get, list secrets, which its state does not say" in texts(made.found(RULE))
    inside = document(made, live).cluster
    assert inside
    assert [rule.resources for rules in inside.roles.values() for rule in rules or ()] == [("pods",), ("secrets",)]


def test_a_binding_by_hand_is_a_path_to_what_its_role_permits() -> None:
    made = with_team()
    mallory = bound("mine", {"kind": "Group", "name": "contractors@example.com"}, "everything")
    everything = {"kind": "ClusterRole", "metadata": {"name": "everything"}, "rules": [
        {"apiGroups": ["*"], "resources": ["*"], "verbs": ["*"]}
    ]}  # fmt: skip
    found(made, mallory, everything)

    assert "group contractors@example.com can come to" in texts(made.found("audit-no-escalation"))


def test_what_was_deleted_in_the_cluster_is_not_held() -> None:
    made = with_team()

    assert bindings(document(made, [])) == set()
    assert bindings(document(made, None)) != set()


def test_a_plan_adds_and_removes_what_states_declare_and_leaves_the_rest() -> None:
    now, planned = with_team(), layers()
    by_hand = bound("mine", {"kind": "User", "name": "mallory@example.com"})
    planned.add(NAMESPACE, "shop", "platform", metadata={"name": "shop"})
    planned.bind({**TEAM, "name": "retail@example.com"}, "shop", PODS)

    held = bindings(document(planned, [*as_it_is(now), by_hand], now))

    assert {(who, declared) for who, _, declared in held} == {
        ("group:retail@example.com", True),
        ("user:mallory@example.com", False),
    }


def test_what_is_no_list_of_roles_and_bindings_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text('{"version": 3, "deployment": {"resources": []}}')
    (tmp_path / "rbac.json").write_text('{"not": "a list"}')

    with pytest.raises(StateError, match="cannot be read as a list of Roles and bindings"):
        merged([tmp_path / "a.json"], "dev", None, rbac=tmp_path / "rbac.json")


def test_the_evidence_has_what_was_read(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text('{"version": 3, "deployment": {"resources": []}}')
    (tmp_path / "rbac.json").write_text(json.dumps([bound("mine", TEAM)]))

    [evidence] = merged([tmp_path / "a.json"], "dev", None, rbac=tmp_path / "rbac.json")

    outputs: Any = evidence["outputs"]
    assert outputs["rbac"] == [bound("mine", TEAM)]
