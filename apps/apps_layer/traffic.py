"""Whom an app may talk to and be called by, on top of the namespace's default of nobody (and DNS, and tokens)."""

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
import pulumi_kubernetes as k8s

from apps_layer.upstream import Database

PROXY_SERVER_PORT = 3307  # of an instance, for the Auth Proxy
PRIVATE_RANGES = ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "169.254.0.0/16")


@dataclass(frozen=True)
class TrafficArgs:
    """Arguments of Traffic.

    Attributes:
        namespace: the app's.
        policy: name of the policy, which the platform decides: its team may write no other.
        labels: which pods are the app's.
        port: where they listen.
        callers: namespaces whose pods may call, the app's own aside.
        database: what they log into.
        provider: of the cluster.
    """

    namespace: str
    policy: str
    labels: dict[str, str]
    port: int
    callers: Sequence[str]
    database: Database | None
    provider: k8s.Provider


class Traffic(pulumi.ComponentResource):
    """One network policy for the pods of one app; `policy` is it."""

    def __init__(self, name: str, args: TrafficArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("prodfirst:apps:Traffic", name, None, opts)
        self.policy = k8s.networking.v1.NetworkPolicy(
            name,
            metadata=k8s.meta.v1.ObjectMetaArgs(name=args.policy, namespace=args.namespace, labels=args.labels),
            spec=k8s.networking.v1.NetworkPolicySpecArgs(
                pod_selector=k8s.meta.v1.LabelSelectorArgs(match_labels=args.labels),
                policy_types=["Ingress", "Egress"],
                ingress=[
                    k8s.networking.v1.NetworkPolicyIngressRuleArgs(
                        from_=[_pods_of(namespace) for namespace in sorted({args.namespace, *args.callers})],
                        ports=_ports(args.port),
                    )
                ],
                egress=_to_database(args.database) if args.database else [],
            ),
            opts=pulumi.ResourceOptions(parent=self, provider=args.provider),
        )
        self.register_outputs({})


def _pods_of(namespace: str) -> k8s.networking.v1.NetworkPolicyPeerArgs:
    labels = {"kubernetes.io/metadata.name": namespace}
    return k8s.networking.v1.NetworkPolicyPeerArgs(
        namespace_selector=k8s.meta.v1.LabelSelectorArgs(match_labels=labels)
    )


def _ports(port: int) -> list[k8s.networking.v1.NetworkPolicyPortArgs]:
    return [k8s.networking.v1.NetworkPolicyPortArgs(port=port, protocol="TCP")]


def _to_database(database: Database) -> list[k8s.networking.v1.NetworkPolicyEgressRuleArgs]:
    """To the instance itself and to Google's APIs (certificates); the way to tokens is open in the whole namespace."""
    google = k8s.networking.v1.IPBlockArgs(cidr="0.0.0.0/0", except_=list(PRIVATE_RANGES))
    blocks = {
        PROXY_SERVER_PORT: k8s.networking.v1.IPBlockArgs(cidr=f"{database.private_ip}/32"),
        443: google,
    }
    return [
        k8s.networking.v1.NetworkPolicyEgressRuleArgs(
            to=[k8s.networking.v1.NetworkPolicyPeerArgs(ip_block=block)], ports=_ports(port)
        )
        for port, block in blocks.items()
    ]
