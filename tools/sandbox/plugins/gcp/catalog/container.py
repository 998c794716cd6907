"""Google Kubernetes Engine and its backups: clusters, node pools, backup plans."""

from collections.abc import Mapping
from typing import Any

from sandbox.plugins.gcp.conversions import TEXT_BOOLEAN
from sandbox.plugins.gcp.types import ResourceType, Session
from sandbox.plugins.protocol import Properties

_OPTIONS = {"exclusionOptions": "maintenanceExclusionOptions"}
_DEFAULT_POOL = "default-pool"
_POOL_DEFAULTS = "autoscaling.autoprovisioningNodePoolDefaults"
# Inputs of a cluster -> fields of its network's configuration in the API.
_NETWORK_CONFIG = {
    "datapathProvider": "datapathProvider",
    "defaultSnatStatus": "defaultSnatStatus",
    "disableL4LbFirewallReconciliation": "disableL4LbFirewallReconciliation",
    "dnsConfig": "dnsConfig",
    "enableCiliumClusterwideNetworkPolicy": "enableCiliumClusterwideNetworkPolicy",
    "enableFqdnNetworkPolicy": "enableFqdnNetworkPolicy",
    "enableIntranodeVisibility": "enableIntraNodeVisibility",
    "enableL4IlbSubsetting": "enableL4ilbSubsetting",
    "enableMultiNetworking": "enableMultiNetworking",
    "gatewayApiConfig": "gatewayApiConfig",
    "inTransitEncryptionConfig": "inTransitEncryptionConfig",
    "privateIpv6GoogleAccess": "privateIpv6GoogleAccess",
    "serviceExternalIpsConfig": "serviceExternalIpsConfig",
}


class _ClusterType(ResourceType):
    """A cluster; the provider can delete the node pool that Google makes with it.

    The API has exclusions of maintenance by name, and the mode of the network follows from the ranges of addresses.
    """

    def to_body(self, inputs: Properties) -> Properties:
        """Returns the body, with the exclusions by name."""
        body = super().to_body(inputs)
        policy: Properties = body.get("maintenancePolicy") or {}
        policy.pop("recurringWindow", None)
        exclusions: list[Properties] = policy.pop("maintenanceExclusions", [])
        if exclusions:
            policy.setdefault("window", {})["maintenanceExclusions"] = {
                exclusion["exclusionName"]: {
                    _OPTIONS.get(field, field): value for field, value in exclusion.items() if field != "exclusionName"
                }
                for exclusion in exclusions
            }
        return body

    def from_body(self, body: Properties) -> Properties:
        """Returns the inputs, with the exclusions as a list."""
        inputs = super().from_body(body)
        policy: Properties = inputs.get("maintenancePolicy") or {}
        window: Properties = policy.pop("window", {})
        ours = {theirs: field for field, theirs in _OPTIONS.items()}
        exclusions = [
            {"exclusionName": name, **{ours.get(field, field): value for field, value in exclusion.items()}}
            for name, exclusion in window.get("maintenanceExclusions", {}).items()
        ]
        if exclusions:
            policy["maintenanceExclusions"] = exclusions
        return inputs

    def get(self, session: Session, inputs: Properties) -> Properties:
        """Returns the cluster; the provider reads the sizes of its node pools, also of those that Autopilot keeps."""
        cluster = super().get(session, inputs)
        gone = _DEFAULT_POOL if inputs.get("removeDefaultNodePool") else ""
        for pool in () if inputs.get("skipNodePoolRefresh") else cluster["nodePools"]:
            if pool["name"] != gone:
                _sizes(session, pool)
        return cluster

    def create(self, session: Session, inputs: Properties) -> tuple[str, Properties]:
        """Creates the cluster; deletes its default node pool if the program declares so."""
        created = super().create(session, inputs)
        if inputs.get("removeDefaultNodePool"):
            pool = f"{self.rest_name(inputs)}/nodePools/{_DEFAULT_POOL}"
            session.call("container.projects.locations.clusters.nodePools.delete", pool)
        return created


