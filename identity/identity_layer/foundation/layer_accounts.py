"""Service accounts of the foundation: the accounts of CI that an environment has once, and the nodes' account."""

from identity_layer import grants
from identity_layer.ci_account import KINDS
from identity_layer.foundation.base import Base
from identity_layer.service_account import AccountUser, ServiceAccount, ServiceAccountArgs

# Owner of a pair of accounts to the owner in `identity:owners` whose people preview it. The pairs for a team's apps are
# in the team's stack (team/accounts.py).
OWNERS = {
    "identity": "identity",
    "team": "identity",
    "platform": "platform",
    "namespaces": "platform",
    "storage": "storage",
}
# Owners with a stack for each team: a deployment makes the key of a new stack.
FOR_EACH_TEAM = frozenset({"team", "namespaces"})
ACCOUNT_USER = "roles/iam.serviceAccountUser"


def of_ci(base: Base) -> dict[str, ServiceAccount]:
    """The CI accounts of OWNERS, by ID."""
    groups = base.settings.owners.by_name()
    accounts: dict[str, ServiceAccount] = {}
    for owner, people in OWNERS.items():
        for kind in KINDS:
            account_id = f"{owner}-{kind}"
            roles = base.project_roles(grants.FOUNDATION[account_id].roles)
            accounts[account_id] = base.pipeline.account(owner, kind, groups[people], roles, base.in_foundation())
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
