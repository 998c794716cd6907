"""Grants: the one place that gives roles to people, CI accounts and workloads.

Roles are keys of custom_roles.ROLES or predefined ("roles/…"); basic roles are never among them. The roles here
are granted on the whole project; grants on one account, secret, bucket or key are beside that resource.

FOUNDATION is granted by administrators only, everything else also by identity-deploy or team-deploy: see GRANTABLE.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from identity_layer.team.team_settings import App
from identity_layer.values import Capability, WorkloadAccess


@dataclass(frozen=True)
class RoleSet:
    """Roles that are granted together.

    Attributes:
        why: the holder's use of them, and what the roles deliberately do not permit.
        roles: in any order.
    """

    why: str
    roles: frozenset[str]


CAPABILITIES: dict[Capability, RoleSet] = {
    "cluster-user": RoleSet(
        "Reach the cluster's API. What one may do there is RBAC in one's own namespaces; roles/container.developer "
        "would reach all.",
        frozenset({"roles/container.clusterViewer"}),
    ),
    "datastore-admin": RoleSet(
        "Administer Cloud SQL without deleting, exporting, copying or overwriting anything, set the declared rights "
        "inside of the databases, and see its metrics; no cluster, no IAM.",
        frozenset(
            {
                "databaseAdministrator",
                "platformDatabaseOperator",
                "roles/cloudsql.client",
                "roles/monitoring.viewer",
            }
        ),
    ),
    "platform-reader": RoleSet(
        "See how network, cluster and databases are set up, with their logs and metrics. Changes go through the "
        "platform's CI.",
        frozenset({"platformReader", "roles/logging.viewer", "roles/monitoring.viewer"}),
    ),
    "security-reader": RoleSet(
        "Review every policy, configuration and log, the locked audit log among them. It reads no database, no secret, "
        "and changes nothing.",
        frozenset(
            {"platformReader", "roles/iam.securityReviewer", "roles/logging.viewAccessor", "roles/logging.viewer"}
        ),
    ),
}

APP_CI = RoleSet(
    "Reach the cluster's API; the platform layer binds the account to Roles in its team's namespaces.",
    frozenset({"roles/container.clusterViewer"}),
)

FOUNDATION: dict[str, RoleSet] = {
    "identity-deploy": RoleSet(
        "Grant capabilities to teams; no account, no secret.",
        frozenset({"identityDeploy"}),
    ),
    "identity-preview": RoleSet(
        "Plan the foundation and the grants to teams, and look for drift.",
        # The predefined one: whether a custom role takes its permissions is not documented.
        frozenset({"identityPreview", "roles/iam.workloadIdentityPoolViewer"}),
    ),
    "team-deploy": RoleSet(
        "Run the accounts and secrets of teams and their apps, without any use of them.", frozenset({"teamDeploy"})
    ),
    "team-preview": RoleSet("Plan the accounts and secrets of teams and their apps.", frozenset({"teamPreview"})),
    "platform-deploy": RoleSet(
        "Run network and cluster: create and change, never delete either; no datastore, no image, no IAM.",
        frozenset(
            {
                "platformNetworkOperator",
                "platformClusterOperator",
                "platformClusterSetup",
                "platformGatewayOperator",
                "platformImageOperator",
            }
        ),
    ),
    "platform-preview": RoleSet("Plan network and cluster.", frozenset({"platformPreview"})),
    "namespaces-deploy": RoleSet(
        "Run the teams' namespaces, repositories of images and logins of databases; no network, no cluster, no "
        "database, no IAM.",
        frozenset({"namespacesDeploy"}),
    ),
    "namespaces-preview": RoleSet(
        "Plan the teams' namespaces, repositories of images and logins of databases.", frozenset({"namespacesPreview"})
    ),
    "storage-deploy": RoleSet(
        "Run the datastores: create and change, restore into a new one, never delete one; no network, no cluster, no "
        "IAM.",
        frozenset({"platformDatabaseOperator", "platformDatabaseRestorer", "storagePreview"}),
    ),
    "storage-preview": RoleSet("Plan the datastores.", frozenset({"storagePreview"})),
    "gke-nodes": RoleSet(
        "Write logs and metrics, as every node must, and pull images.",
        frozenset({"roles/container.defaultNodeServiceAccount", "roles/artifactregistry.reader"}),
    ),
}

DATABASE_CLIENT = RoleSet(
    "Connect to Cloud SQL through the proxy and log in by IAM; what it may do inside a database is that database's "
    "own GRANTs. roles/cloudsql.instanceUser would also send SQL over Google's API.",
    frozenset({"roles/cloudsql.client", "databaseLogin"}),
)
WORKLOAD_ACCESS: dict[WorkloadAccess, RoleSet] = {
    "traces": RoleSet("Write traces; none are read back.", frozenset({"roles/cloudtrace.agent"})),
    "metrics": RoleSet("Write metrics of its own; none are read.", frozenset({"roles/monitoring.metricWriter"})),
    "errors": RoleSet("Report errors; none are read back.", frozenset({"roles/errorreporting.writer"})),
    "profiles": RoleSet("Upload profiles of its own code.", frozenset({"roles/cloudprofiler.agent"})),
}
BREAK_GLASS = RoleSet("Destroy, for hours, by a reviewed change.", frozenset({"breakGlass"}))


def app_roles(app: App) -> frozenset[str]:
    """The project roles of an app's account: those that its entry requires, and no others."""
    required = [WORKLOAD_ACCESS[access] for access in app.access] + ([DATABASE_CLIENT] if app.databases else [])
    return _all(required)


def _all(sets: Iterable[RoleSet]) -> frozenset[str]:
    return frozenset[str]().union(*(role_set.roles for role_set in sets))


# Roles that an account may grant on the project, and nothing else. One condition each: Google takes ten roles in one.
GRANTABLE: dict[str, frozenset[str]] = {
    "identity-deploy": _all([*CAPABILITIES.values(), BREAK_GLASS]),
    "team-deploy": _all([CAPABILITIES["cluster-user"], APP_CI, *WORKLOAD_ACCESS.values(), DATABASE_CLIENT]),
}
