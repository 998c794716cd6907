"""Custom roles for the accounts of platform, namespaces and datastores, and for those who look at what they run.

None deletes a database, a cluster, a network or a contract: what must never happen by accident is not possible by
accident, and a planned removal starts with a reviewed change of this file.
"""

from identity_layer.foundation.role_definition import RoleDefinition, for_kinds, verbs

# Kubernetes kinds that the platform layer sets up: what guards a namespace, and who may do what in it or everywhere.
_GUARDS = ("namespaces", "resourceQuotas", "limitRanges", "networkPolicies", "serviceAccounts")
_ACCESS = ("roles", "roleBindings")
_ACCESS_TO_ALL = ("clusterRoles", "clusterRoleBindings")
# The provider reads the events of every object that it waits for, to tell why one is not ready.
_WAITING = verbs("container.events", "list")
_CERTIFICATES = ("certs", "certmaps", "certmapentries", "dnsauthorizations")

_INFRASTRUCTURE_READS = (
    verbs("resourcemanager.projects", "get")
    | for_kinds(
        "compute", ("networks", "subnetworks", "globalAddresses", "addresses", "firewalls", "routers"), "get list"
    )
    | verbs("servicenetworking.services", "get")
    | for_kinds("dns", ("managedZones", "policies", "resourceRecordSets"), "get list")
    | verbs("container.clusters", "connect get list")
    | for_kinds("container", (*_GUARDS, *_ACCESS, *_ACCESS_TO_ALL), "get list")
    | for_kinds("certificatemanager", _CERTIFICATES, "get list")
    | verbs("compute.sslPolicies", "get list")
    | verbs("binaryauthorization.policy", "get")
    | verbs("gkebackup.backupPlans", "get list")
    | for_kinds("pubsub", ("topics", "subscriptions"), "get list")
)

_NAMESPACES_READS = (
    verbs("container.clusters", "connect get list")
    | _WAITING
    | for_kinds("container", (*_GUARDS, *_ACCESS), "get list")
    | verbs("artifactregistry.repositories", "get getIamPolicy list")
    | for_kinds("cloudsql", ("instances", "users"), "get list")
)

_DATABASE_READS = (
    for_kinds("cloudsql", ("instances", "databases", "users", "backupRuns"), "get list")
    | verbs("resourcemanager.projects", "get")
    # Before an instance is created, the provider looks whether the network is connected to Google's services, and Cloud
    # SQL whether its caller may see the network.
    | verbs("servicenetworking.services", "get")
    | verbs("compute.networks", "get")
)

