"""Access in the cluster by the API server's decisions: exactly what the Roles and the identity layer declare."""

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import product
from typing import Any

import pytest

from e2e.harness import Sandbox
from e2e.tenants import BILLING, IDENTITIES, SHOP, Api, Identity
from platform_layer.namespaces.rbac import Rule
from sandbox.cloud.kubernetes import ResourceRequest, permission_for
from sandbox.plugins.kubernetes.errors import ApiError

NAMESPACES = (SHOP, BILLING, "")
VERBS = ("get", "list", "create", "update", "patch", "delete")
# What Kubernetes lets everybody ask who has a token: about oneself.
ABOUT_ONESELF = {
    ("create", "authorization.k8s.io", "selfsubjectaccessreviews", ""),
    ("create", "authorization.k8s.io", "selfsubjectrulesreviews", ""),
    ("create", "authentication.k8s.io", "selfsubjectreviews", ""),
}
# Subresources that reach into a workload or give its credentials; discovery names more than anybody uses.
SUBRESOURCES = {
    "pods": ("log", "exec", "attach", "portforward", "proxy", "ephemeralcontainers", "eviction"),
    "serviceaccounts": ("token",),
    "services": ("proxy",),
    "nodes": ("proxy",),
    "namespaces": ("finalize",),
    "deployments": ("scale",),
}
FIRST_TEAMS = [name for name in IDENTITIES if "billing" not in name]
Allowed = set[tuple[str, str, str, str]]
Kind = tuple[str, str, str]  # group, kind, and which part of it, if not the whole


def expanded(rules: Iterable[Rule]) -> Allowed:
    """Rules one by one: verb, group, kind, and the only object that it holds for."""
    return {
        (verb, rule.group, kind, name)
        for rule in rules
        for verb in rule.verbs
        for kind in rule.resources
        for name in rule.names or ("",)
    }


def reviewed(rules: Iterable[dict[str, Any]]) -> Allowed:
    """The rules of a SelfSubjectRulesReview, one by one."""
    return {
        (verb, group, kind, name)
        for rule in rules
        for verb in rule["verbs"]
        for group in rule["apiGroups"]
        for kind in rule["resources"]
        for name in rule.get("resourceNames") or [""]
    }


@pytest.mark.parametrize("name", ["storage-deploy", "storage-preview"])
def test_the_datastores_accounts_do_not_get_into_the_cluster(tenants: Sandbox, name: str) -> None:
    with pytest.raises(ApiError, match="Unauthorized"):
        Api(tenants, IDENTITIES[name]).get("/api/v1")


@pytest.mark.parametrize("name", [name for name in IDENTITIES if not name.startswith("storage-")])
def test_an_identitys_own_review_names_exactly_what_the_roles_declare(tenants: Sandbox, name: str) -> None:
    identity = IDENTITIES[name]
    api = Api(tenants, identity)

    for namespace in (SHOP, BILLING, "kube-system", "default"):
        status = api.status_of("SelfSubjectRulesReview", {"namespace": namespace})
        assert reviewed(status["resourceRules"]) == expanded(identity.rules(namespace)) | ABOUT_ONESELF, namespace


@dataclass(frozen=True)
class Kinds:
    """Kinds in the questions.

    Attributes:
        every: every kind that the API server serves, and the kinds of custom resources that the Roles name.
        outside: groups and names of the kinds that are in no namespace: no request for such a kind names one.
    """

    every: list[Kind]
    outside: set[tuple[str, str]]

    def questions(self) -> list[tuple[str, Kind, str]]:
        """Verb, kind and namespace of everything that can be requested."""
        asked = product(VERBS, self.every, NAMESPACES)
        return [(verb, kind, place) for verb, kind, place in asked if not place or kind[:2] not in self.outside]


def _kinds(api: Api) -> Kinds:
    served = {("", resource["name"]): resource["namespaced"] for resource in api.get("/api/v1")["resources"]}
    for group in api.get("/apis")["groups"]:
        for version in group["versions"]:
            resources = api.get(f"/apis/{version['groupVersion']}")["resources"]
            served |= {(group["name"], resource["name"]): resource["namespaced"] for resource in resources}
    whole = {(group, name) for group, name in served if "/" not in name}
    whole |= {
        (rule.group, kind)
        for identity in IDENTITIES.values()
        for rules in identity.inside.values()
        for rule in rules
        for kind in rule.resources
        if "/" not in kind
    }
    parts = {(group, kind, part) for group, kind in whole for part in SUBRESOURCES.get(kind, ())}
    # A request for a namespace itself is one in that namespace.
    outside = {kind for kind, namespaced in served.items() if not namespaced} - {("", "namespaces")}
    return Kinds(sorted({(group, kind, "") for group, kind in whole} | parts), outside)


def declared(identity: Identity) -> Callable[[str, Kind, str], bool]:
    """Return whether the Roles or IAM permit something to a principal, on any object and not on a named one."""
    inside = {namespace: expanded(identity.rules(namespace)) | ABOUT_ONESELF for namespace in NAMESPACES}
    permissions = identity.permissions()

    def permitted(verb: str, kind: Kind, namespace: str) -> bool:
        group, resource, part = kind
        named = f"{resource}/{part}" if part else resource
        permission = permission_for(ResourceRequest(verb, group, resource, part))
        return (verb, group, named, "") in inside[namespace] or permission in permissions

    return permitted


@pytest.fixture(scope="module")
def admin(tenants: Sandbox) -> Api:
    """The administrator, who may review the access of others."""
    return Api(tenants)


@pytest.fixture(scope="module")
def kinds(admin: Api) -> Kinds:
    """Kinds that this API server serves."""
    return _kinds(admin)


# The second team's are declared as the first one's are.
@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=[pytest.mark.sweep] * (name not in FIRST_TEAMS)) for name in IDENTITIES]
)
def test_the_api_server_decides_as_declared_for_every_verb_kind_and_namespace(
    admin: Api, kinds: Kinds, name: str
) -> None:
    identity = IDENTITIES[name]
    groups = [*identity.groups, "system:authenticated"]

    def decided(question: tuple[str, Kind, str]) -> bool:
        verb, (group, resource, part), namespace = question
        attributes = {"verb": verb, "group": group, "resource": resource, "subresource": part, "namespace": namespace}
        spec = {"user": identity.address, "groups": groups, "resourceAttributes": attributes}
        return bool(admin.status_of("SubjectAccessReview", spec)["allowed"])

    questions = kinds.questions()
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(decided, questions))
    permitted = declared(identity)
    disagreements = {
        question: "allowed" if answer else "refused"
        for question, answer in zip(questions, answers, strict=True)
        if answer != permitted(*question)
    }

    assert len(kinds.every) > 60
    assert ("", "nodes") in kinds.outside
    assert kinds.outside.isdisjoint({("", "pods"), ("", "namespaces")})
    assert any(answers)
    assert disagreements == {}
