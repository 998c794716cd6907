"""Custom roles for the platform's accounts and for those who look at what it runs.

None deletes a database, a cluster, a network or a contract: what must never happen by accident is not possible by
accident, and a planned removal starts with a reviewed change of this file.
"""

from identity_layer.role_definition import RoleDefinition, each, verbs

# Kubernetes kinds that the platform layer sets up for an app.
_CLUSTER_KINDS = ("namespaces", "resourceQuotas", "limitRanges", "networkPolicies", "roles", "roleBindings")

_PLATFORM_READS = (
    verbs("resourcemanager.projects", "get")
    | each("compute", ("networks", "subnetworks", "globalAddresses"), "get list")
    | verbs("servicenetworking.services", "get")
    | verbs("container.clusters", "connect get list")
    | each("container", _CLUSTER_KINDS, "get list")
    | each("cloudsql", ("instances", "databases", "users", "backupRuns"), "get list")
)

PLATFORM_ROLES: dict[str, RoleDefinition] = {
    "platformReader": RoleDefinition(
        "Platform: read",
        "Reads the configuration of network, cluster and databases, never their contents: "
        "roles/cloudsql.viewer may export.",
        frozenset(_PLATFORM_READS),
    ),
    "platformNetworkOperator": RoleDefinition(
        "Platform: network",
        "Creates and changes the network and its private services access. roles/compute.networkAdmin "
        "deletes, and has routers, VPNs and more.",
        frozenset(
            each("compute", ("networks", "subnetworks"), "create get list update use")
            | verbs("compute.networks", "addPeering updatePeering updatePolicy")
            | verbs("compute.subnetworks", "expandIpCidrRange setPrivateIpGoogleAccess")
            | verbs("compute.globalAddresses", "createInternal get list use")
            | each("compute", ("globalOperations", "regionOperations"), "get")
            | verbs("servicenetworking.services", "addPeering get")
            | verbs("servicenetworking.operations", "get")
            | verbs("resourcemanager.projects", "get")
        ),
    ),
    "platformClusterOperator": RoleDefinition(
        "Platform: cluster",
        "Creates and changes the cluster. roles/container.clusterAdmin deletes it; "
        "roles/container.admin is cluster-admin inside.",
        frozenset(verbs("container.clusters", "create get list update") | verbs("container.operations", "get list")),
    ),
    "platformClusterSetup": RoleDefinition(
        "Platform: set-up inside the cluster",
        "Sets up namespaces with their quotas, network policies and RBAC, and no workload, secret or "
        "cluster-wide role.",
        # bind and escalate: the developer roles hold permissions on workloads that the platform itself must not have.
        frozenset(
            verbs("container.clusters", "connect get")
            | each("container", _CLUSTER_KINDS, "create delete get list update")
            | verbs("container.roles", "bind escalate")
        ),
    ),
    "platformDatabaseOperator": RoleDefinition(
        "Cloud SQL without delete",
        "Administers databases without any way to delete, overwrite, export or import data. "
        "roles/cloudsql.editor has all of them.",
        frozenset(
            verbs("cloudsql.instances", "create get list update restart failover")
            | each("cloudsql", ("databases", "users"), "create get list update")
            | verbs("cloudsql.backupRuns", "create get list")
            | verbs("resourcemanager.projects", "get")
        ),
    ),
}
