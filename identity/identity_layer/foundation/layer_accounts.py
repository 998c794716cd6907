"""Service accounts of the foundation: accounts of CI for layers and datastores, and the nodes' account."""

from identity_layer import grants
from identity_layer.ci_account import KINDS
from identity_layer.foundation.base import Base
from identity_layer.service_account import AccountUser, ServiceAccount, ServiceAccountArgs

# Owners of a pair of accounts that administrators alone change; the teams' pairs are daily work (daily/accounts.py).
OWNERS = ("identity", "platform", "storage")
ACCOUNT_USER = "roles/iam.serviceAccountUser"


def of_ci(base: Base) -> dict[str, ServiceAccount]:
    """The CI accounts of the layers and of the datastores, by ID."""
    accounts: dict[str, ServiceAccount] = {}
    for owner, group in base.settings.owners.by_name().items():
        for kind in KINDS:
            account_id = f"{owner}-{kind}"
            roles = base.project_roles(grants.FOUNDATION[account_id].roles)
            accounts[account_id] = base.pipeline.account(owner, kind, group, roles, base.in_foundation())
    return accounts


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
