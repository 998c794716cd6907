"""The words of RBAC in the cluster: rules and subjects, for the Roles of namespaces and of the whole cluster.

Which rules there are is decided in access.py, readers.py and gateway.py.
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
        verbs: what may be done.
        names: the only objects that it holds for; all, when there are none.
    """

    group: str
    resources: tuple[str, ...]
    verbs: tuple[str, ...]
    names: tuple[str, ...] = ()


@dataclass(frozen=True)
class Subject:
    """Who a Role is bound to.

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
    """The role that a binding gives."""
    return k8s.rbac.v1.RoleRefArgs(api_group=_API, kind=kind, name=name)


def subjects(bound: Iterable[Subject]) -> list[k8s.rbac.v1.SubjectArgs]:
    """Those whom a binding gives a role, as Kubernetes takes them."""
    return [k8s.rbac.v1.SubjectArgs(api_group=_API, kind=subject.kind, name=subject.name) for subject in bound]
