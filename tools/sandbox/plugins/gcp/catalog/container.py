"""Google Kubernetes Engine and its backups: clusters, node pools, backup plans."""

from collections.abc import Mapping
from typing import Any

from sandbox.plugins.gcp.types import ResourceType, Session
from sandbox.plugins.protocol import Properties

_DEFAULT_POOL = "default-pool"


class _ClusterType(ResourceType):
    """A cluster; the provider can delete the node pool that Google makes with it."""

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
    # "ConflictsWith" in the provider's own schema.
    conflicts={
        "enableAutopilot": frozenset(
            {
                "defaultMaxPodsPerNode",
                "enableIntranodeVisibility",
                "enableShieldedNodes",
                "networkPolicy",
                "nodeConfig",
                "nodePools",
                "removeDefaultNodePool",
            }
        )
    },
    inherits=("project", "location"),
    defaults={"deletionProtection": True, "network": "default"},
    fields={
        "enableAutopilot": "autopilot.enabled",
        "clusterAutoscaling.autoProvisioningDefaults": "clusterAutoscaling.autoprovisioningNodePoolDefaults",
        "clusterAutoscaling": "autoscaling",
        "minMasterVersion": "initialClusterVersion",
    },
    provider_only=frozenset({"deletionProtection", "removeDefaultNodePool", "location"}),
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
    fields={"nodeConfig": "config", "maxPodsPerNode": "maxPodsConstraint.maxPodsPerNode", "nodeLocations": "locations"},
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
