"""An app's namespace: what may run in it, how much of it, and whom it may talk to before the app says more.

Workloads are the app's own matter. Who may deploy them is in access.py.
"""

from dataclasses import dataclass

import pulumi
import pulumi_kubernetes as k8s

from platform_layer.namespace_settings import Quota

# Who answers DNS: the cluster's own pods, the cache on each node, or Cloud DNS, which Autopilot uses.
_NODE_CACHE = "169.254.20.10/32"
_METADATA_SERVER = "169.254.169.254/32"


@dataclass(frozen=True)
class NamespaceArgs:
    """Arguments of Namespace.

    Attributes:
        app: the app.
        team: its owner.
        quota: what everything in it may use together.
        provider: of the cluster.
    """

    app: str
    team: str
    quota: Quota
    provider: k8s.Provider


class Namespace(pulumi.ComponentResource):
    """The namespace `name`, restricted, limited and closed; `resource` exists before anything can be put in it."""

    def __init__(self, name: str, args: NamespaceArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("prodfirst:platform:Namespace", name, None, opts)
        self._name = name
        level = {f"pod-security.kubernetes.io/{mode}": "restricted" for mode in ("enforce", "audit", "warn")}
        self.resource = k8s.core.v1.Namespace(
            name,
            metadata=k8s.meta.v1.ObjectMetaArgs(
                name=name,
                labels={**level, "prodfirst/app": args.app, "prodfirst/team": args.team},
            ),
            opts=pulumi.ResourceOptions(parent=self, provider=args.provider),
        )
        self._inside = pulumi.ResourceOptions(parent=self, provider=args.provider, depends_on=[self.resource])
        self._limit(args.quota)
        self._close()
        self.register_outputs({})

    def _metadata(self, name: str) -> k8s.meta.v1.ObjectMetaArgs:
        return k8s.meta.v1.ObjectMetaArgs(name=name, namespace=self._name)

    def _limit(self, quota: Quota) -> None:
        k8s.core.v1.ResourceQuota(
            f"{self._name}-quota",
            metadata=self._metadata("quota"),
            spec=k8s.core.v1.ResourceQuotaSpecArgs(
                hard={
                    "requests.cpu": quota.cpu,
                    "requests.memory": quota.memory,
                    "limits.memory": quota.memory,
                    "pods": str(quota.pods),
                    # Either would give a workload a way in from outside that nobody else decided on.
                    "services.loadbalancers": "0",
                    "services.nodeports": "0",
                }
            ),
            opts=self._inside,
        )
        k8s.core.v1.LimitRange(
            f"{self._name}-defaults",
            metadata=self._metadata("defaults"),
            spec=k8s.core.v1.LimitRangeSpecArgs(
                limits=[
                    k8s.core.v1.LimitRangeItemArgs(
                        type="Container",
                        default={"memory": "256Mi"},
                        default_request={"cpu": "50m", "memory": "128Mi"},
                    )
                ]
            ),
            opts=self._inside,
        )

    def _close(self) -> None:
        everything = k8s.meta.v1.LabelSelectorArgs()
        k8s.networking.v1.NetworkPolicy(
            f"{self._name}-default-deny",
            metadata=self._metadata("default-deny"),
            spec=k8s.networking.v1.NetworkPolicySpecArgs(pod_selector=everything, policy_types=["Ingress", "Egress"]),
            opts=self._inside,
        )
        k8s.networking.v1.NetworkPolicy(
            f"{self._name}-allow-dns",
            metadata=self._metadata("allow-dns"),
            spec=k8s.networking.v1.NetworkPolicySpecArgs(
                pod_selector=everything,
                policy_types=["Egress"],
                egress=[
                    k8s.networking.v1.NetworkPolicyEgressRuleArgs(
                        to=[_cluster_dns(), _address(_NODE_CACHE), _address(_METADATA_SERVER)],
                        ports=[
                            k8s.networking.v1.NetworkPolicyPortArgs(port=53, protocol=protocol)
                            for protocol in ("UDP", "TCP")
                        ],
                    )
                ],
            ),
            opts=self._inside,
        )


def _cluster_dns() -> k8s.networking.v1.NetworkPolicyPeerArgs:
    return k8s.networking.v1.NetworkPolicyPeerArgs(
        namespace_selector=k8s.meta.v1.LabelSelectorArgs(match_labels={"kubernetes.io/metadata.name": "kube-system"}),
        pod_selector=k8s.meta.v1.LabelSelectorArgs(match_labels={"k8s-app": "kube-dns"}),
    )


def _address(cidr: str) -> k8s.networking.v1.NetworkPolicyPeerArgs:
    return k8s.networking.v1.NetworkPolicyPeerArgs(ip_block=k8s.networking.v1.IPBlockArgs(cidr=cidr))
