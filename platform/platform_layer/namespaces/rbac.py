"""RBAC's rules and subjects, as the Roles of namespaces and of the whole cluster use them.

The rules themselves are in team_roles.py, cluster/cluster_readers.py and gateway/.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

import pulumi_kubernetes as k8s

READ = ("get", "list", "watch")
WRITE = (*READ, "create", "update", "patch", "delete")

_API = "rbac.authorization.k8s.io"


@dataclass(frozen=True)
class Rule:
    """One rule of a Role.

    Attributes:
        group: the API group, "" for the core.
        resources: kinds, in plural.
        verbs: permitted on these kinds.
        names: the only objects that it holds for; all when empty.
    """

    group: str
    resources: tuple[str, ...]
    verbs: tuple[str, ...]
    names: tuple[str, ...] = ()


@dataclass(frozen=True)
class Subject:
    """A subject of a role binding.

    Attributes:
        kind: "Group", or "User" for a Google service account.
        name: the address.
    """

    kind: Literal["Group", "User"]
    name: str


def policy_rules(rules: Iterable[Rule]) -> list[k8s.rbac.v1.PolicyRuleArgs]:
    """Rules as Kubernetes takes them."""
    return [
        k8s.rbac.v1.PolicyRuleArgs(
            api_groups=[rule.group],
            resources=list(rule.resources),
            verbs=list(rule.verbs),
            resource_names=list(rule.names) or None,
        )
        for rule in rules
    ]


def role_ref(kind: Literal["Role", "ClusterRole"], name: str) -> k8s.rbac.v1.RoleRefArgs:
    """The role of a binding, as Kubernetes takes it."""
    return k8s.rbac.v1.RoleRefArgs(api_group=_API, kind=kind, name=name)


def subjects(bound: Iterable[Subject]) -> list[k8s.rbac.v1.SubjectArgs]:
    """The subjects of a binding, as Kubernetes takes them."""
    return [k8s.rbac.v1.SubjectArgs(api_group=_API, kind=subject.kind, name=subject.name) for subject in bound]
