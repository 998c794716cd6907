"""RBAC of an app's namespace: Roles for the team's developers and its CI, and for no other team.

On GKE a permission in IAM or in RBAC is enough, so IAM gives a team nothing beyond reaching the cluster (identity
layer), and these Roles are all that it has. Readers of the whole cluster are in cluster/cluster_readers.py.
"""

from collections.abc import Iterable
from dataclasses import dataclass

import pulumi
import pulumi_kubernetes as k8s

from platform_layer.namespaces.namespace import Namespace
from platform_layer.namespaces.rbac import READ, WRITE, Rule, Subject, policy_rules, role_ref, subjects

CHANGE = tuple(verb for verb in WRITE if verb not in READ)


def network_policy(app: str) -> str:
    """Name of the network policy that an app's team may write; the contract publishes it."""
    return app


def developer(policy: str, account: str) -> tuple[Rule, ...]:
    """Rules of the Role `developer`, for those who deploy an app.

    No secrets (nothing here needs one), no exec and no port-forward (they reach a workload's data and credentials), no
    token of an account, no RBAC, no quota.

    Network policies and accounts are changed by name, so that neither the namespace's own policies nor its default
    account can be, and none can be added beside them: policies add up, and a second one could open everything. `create`
    by name holds for server-side apply, whose request names the object; a plain create does not, and is refused. So the
    layers' providers take over what exists: then to create is to apply (decision 13).

    Args:
        policy: name of the app's network policy.
        account: name of the app's Kubernetes service account. Google decides which Google account it may
            impersonate, so an annotation that names another one gains nothing.
    """
    return (
        Rule("", ("configmaps", "services"), WRITE),
        Rule("", ("serviceaccounts",), READ),
        Rule("", ("serviceaccounts",), CHANGE, (account,)),
        Rule("", ("pods",), (*READ, "delete")),
        Rule("", ("pods/log",), ("get",)),
        Rule("", ("events", "endpoints", "resourcequotas", "limitranges", "persistentvolumeclaims"), READ),
        Rule("apps", ("deployments",), WRITE),
        Rule("apps", ("replicasets",), READ),
        Rule("batch", ("jobs", "cronjobs"), WRITE),
        Rule("autoscaling", ("horizontalpodautoscalers",), WRITE),
        Rule("policy", ("poddisruptionbudgets",), WRITE),
        Rule("networking.k8s.io", ("networkpolicies",), READ),
        Rule("networking.k8s.io", ("networkpolicies",), CHANGE, (policy,)),
        Rule("discovery.k8s.io", ("endpointslices",), READ),
        # A route reaches the outside only where the Gateway admits its namespace, and at one name (gateway/).
        Rule("gateway.networking.k8s.io", ("httproutes",), WRITE),
        Rule("networking.gke.io", ("healthcheckpolicies",), WRITE),
    )


def volumes() -> tuple[Rule, ...]:
    """Further rules of `developer` where the quota has room for volumes; there is no delete, which would lose data."""
    return (Rule("", ("persistentvolumeclaims",), ("create", "update", "patch")),)


def viewer() -> tuple[Rule, ...]:
    """Rules of the Role `viewer`, for previews: objects are read, and no logs, which may hold what users entered."""
    rules = developer("", "")
    return tuple(Rule(rule.group, rule.resources, READ) for rule in rules if set(READ) <= set(rule.verbs))


@dataclass(frozen=True)
class AccessArgs:
    """Arguments of Access.

    Attributes:
        namespace: of the app; it is limited and closed before anybody is admitted.
        developers: subjects of the Role `developer`.
        viewers: subjects of the Role `viewer`.
        network_policy: name of the network policy that is the app's own.
        service_account: name of the app's Kubernetes service account.
    """

    namespace: Namespace
    developers: tuple[Subject, ...]
    viewers: tuple[Subject, ...]
    network_policy: str
    service_account: str


class Access(pulumi.ComponentResource):
    """The Roles `developer` and `viewer` of a namespace and their bindings."""

    def __init__(self, name: str, args: AccessArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("prodfirst:platform:Access", name, None, opts)
        self._args = args
        rules = developer(args.network_policy, args.service_account) + (volumes() if args.namespace.has_volumes else ())
        self._bind(name, "developer", rules, args.developers)
        self._bind(name, "viewer", viewer(), args.viewers)
        self.register_outputs({})

    def _bind(self, name: str, role: str, rules: Iterable[Rule], bound: Iterable[Subject]) -> None:
        metadata = k8s.meta.v1.ObjectMetaArgs(name=role, namespace=self._args.namespace.name)
        created = k8s.rbac.v1.Role(
            f"{name}-{role}",
            metadata=metadata,
            rules=policy_rules(rules),
            opts=self._options([self._args.namespace]),
        )
        k8s.rbac.v1.RoleBinding(
            f"{name}-{role}",
            metadata=metadata,
            role_ref=role_ref("Role", role),
            subjects=subjects(bound),
            opts=self._options([created]),
        )

    def _options(self, after: list[pulumi.Resource]) -> pulumi.ResourceOptions:
        return pulumi.ResourceOptions(
            parent=self,
            provider=self._args.namespace.provider,
            depends_on=after,
            deleted_with=self._args.namespace.resource,
        )