PLATFORM_ROLES: dict[str, RoleDefinition] = {
    "platformReader": RoleDefinition(
        "Platform: read",
        "Reads the configuration of network, cluster and databases, never their contents: "
        "roles/cloudsql.viewer may export. For people; CI reads network and cluster, or databases.",
        frozenset(_INFRASTRUCTURE_READS | _NAMESPACES_READS | _DATABASE_READS),
    ),
    "platformPreview": RoleDefinition(
        "Platform: preview",
        "Reads the configuration of network and cluster, to plan a change; no database. Predefined viewers read more.",
        frozenset(_INFRASTRUCTURE_READS),
    ),
    "storagePreview": RoleDefinition(
        "Datastores: preview",
        "Reads the configuration of databases, to plan a change, never their contents: roles/cloudsql.viewer may "
        "export.",
        frozenset(_DATABASE_READS),
    ),
    "platformNetworkOperator": RoleDefinition(
        "Platform: network",
        "Creates and changes the network, what may enter and leave it, and the names in it. It deletes firewall rules "
        "only. roles/compute.networkAdmin deletes all of it.",
        frozenset(
            for_kinds("compute", ("networks", "subnetworks"), "create get list update use")
            | verbs("compute.networks", "addPeering updatePeering updatePolicy")
            | verbs("compute.subnetworks", "expandIpCidrRange setPrivateIpGoogleAccess")
            | verbs("compute.globalAddresses", "createInternal get list use")
            # A destination that may no longer be called is a rule that goes.
            | verbs("compute.firewalls", "create delete get list update")
            | verbs("compute.routers", "create get list update")
            | verbs("compute.addresses", "create get list setLabels use")
            | for_kinds("dns", ("managedZones", "policies"), "create get list update")
            | verbs("dns.networks", "bindPrivateDNSPolicy bindPrivateDNSZone")
            # To change a record is to delete and to create it.
            | verbs("dns.resourceRecordSets", "create delete get list update")
            | verbs("dns.changes", "create get")
            | for_kinds("compute", ("globalOperations", "regionOperations"), "get")
            | verbs("servicenetworking.services", "addPeering get")
            | verbs("servicenetworking.operations", "get")
            | verbs("resourcemanager.projects", "get")
        ),
    ),
    "platformClusterOperator": RoleDefinition(
        "Platform: cluster",
        "Creates and changes the cluster, its backup plan and the topic that hears of its upgrades, and deletes none. "
        "roles/container.admin is cluster-admin inside.",
        frozenset(
            verbs("container.clusters", "create get list update")
            | verbs("container.operations", "get list")
            | verbs("gkebackup.backupPlans", "create get list update")
            | verbs("gkebackup.operations", "get")
            | verbs("pubsub.topics", "attachSubscription create get list update")
            | verbs("pubsub.subscriptions", "create get list update")
        ),
    ),
    "platformImageOperator": RoleDefinition(
        "Platform: images",
        "Changes the policy on which images run; it pushes, pulls and deletes no image.",
        frozenset(verbs("binaryauthorization.policy", "get update")),
    ),
    "platformClusterSetup": RoleDefinition(
        "Platform: set-up inside the cluster",
        "Sets up the Gateway's namespace with its guards, and RBAC of the whole cluster; no workload, no secret. It "
        "deletes access only: no namespace, and nothing that guards one.",
        # bind and escalate: the roles that it writes hold permissions that the platform itself must not have. Whoever
        # may write roles could give itself any; a reviewed plan, the policies and the audit log prevent that.
        frozenset(
            verbs("container.clusters", "connect get")
            | _WAITING
            | for_kinds("container", _GUARDS, "create get list update")
            | for_kinds("container", (*_ACCESS, *_ACCESS_TO_ALL), "create delete get list update")
            | for_kinds("container", ("roles", "clusterRoles"), "bind escalate")
        ),
    ),
    "namespacesPreview": RoleDefinition(
        "Namespaces: preview",
        "Reads the teams' namespaces with their guards and RBAC, repositories of images and logins of databases, to "
        "plan a change.",
        frozenset(_NAMESPACES_READS),
    ),
    "namespacesDeploy": RoleDefinition(
        "Namespaces: deploy",
        "Creates and changes the teams' namespaces with guards and RBAC, repositories of images with who pushes there, "
        "and logins of databases; no workload, secret, image or data. It deletes RBAC only, no namespace, repository "
        "or login.",
        # bind and escalate: as for platformClusterSetup, and within namespaces only.
        frozenset(
            _NAMESPACES_READS
            | for_kinds("container", _GUARDS, "create update")
            | for_kinds("container", _ACCESS, "create delete update")
            | verbs("container.roles", "bind escalate")
            | verbs("artifactregistry.repositories", "create setIamPolicy update")
            | verbs("cloudsql.users", "create update")
        ),
    ),
    "platformGatewayOperator": RoleDefinition(
        "Platform: the way in",
        "Creates and changes the load balancer's address, certificates and TLS policy, and deletes none: the domain's "
        "DNS points at them.",
        frozenset(
            for_kinds("certificatemanager", _CERTIFICATES, "create get list update")
            | for_kinds("certificatemanager", ("certs", "dnsauthorizations"), "use")
            | verbs("certificatemanager.operations", "get")
            | verbs("compute.globalAddresses", "create get setLabels")
            | verbs("compute.globalOperations", "get")
            | verbs("compute.sslPolicies", "create get list update")
        ),
    ),
    "platformDatabaseOperator": RoleDefinition(
        "Cloud SQL without delete",
        "Administers databases without any way to delete, overwrite, export or import data. "
        "roles/cloudsql.editor has all of them.",
        frozenset(
            verbs("cloudsql.instances", "create get list update restart failover preCheckMajorVersionUpgrade")
            | for_kinds("cloudsql", ("databases", "users"), "create get list update")
            | verbs("cloudsql.backupRuns", "create get list")
            | verbs("resourcemanager.projects", "get")
        ),
    ),
    "databaseLogin": RoleDefinition(
        "Databases: log in",
        "Logs in to databases by IAM, through the network. roles/cloudsql.instanceUser may also send SQL over Google's "
        "API, past network and connector.",
        frozenset(verbs("cloudsql.instances", "get login")),
    ),
    "databaseAdministrator": RoleDefinition(
        "Databases: rights inside",
        "Logs in to databases by IAM, and sends SQL over Google's API, to set the rights inside of them where no "
        "network leads. For people alone, who log in as themselves; it opens no table.",
        frozenset(verbs("cloudsql.instances", "executeSql get login")),
    ),
    "platformDatabaseRestorer": RoleDefinition(
        "Cloud SQL: restore into a new instance",
        "Makes a new instance of another one at a point in time, which copies its data. For the datastores' deployment "
        "alone: a copy made out of band would be one that nobody declared. Nothing is ever restored over an instance.",
        frozenset(verbs("cloudsql.instances", "clone")),
    ),
}
