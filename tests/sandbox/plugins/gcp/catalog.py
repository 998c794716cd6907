"""The types of the gcp provider that the sandbox supports. To support another one, state it here.

Replacement rules and required inputs are those of the provider's schema; names and fields are those of Google's REST
APIs.
"""

from sandbox.plugins.gcp.members import ACCOUNT_MEMBER, PROJECT_MEMBER, SECRET_MEMBER
from sandbox.plugins.gcp.special import ACCOUNT, CONNECTION, SECRET_VERSION, SERVICE, USER, InstanceType
from sandbox.plugins.gcp.types import ResourceType

_CUSTOM_ROLE = ResourceType(
    type="gcp:projects/iAMCustomRole:IAMCustomRole",
    kind="iam.projects.roles",
    name="projects/{project}/roles/{roleId}",
    required=("permissions", "title"),
    replace_on=frozenset({"project", "roleId"}),
    defaults={"stage": "GA"},
    fields={"permissions": "includedPermissions"},
    provider_only=frozenset({"roleId"}),
    computed={"name": "name"},
    autoname="roleId",
)
_SECRET = ResourceType(
    type="gcp:secretmanager/secret:Secret",
    kind="secretmanager.projects.secrets",
    name="projects/{project}/secrets/{secretId}",
    required=("replication",),
    replace_on=frozenset({"project", "replication", "secretId", "tags"}),
    provider_only=frozenset({"secretId", "deletionProtection"}),
    computed={"name": "name", "createTime": "createTime", "effectiveLabels": "labels"},
    autoname="secretId",
)
_NETWORK = ResourceType(
    type="gcp:compute/network:Network",
    kind="compute.networks",
    name="projects/{project}/global/networks/{name}",
    replace_on=frozenset(
        {"autoCreateSubnetworks", "description", "internalIpv6Range", "name", "networkProfile", "params", "project"}
    ),
    defaults={"autoCreateSubnetworks": True},
    fields={"routingMode": "routingConfig.routingMode"},
    provider_only=frozenset({"deleteDefaultRoutesOnCreate"}),
    computed={"selfLink": "selfLink", "numericId": "id", "networkId": "id"},
)
_SUBNETWORK = ResourceType(
    type="gcp:compute/subnetwork:Subnetwork",
    kind="compute.subnetworks",
    name="projects/{project}/regions/{region}/subnetworks/{name}",
    inherits=("project", "region"),
    required=("network",),
    replace_on=frozenset(
        {
            "description",
            "externalIpv6Prefix",
            "internalIpv6Prefix",
            "name",
            "network",
            "params",
            "project",
            "region",
            "reservedInternalRange",
            "resolveSubnetMask",
        }
    ),
    computed={
        "selfLink": "selfLink",
        "gatewayAddress": "gatewayAddress",
        "creationTimestamp": "creationTimestamp",
        "fingerprint": "fingerprint",
    },
)
_GLOBAL_ADDRESS = ResourceType(
    type="gcp:compute/globalAddress:GlobalAddress",
    kind="compute.globalAddresses",
    name="projects/{project}/global/addresses/{name}",
    replace_on=frozenset(
        {
            "address",
            "addressType",
            "description",
            "ipVersion",
            "name",
            "network",
            "prefixLength",
            "project",
            "purpose",
        }
    ),
    defaults={"addressType": "EXTERNAL"},
    computed={"address": "address", "selfLink": "selfLink", "creationTimestamp": "creationTimestamp"},
)
_CLUSTER = ResourceType(
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
_INSTANCE = InstanceType(
    type="gcp:sql/databaseInstance:DatabaseInstance",
    kind="sql.instances",
    name="projects/{project}/instances/{name}",
    id="{name}",
    inherits=("project", "region"),
    required=("databaseVersion",),
    replace_on=frozenset({"encryptionKeyName", "name", "project", "region"}),
    defaults={"deletionProtection": True},
    fields={
        "encryptionKeyName": "diskEncryptionConfiguration.kmsKeyName",
        "settings.diskAutoresize": "settings.storageAutoResize",
        "settings.diskType": "settings.dataDiskType",
        "settings.diskSize": "settings.dataDiskSizeGb",
    },
    provider_only=frozenset({"deletionProtection"}),
    computed={
        "connectionName": "connectionName",
        "selfLink": "selfLink",
        "serviceAccountEmailAddress": "serviceAccountEmailAddress",
        "ipAddresses": "ipAddresses",
    },
)
_DATABASE = ResourceType(
    type="gcp:sql/database:Database",
    kind="sql.databases",
    name="projects/{project}/instances/{instance}/databases/{name}",
    required=("instance",),
    replace_on=frozenset({"instance", "name", "project"}),
    defaults={"deletionPolicy": "DELETE"},
    provider_only=frozenset({"deletionPolicy"}),
    computed={"charset": "charset", "collation": "collation", "selfLink": "selfLink"},
)

TYPES: dict[str, ResourceType] = {
    kind.type: kind
    for kind in (
        SERVICE,
        ACCOUNT,
        ACCOUNT_MEMBER,
        _CUSTOM_ROLE,
        PROJECT_MEMBER,
        _SECRET,
        SECRET_MEMBER,
        SECRET_VERSION,
        _NETWORK,
        _SUBNETWORK,
        _GLOBAL_ADDRESS,
        CONNECTION,
        _CLUSTER,
        _INSTANCE,
        _DATABASE,
        USER,
    )
}
