"""Who holds which role: the one place where people, CI accounts and workloads get their rights.

Roles are keys of custom_roles.ROLES or predefined ("roles/…"); basic roles are never among them. Grants on the whole
project are in CI_GRANTS, NODES and CAPABILITIES, grants on one resource beside that resource.
"""

from dataclasses import dataclass

from identity_layer.settings import Capability


@dataclass(frozen=True)
class RoleSet:
    """Roles that are granted together.

    Attributes:
        why: what the holder does with them, and what it deliberately cannot do.
        roles: in any order.
    """

    why: str
    roles: frozenset[str]


CAPABILITIES: dict[Capability, RoleSet] = {
    "cluster-user": RoleSet(
        "Reach the cluster's API. What one may do there is RBAC in one's own namespaces; "
        "roles/container.developer would reach all.",
        frozenset({"roles/container.clusterViewer"}),
    ),
    "datastore-admin": RoleSet(
        "Administer Cloud SQL without deleting, exporting or overwriting anything, and see its "
        "metrics; no cluster, no IAM.",
        frozenset({"platformDatabaseOperator", "roles/monitoring.viewer"}),
    ),
    "platform-reader": RoleSet(
        "See how network, cluster and databases are set up, with their logs and metrics. Changes go "
        "through the platform's CI.",
        frozenset({"platformReader", "roles/logging.viewer", "roles/monitoring.viewer"}),
    ),
    "security-reader": RoleSet(
        "Review every policy, configuration and log. It reads no database, no secret, and changes nothing.",
        frozenset({"platformReader", "roles/iam.securityReviewer", "roles/logging.viewer"}),
    ),
}

APP_CI = RoleSet(
    "Reach the cluster's API; the platform layer binds the account to Roles in its team's namespaces.",
    frozenset({"roles/container.clusterViewer"}),
)

CI_GRANTS: dict[str, RoleSet] = {
    "identity-deploy": RoleSet("Run the identity layer.", frozenset({"identityDeploy"})),
    "identity-preview": RoleSet("Plan the identity layer.", frozenset({"identityPreview"})),
    "platform-deploy": RoleSet(
        "Run the platform layer: create and change, never delete a datastore, the cluster or the network; no IAM.",
        frozenset(
            {"platformNetworkOperator", "platformClusterOperator", "platformClusterSetup", "platformDatabaseOperator"}
        ),
    ),
    "platform-preview": RoleSet("Plan the platform layer.", frozenset({"platformReader"})),
}

NODES = RoleSet("Write logs and metrics, as every node must.", frozenset({"roles/container.defaultNodeServiceAccount"}))

DATABASE_CLIENT = RoleSet(
    "Connect to Cloud SQL through the proxy and log in by IAM; what it may do inside a database is "
    "that database's own GRANTs.",
    frozenset({"roles/cloudsql.client", "roles/cloudsql.instanceUser"}),
)


def ci_roles(account_id: str) -> frozenset[str]:
    """The project roles of a CI account."""
    return CI_GRANTS[account_id].roles if account_id in CI_GRANTS else APP_CI.roles
