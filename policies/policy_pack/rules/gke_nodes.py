"""Rules on nodes of Standard clusters, in node pools or in the cluster itself. Autopilot sets all of these inputs."""

import math
from collections.abc import Iterator
from typing import Any

from engine.inputs import at, is_open, mapping, number, shown
from policy_pack.demands import demand
from policy_pack.rule import Resource, Severity, of, rule
from policy_pack.rules.gke import CLUSTER, is_autopilot

POOL = "gcp:container/nodePool:NodePool"
_URL = "https://cloud.google.com/kubernetes-engine/docs/how-to/hardening-your-cluster#secure_node_metadata"


def _nodes(resource: Resource) -> dict[str, Any] | None:
    """Return the configuration of nodes; None where Google manages it, or another resource has it."""
    if resource.type == CLUSTER and (is_autopilot(resource) or resource.inputs.get("removeDefaultNodePool") is True):
        return None
    return {"nodeConfig": at(resource.inputs, "nodeConfig")}


@rule(
    "gke-nodes-shielded",
    of(CLUSTER, POOL),
    Severity.MEDIUM,
    references=["CIS GKE 5.5.1", "CIS GKE 5.5.5", "CIS GKE 5.5.6", "CIS GKE 5.5.7", "CKV_GCP_22", "CKV_GCP_68"],
    remediation="Enable secure boot and integrity monitoring, on COS_CONTAINERD.",
    url="https://cloud.google.com/kubernetes-engine/docs/how-to/shielded-gke-nodes",
)
def shielded(resource: Resource) -> Iterator[str]:
    """Nodes boot signed software only, and run Container-Optimized OS."""
    if (nodes := _nodes(resource)) is None:
        return
    shield = "nodeConfig.shieldedInstanceConfig"
    yield from demand(nodes, f"{shield}.enableSecureBoot", True, "a changed kernel would boot.")
    yield from demand(nodes, f"{shield}.enableIntegrityMonitoring", True, "nobody notices a changed kernel.")
    image = at(nodes, "nodeConfig.imageType")
    if image != "COS_CONTAINERD":
        yield f"nodeConfig.imageType is {shown(image)}: more runs on it than containers need. Set COS_CONTAINERD."
    if resource.type == CLUSTER:
        yield from demand(resource.inputs, "enableShieldedNodes", True, "a machine could pose as a node.")


@rule(
    "gke-node-metadata-hidden",
    of(CLUSTER, POOL),
    Severity.CRITICAL,
    references=["CIS GKE 5.4.1", "CIS GKE 5.4.2", "CKV_GCP_67", "CKV_GCP_69"],
    remediation="Set node_config.workload_metadata_config.mode to GKE_METADATA.",
    url=_URL,
)
def metadata_hidden(resource: Resource) -> Iterator[str]:
    """No pod obtains the credentials of its node."""
    if (nodes := _nodes(resource)) is None:
        return
    path, risk = "nodeConfig.workloadMetadataConfig.mode", "every pod obtains the token of its node."
    yield from demand(nodes, path, "GKE_METADATA", risk)
    metadata = at(nodes, "nodeConfig.metadata")
    if not is_open(metadata) or mapping(metadata).get("disable-legacy-endpoints") not in (None, "true"):
        yield "nodeConfig.metadata opens the legacy endpoints, which give tokens to any request. Remove it."


@rule(
    "gke-node-pool-account",
    of(POOL),
    Severity.HIGH,
    references=["CIS GKE 5.2.1"],
    remediation="Set node_config.service_account to the nodes' account of the identity layer.",
    url=_URL,
)
def pool_account(resource: Resource) -> Iterator[str]:
    """Nodes of a pool run as an account of their own."""
    account = at(resource.inputs, "nodeConfig.serviceAccount")
    if not isinstance(account, str) or not account.endswith(".iam.gserviceaccount.com"):
        yield f"nodeConfig.serviceAccount is {shown(account)}: its nodes are editors of the project. Name the account."


@rule(
    "gke-node-pool-maintained",
    of(POOL),
    Severity.MEDIUM,
    references=["CIS GKE 5.5.2", "CIS GKE 5.5.3", "CKV_GCP_9", "CKV_GCP_10"],
    remediation="Leave auto_repair, auto_upgrade and surge upgrades on, the number of nodes to the autoscaler, and "
    "nodes without public addresses.",
    url="https://cloud.google.com/kubernetes-engine/docs/how-to/node-auto-upgrades",
)
def pool_maintained(resource: Resource) -> Iterator[str]:
    """Nodes are repaired and upgraded automatically, one owner decides their number, none has a public address."""
    for key in ("autoRepair", "autoUpgrade"):
        yield from demand(resource.inputs, f"management.{key}", True, "a broken or old node stays.")
    surge = at(resource.inputs, "upgradeSettings")
    moved = [number(at(surge, key)) or 0 for key in ("maxSurge", "maxUnavailable")]
    if surge is not None and at(surge, "strategy") not in ("BLUE_GREEN", "SHORT_LIVED") and not any(moved):
        yield "upgradeSettings lets no node be added or taken away, so none is upgraded. Set maxSurge to 1 or more."
    scaling = at(resource.inputs, "autoscaling")
    if not is_open(scaling):
        yield "autoscaling is not known before the update, so nobody can see who decides the number. Write it out."
    if scaling is not None and resource.inputs.get("nodeCount") is not None and "nodeCount" not in resource.ignored:
        yield "nodeCount is set beside autoscaling: each update undoes what the autoscaler did. Remove nodeCount."
    for least, most in (("minNodeCount", "maxNodeCount"), ("totalMinNodeCount", "totalMaxNodeCount")):
        if (number(at(scaling, least)) or 0) > (number(at(scaling, most)) or math.inf):
            yield f"autoscaling.{least} is more than {most}: Google refuses the pool. Exchange them."
    private = at(resource.inputs, "networkConfig.enablePrivateNodes")
    if private not in (None, True):
        yield f"networkConfig.enablePrivateNodes is {shown(private)}: its nodes are on the internet. Set it to true."
    risk = "whoever reaches a node reads its pods."
    path = "nodeConfig.kubeletConfig.insecureKubeletReadonlyPortEnabled"
    if at(resource.inputs, path) != "FALSE":
        yield f"{path} is {shown(at(resource.inputs, path))}: {risk} Set it to FALSE."
