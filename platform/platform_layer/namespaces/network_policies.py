"""Default network policies of a namespace: its pods reach nobody except DNS and the server of their own identity.

Kubernetes adds network policies up, so these are the floor, and an app's own policy opens what it needs. It opens
nothing of others: what reaches a pod is decided in that pod's namespace.
"""

import pulumi_kubernetes as k8s

# DNS is answered by the cluster's own pods, the cache on each node, or Cloud DNS, which Autopilot uses. Dataplane V2
# sees the cache as its pods, not as its address:
# https://cloud.google.com/kubernetes-engine/docs/how-to/nodelocal-dns-cache#network_policies
_DNS_PODS = ("kube-dns", "node-local-dns")
_NODE_CACHE = "169.254.20.10/32"
METADATA_SERVER = "169.254.169.254/32"
# Of GKE's metadata server with Dataplane V2:
# https://cloud.google.com/kubernetes-engine/docs/how-to/network-policy#network-policy-and-workload-identity
METADATA_PORTS = (80, 8080)

Egress = k8s.networking.v1.NetworkPolicyEgressRuleArgs


def default_policies(*, has_google_identity: bool) -> dict[str, k8s.networking.v1.NetworkPolicySpecArgs]:
    """The network policies that hold for every pod of a namespace, by name.

    Args:
        has_google_identity: True where its pods obtain tokens of a Google account; otherwise the metadata server is
            closed to them. The policy stays nevertheless: nobody of this layer may delete one.
    """
    return {
        "default-deny": _for_all(["Ingress", "Egress"]),
        "allow-dns": _for_all(["Egress"], _dns()),
        "allow-identity": _for_all(["Egress"], *([_metadata_server()] if has_google_identity else [])),
    }


def _for_all(types: list[str], *egress: Egress) -> k8s.networking.v1.NetworkPolicySpecArgs:
    return k8s.networking.v1.NetworkPolicySpecArgs(
        pod_selector=k8s.meta.v1.LabelSelectorArgs(), policy_types=types, egress=list(egress) or None
    )


def _dns() -> Egress:
    return Egress(
        to=[*map(_cluster_dns, _DNS_PODS), _address(_NODE_CACHE), _address(METADATA_SERVER)],
        ports=[k8s.networking.v1.NetworkPolicyPortArgs(port=53, protocol=protocol) for protocol in ("UDP", "TCP")],
    )


def _metadata_server() -> Egress:
    return Egress(
        to=[_address(METADATA_SERVER)],
        ports=[k8s.networking.v1.NetworkPolicyPortArgs(port=port, protocol="TCP") for port in METADATA_PORTS],
    )


def _cluster_dns(pods: str) -> k8s.networking.v1.NetworkPolicyPeerArgs:
    return k8s.networking.v1.NetworkPolicyPeerArgs(
        namespace_selector=k8s.meta.v1.LabelSelectorArgs(match_labels={"kubernetes.io/metadata.name": "kube-system"}),
        pod_selector=k8s.meta.v1.LabelSelectorArgs(match_labels={"k8s-app": pods}),
    )


def _address(cidr: str) -> k8s.networking.v1.NetworkPolicyPeerArgs:
    return k8s.networking.v1.NetworkPolicyPeerArgs(ip_block=k8s.networking.v1.IPBlockArgs(cidr=cidr))
