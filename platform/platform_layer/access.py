"""Who may do what in an app's namespace: the team's developers and its CI, and nobody else of the teams.

On GKE a permission in IAM or in RBAC is enough, so IAM gives a team nothing beyond reaching the cluster (identity
layer), and these Roles are all that it has.
"""

from collections.abc import Iterable
from dataclasses import dataclass

import pulumi
import pulumi_kubernetes as k8s

from platform_layer.namespace import Namespace

READ = ("get", "list", "watch")
WRITE = (*READ, "create", "update", "patch", "delete")


@dataclass(frozen=True)
class Rule:
    """One rule of a Role.

    Attributes:
        group: the API group, "" for the core.
        resources: kinds, in plural.
        verbs: what may be done.
    """

    group: str
    resources: tuple[str, ...]
    verbs: tuple[str, ...]


# No secrets (nothing here needs one), no exec (it reaches a workload's data and credentials), no RBAC, no quota.
DEVELOPER = (
    Rule("", ("configmaps", "services", "serviceaccounts"), WRITE),
    Rule("", ("pods",), (*READ, "delete")),
    Rule("", ("pods/log", "events", "endpoints", "resourcequotas", "limitranges"), READ),
    Rule("apps", ("deployments",), WRITE),
    Rule("apps", ("replicasets",), READ),
    Rule("batch", ("jobs", "cronjobs"), WRITE),
    Rule("autoscaling", ("horizontalpodautoscalers",), WRITE),
    Rule("policy", ("poddisruptionbudgets",), WRITE),
    Rule("networking.k8s.io", ("networkpolicies",), WRITE),
    Rule("discovery.k8s.io", ("endpointslices",), READ),
)
VIEWER = tuple(Rule(rule.group, rule.resources, READ) for rule in DEVELOPER)


@dataclass(frozen=True)
class Subject:
    """Who a Role is bound to.

    Attributes:
        kind: "Group", or "User" for a Google service account.
        name: the address.
    """

    kind: str
    name: str


@dataclass(frozen=True)
class AccessArgs:
    """Arguments of Access.

    Attributes:
        namespace: where.
        namespace_name: its name.
        developers: may deploy and operate workloads.
        viewers: may look.
        provider: of the cluster.
    """

    namespace: Namespace
    namespace_name: str
    developers: tuple[Subject, ...]
    viewers: tuple[Subject, ...]
    provider: k8s.Provider


class Access(pulumi.ComponentResource):
    """The Roles `developer` and `viewer` of a namespace and their bindings."""

    def __init__(self, name: str, args: AccessArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("prodfirst:platform:Access", name, None, opts)
        self._args = args
        self._options = pulumi.ResourceOptions(
            parent=self, provider=args.provider, depends_on=[args.namespace.resource]
        )
        self._bind(name, "developer", DEVELOPER, args.developers)
        self._bind(name, "viewer", VIEWER, args.viewers)
        self.register_outputs({})

    def _bind(self, name: str, role: str, rules: Iterable[Rule], subjects: Iterable[Subject]) -> None:
        metadata = k8s.meta.v1.ObjectMetaArgs(name=role, namespace=self._args.namespace_name)
        created = k8s.rbac.v1.Role(
            f"{name}-{role}",
            metadata=metadata,
            rules=[
                k8s.rbac.v1.PolicyRuleArgs(
                    api_groups=[rule.group], resources=list(rule.resources), verbs=list(rule.verbs)
                )
                for rule in rules
            ],
            opts=self._options,
        )
        k8s.rbac.v1.RoleBinding(
            f"{name}-{role}",
            metadata=metadata,
            role_ref=k8s.rbac.v1.RoleRefArgs(api_group="rbac.authorization.k8s.io", kind="Role", name=role),
            subjects=[
                k8s.rbac.v1.SubjectArgs(api_group="rbac.authorization.k8s.io", kind=subject.kind, name=subject.name)
                for subject in subjects
            ],
            opts=pulumi.ResourceOptions(parent=self, provider=self._args.provider, depends_on=[created]),
        )
