"""Service accounts that belong to the foundation: the accounts of the layers' CI, and of the cluster's nodes."""

from identity_layer import grants
from identity_layer.base import Base
from identity_layer.ci_account import KINDS, ci_account
from identity_layer.service_account import AccountUser, ServiceAccount, ServiceAccountArgs

ACCOUNT_USER = "roles/iam.serviceAccountUser"


def of_ci(base: Base) -> dict[str, ServiceAccount]:
    """The CI accounts of the identity and platform layers, by ID."""
    ids = {f"{layer}-{kind}": (layer, kind) for layer in ("identity", "platform") for kind in KINDS}
    return {
        account_id: ci_account(base, layer, kind, grants.FOUNDATION[account_id].roles, base.in_foundation())
        for account_id, (layer, kind) in ids.items()
    }


def of_nodes(base: Base, platform_deploy: ServiceAccount) -> ServiceAccount:
    """The account of the cluster's nodes; only the platform's deployment may attach it to nodes."""
    return ServiceAccount(
        "gke-nodes",
        ServiceAccountArgs(
            project=base.settings.project,
            account_id="gke-nodes",
            display_name="GKE nodes",
            description="Runs the cluster's nodes. Workloads have accounts of their own.",
            after=base.apis.enabled("iam", "cloudresourcemanager"),
            project_roles=base.project_roles(grants.FOUNDATION["gke-nodes"].roles),
            users={
                "platform-deploy": AccountUser(ACCOUNT_USER, platform_deploy.member, after=[platform_deploy.account])
            },
        ),
        opts=base.in_foundation(),
    )
