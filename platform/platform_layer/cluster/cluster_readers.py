"""RBAC of readers of the whole cluster: the platform's people and its preview identity, and security's people.

They read the set-up and the workloads, never a secret, and change nothing; neither do their roles in IAM (identity
layer). Changes of the cluster go through the platform's CI.
"""

from collections.abc import Iterable
from dataclasses import dataclass

import pulumi
import pulumi_kubernetes as k8s

from platform_layer.cluster.cluster import Cluster
from platform_layer.namespaces.rbac import READ, Rule, Subject, policy_rules, role_ref, subjects
from platform_layer.upstream import IdentityContract

PLATFORM, SECURITY = "platform-reader", "security-reader"

_SET_UP = (
    Rule("", ("namespaces", "serviceaccounts", "resourcequotas", "limitranges"), READ),
    Rule("rbac.authorization.k8s.io", ("roles", "rolebindings", "clusterroles", "clusterrolebindings"), READ),
    Rule("networking.k8s.io", ("networkpolicies", "ingresses", "ingressclasses"), READ),
    Rule("gateway.networking.k8s.io", ("gatewayclasses", "gateways", "httproutes"), READ),
    Rule("networking.gke.io", ("gcpgatewaypolicies", "gcpbackendpolicies", "healthcheckpolicies"), READ),
    Rule(
        "admissionregistration.k8s.io",
        (
            "validatingadmissionpolicies",
            "validatingadmissionpolicybindings",
            "validatingwebhookconfigurations",
            "mutatingwebhookconfigurations",
        ),
        READ,
    ),
    Rule("apiextensions.k8s.io", ("customresourcedefinitions",), READ),
)
_WORKLOADS = (
    Rule("", ("pods", "services", "endpoints"), READ),
    Rule("apps", ("deployments", "replicasets", "statefulsets", "daemonsets"), READ),
    Rule("batch", ("jobs", "cronjobs"), READ),
    Rule("autoscaling", ("horizontalpodautoscalers",), READ),
    Rule("policy", ("poddisruptionbudgets",), READ),
    Rule("discovery.k8s.io", ("endpointslices",), READ),
)
# Objects that show why a workload does not run; settings and logs may contain personal or confidential data.
_OPERATION = (
    Rule("", ("nodes", "events", "configmaps", "persistentvolumes", "persistentvolumeclaims"), READ),
    Rule("", ("pods/log",), ("get",)),
    Rule("storage.k8s.io", ("storageclasses", "csidrivers", "csinodes", "volumeattachments"), READ),
    Rule("scheduling.k8s.io", ("priorityclasses",), READ),
    Rule("coordination.k8s.io", ("leases",), READ),
    Rule("metrics.k8s.io", ("nodes", "pods"), ("get", "list")),
)
RULES: dict[str, tuple[Rule, ...]] = {
    PLATFORM: _SET_UP + _WORKLOADS + _OPERATION,
    SECURITY: _SET_UP + _WORKLOADS,
}


@dataclass(frozen=True)
class ReadersArgs:
    """Arguments of Readers.

    Attributes:
        bound: name of a ClusterRole of RULES to its subjects.
        provider: of the cluster.
    """

    bound: dict[str, tuple[Subject, ...]]
    provider: k8s.Provider


class Readers(pulumi.ComponentResource):
    """The ClusterRoles `platform-reader` and `security-reader` and their bindings."""

    def __init__(self, name: str, args: ReadersArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("prodfirst:platform:Readers", name, None, opts)
        for role, rules in RULES.items():
            self._bind(role, rules, args.bound.get(role, ()), args.provider)
        self.register_outputs({})

    def _bind(self, role: str, rules: Iterable[Rule], bound: tuple[Subject, ...], provider: k8s.Provider) -> None:
        # The prefix avoids the names of the cluster's own roles and of the roles of Google's add-ons.
        metadata = k8s.meta.v1.ObjectMetaArgs(name=f"prodfirst-{role}")
        created = k8s.rbac.v1.ClusterRole(
            role,
            metadata=metadata,
            rules=policy_rules(rules),
            opts=pulumi.ResourceOptions(parent=self, provider=provider),
        )
        k8s.rbac.v1.ClusterRoleBinding(
            role,
            metadata=metadata,
            role_ref=role_ref("ClusterRole", f"prodfirst-{role}"),
            subjects=subjects(bound),
            opts=pulumi.ResourceOptions(parent=self, provider=provider, depends_on=[created]),
        )


def create(identity: IdentityContract, cluster: Cluster) -> Readers:
    """The readers of the cluster: teams by their capabilities, and this layer's own preview identity."""

    def groups(capability: str) -> tuple[Subject, ...]:
        return tuple(
            Subject("Group", team.group)
            for _, team in sorted(identity.teams.items())
            if capability in team.capabilities
        )

    preview = Subject("User", identity.layers["platform"].preview)
    bound = {PLATFORM: (*groups(PLATFORM), preview), SECURITY: groups(SECURITY)}
    return Readers("readers", ReadersArgs(bound, cluster.provider))
