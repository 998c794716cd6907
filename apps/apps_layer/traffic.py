"""The network policy of an app: ingress and egress beyond the namespace's default of nothing but DNS and tokens.

Every rule follows from the entry: no port is open to the world, in either direction.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import pulumi
import pulumi_kubernetes as k8s

from apps_layer.entry import Common, WebService
from apps_layer.upstream import App, Database, NamespacesContract

PROXY_SERVER_PORT = 3307  # of an instance, for the Auth Proxy
HTTPS = 443

Peer = k8s.networking.v1.NetworkPolicyPeerArgs
Egress = k8s.networking.v1.NetworkPolicyEgressRuleArgs
Ingress = k8s.networking.v1.NetworkPolicyIngressRuleArgs


@dataclass(frozen=True)
class TrafficArgs:
    """Arguments of Traffic.

    Attributes:
        metadata: of the policy, whose name the platform decides: the team may write no other.
        pods: selector of the app's pods.
        entry: of the app.
        offer: the platform's to this app.
        platform: the contract of the team's namespaces.
        database: that the app uses.
        public: True for an app that is reached from outside.
        provider: of the cluster.
    """

    metadata: k8s.meta.v1.ObjectMetaArgs
    pods: k8s.meta.v1.LabelSelectorArgs
    entry: Common
    offer: App
    platform: NamespacesContract
    database: Database | None
    public: bool
    provider: k8s.Provider


class Traffic(pulumi.ComponentResource):
    """One network policy for the pods of one app; `policy` is it."""

    def __init__(self, name: str, args: TrafficArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("prodfirst:apps:Traffic", name, None, opts)
        self.policy = k8s.networking.v1.NetworkPolicy(
            name,
            metadata=args.metadata,
            spec=k8s.networking.v1.NetworkPolicySpecArgs(
                pod_selector=args.pods,
                policy_types=["Ingress", "Egress"],
                ingress=list(_ingress(args)) or None,
                egress=list(_egress(args)) or None,
            ),
            opts=pulumi.ResourceOptions(parent=self, provider=args.provider),
        )
        self.register_outputs({})


def _ingress(args: TrafficArgs) -> Iterator[Ingress]:
    entry = args.entry
    if not isinstance(entry, WebService):
        return
    callers = [_pods_of(namespace) for namespace in sorted(set(entry.allow_from))]
    if args.public and args.platform.gateway:
        callers += [_addresses(source) for source in args.platform.gateway.sources]
    if callers:
        yield Ingress(from_=callers, ports=_ports([entry.port]))


def _egress(args: TrafficArgs) -> Iterator[Egress]:
    entry, offer, platform = args.entry, args.offer, args.platform
    for called in entry.allow_to:
        yield Egress(to=[_pods_of(called.namespace)], ports=_ports([called.port]))
    if offer.service_account:
        yield Egress(to=[_addresses(platform.google_apis)], ports=_ports([HTTPS]))
    if args.database:
        yield Egress(to=[_addresses(f"{args.database.private_ip}/32")], ports=_ports([PROXY_SERVER_PORT]))
    for name in sorted(set(entry.destinations)):
        outside = platform.destinations[name]
        yield Egress(to=[_addresses(cidr) for cidr in outside.ranges], ports=_ports(outside.ports))


def _pods_of(namespace: str) -> Peer:
    """The API server sets this label itself, so no one can claim another namespace's name."""
    labels = {"kubernetes.io/metadata.name": namespace}
    return Peer(namespace_selector=k8s.meta.v1.LabelSelectorArgs(match_labels=labels))


def _addresses(cidr: str) -> Peer:
    return Peer(ip_block=k8s.networking.v1.IPBlockArgs(cidr=cidr))


def _ports(ports: Sequence[int]) -> list[k8s.networking.v1.NetworkPolicyPortArgs]:
    return [k8s.networking.v1.NetworkPolicyPortArgs(port=port, protocol="TCP") for port in ports]