class _NodePoolType(ResourceType):
    """A node pool; the program declares its cluster by name or id."""

    def variables(self, inputs: Properties) -> Mapping[str, Any]:
        """Returns the variables, with project, location and name of the cluster from its id."""
        parts = str(inputs["cluster"]).split("/")
        if len(parts) < 6:
            return inputs
        return {**inputs, "project": parts[1], "location": parts[3], "cluster": parts[5]}

    def get(self, session: Session, inputs: Properties) -> Properties:
        """Returns the pool with its present size."""
        pool = super().get(session, inputs)
        sizes = _sizes(session, pool)
        return {**pool, "initialNodeCount": sum(sizes) // len(sizes)} if sizes else pool


def _sizes(session: Session, pool: Properties) -> list[int]:
    """Present sizes of a pool, which the provider reads from its groups of nodes, one in each zone."""
    sizes: list[int] = []
    for link in pool["instanceGroupUrls"]:
        group = str(link).partition("/compute/v1/")[2]
        listed = session.call("compute.instanceGroupManagers.list", f"{group.rpartition('/')[0]}/-")["items"]
        sizes += [each["targetSize"] for each in listed if each["selfLink"] == link]
    return sizes


_CLUSTER = _ClusterType(
    type="gcp:container/cluster:Cluster",
    kind="container.projects.locations.clusters",
    name="projects/{project}/locations/{location}/clusters/{name}",
    replace_on=frozenset(
        {
            "clusterIpv4Cidr",
            "confidentialNodes",
            "datapathProvider",
            "dataplaneOptimizationMode",
            "defaultMaxPodsPerNode",
            "description",
            "enableAutopilot",
            "enableKubernetesAlpha",
            "enableTpu",
            "initialNodeCount",
            "ipAllocationPolicy",
            "location",
            "name",
            "network",
            "networkingMode",
            "nodeConfig",
            "nodePools",
            "project",
            "subnetwork",
        }
    ),
    inherits=("project", "location"),
    fields={
        "enableAutopilot": "autopilot.enabled",
        "allowNetAdmin": "autopilot.workloadPolicyConfig.allowNetAdmin",
        "autopilotClusterPolicyConfig": "autopilot.clusterPolicyConfig",
        "clusterAutoscaling": "autoscaling",
        "autoscaling.autoProvisioningDefaults": _POOL_DEFAULTS,
        f"{_POOL_DEFAULTS}.diskSize": f"{_POOL_DEFAULTS}.diskSizeGb",
        "minMasterVersion": "initialClusterVersion",
        "defaultMaxPodsPerNode": "defaultMaxPodsConstraint.maxPodsPerNode",
        "enableLegacyAbac": "legacyAbac.enabled",
        "enableShieldedNodes": "shieldedNodes.enabled",
        "nodeLocations": "locations",
        "loggingConfig.enableComponents": "loggingConfig.componentConfig.enableComponents",
        "monitoringConfig.enableComponents": "monitoringConfig.componentConfig.enableComponents",
        "monitoringConfig.managedPrometheus": "monitoringConfig.managedPrometheusConfig",
        "maintenancePolicy.dailyMaintenanceWindow": "maintenancePolicy.window.dailyMaintenanceWindow",
        "maintenancePolicy.recurringWindow.startTime": "maintenancePolicy.window.recurringWindow.window.startTime",
        "maintenancePolicy.recurringWindow.endTime": "maintenancePolicy.window.recurringWindow.window.endTime",
        "maintenancePolicy.recurringWindow.recurrence": "maintenancePolicy.window.recurringWindow.recurrence",
        **{ours: f"networkConfig.{theirs}" for ours, theirs in _NETWORK_CONFIG.items()},
    },
    conversions={"nodePoolAutoConfig.nodeKubeletConfig.insecureKubeletReadonlyPortEnabled": TEXT_BOOLEAN},
    provider_only=frozenset(
        {"deletionProtection", "location", "networkingMode", "removeDefaultNodePool", "skipNodePoolRefresh"}
    ),
    computed={
        "endpoint": "endpoint",
        "selfLink": "selfLink",
        "masterVersion": "currentMasterVersion",
        "masterAuth": "masterAuth",
        "controlPlaneEndpointsConfig": "controlPlaneEndpointsConfig",
    },
    computed_within=("controlPlaneEndpointsConfig.dnsEndpointConfig.endpoint",),
)
_NODE_POOL = _NodePoolType(
    type="gcp:container/nodePool:NodePool",
    kind="container.projects.locations.clusters.nodePools",
    name="projects/{project}/locations/{location}/clusters/{cluster}/nodePools/{name}",
    inherits=("project", "location"),
    required=("cluster",),
    replace_on=frozenset(
        {
            "cluster",
            "initialNodeCount",
            "location",
            "maxPodsPerNode",
            "name",
            "namePrefix",
            "nodeConfig",
            "placementPolicy",
            "project",
            "queuedProvisioning",
        }
    ),
    fields={
        "nodeConfig": "config",
        "maxPodsPerNode": "maxPodsConstraint.maxPodsPerNode",
        "nodeCount": "initialNodeCount",
        "nodeLocations": "locations",
    },
    provider_only=frozenset({"cluster", "location", "namePrefix", "ignoreNodeCountChanges"}),
    computed={
        "version": "version",
        "instanceGroupUrls": "instanceGroupUrls",
        "managedInstanceGroupUrls": "instanceGroupUrls",
    },
)
_BACKUP_PLAN = ResourceType(
    type="gcp:gkebackup/backupPlan:BackupPlan",
    kind="gkebackup.projects.locations.backupPlans",
    name="projects/{project}/locations/{location}/backupPlans/{name}",
    required=("cluster", "location"),
    replace_on=frozenset({"cluster", "location", "name", "project"}),
    provider_only=frozenset({"location", "name"}),
    computed={
        "uid": "uid",
        "etag": "etag",
        "state": "state",
        "protectedNamespaceCount": "protectedNamespaceCount",
        "protectedPodCount": "protectedPodCount",
        "effectiveLabels": "labels",
        "pulumiLabels": "labels",
    },
)
_RESTORE_PLAN = ResourceType(
    type="gcp:gkebackup/restorePlan:RestorePlan",
    kind="gkebackup.projects.locations.restorePlans",
    name="projects/{project}/locations/{location}/restorePlans/{name}",
    required=("backupPlan", "cluster", "location", "restoreConfig"),
    replace_on=frozenset({"backupPlan", "cluster", "location", "name", "project"}),
    provider_only=frozenset({"location", "name"}),
    computed={"uid": "uid", "state": "state", "effectiveLabels": "labels", "pulumiLabels": "labels"},
)

TYPES = (_CLUSTER, _NODE_POOL, _BACKUP_PLAN, _RESTORE_PLAN)
