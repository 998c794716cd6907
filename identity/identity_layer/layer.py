"""The accounts, grants and contract secrets of one stack, built from its settings.

Everything here is a loop over a map: an order in the configuration never decides a name.
"""

from dataclasses import dataclass

from identity_layer import grants, names
from identity_layer.apis import Apis
from identity_layer.contract_secret import ContractSecret, ContractSecretArgs
from identity_layer.custom_roles import CustomRoles
from identity_layer.service_account import ServiceAccount, ServiceAccountArgs
from identity_layer.settings import Settings
from identity_layer.team import TeamArgs, TeamGrants

ACCESSOR = "roles/secretmanager.secretAccessor"
TOKEN_CREATOR = "roles/iam.serviceAccountTokenCreator"  # noqa: S105 - a role's name
ACCOUNT_USER = "roles/iam.serviceAccountUser"
WORKLOAD_USER = "roles/iam.workloadIdentityUser"


@dataclass(frozen=True)
class Foundation:
    """What every part needs.

    Attributes:
        settings: the stack's.
        apis: enabled APIs.
        roles: the custom roles.
    """

    settings: Settings
    apis: Apis
    roles: CustomRoles


def ci_accounts(base: Foundation) -> dict[str, ServiceAccount]:
    """The CI accounts by ID; each may be impersonated by its own callers only."""
    accounts: dict[str, ServiceAccount] = {}
    for account_id in base.settings.ci_accounts:
        owner, _, kind = account_id.rpartition("-")
        callers = base.settings.ci_impersonators.get(account_id, [])
        accounts[account_id] = ServiceAccount(
            account_id,
            ServiceAccountArgs(
                project=base.settings.project,
                account_id=account_id,
                display_name=f"CI: {kind} {owner}",
                description=f"Used by CI to {kind} {owner}; keyless, by impersonation only.",
                after=base.apis.enabled("iam", "iamcredentials", "cloudresourcemanager"),
                project_roles=[base.roles.role(role) for role in sorted(grants.ci_roles(account_id))],
                users=[(TOKEN_CREATOR, member) for member in sorted(callers)],
            ),
        )
    return accounts


def node_account(base: Foundation, accounts: dict[str, ServiceAccount]) -> ServiceAccount:
    """The account of the cluster's nodes; only the platform's deployment may attach it to nodes."""
    return ServiceAccount(
        "gke-nodes",
        ServiceAccountArgs(
            project=base.settings.project,
            account_id="gke-nodes",
            display_name="GKE nodes",
            description="Runs the cluster's nodes. Workloads have accounts of their own.",
            after=base.apis.enabled("iam", "cloudresourcemanager"),
            project_roles=[base.roles.role(role) for role in sorted(grants.NODES.roles)],
            users=[(ACCOUNT_USER, f"serviceAccount:{accounts['platform-deploy'].email}")],
            users_after=[accounts["platform-deploy"].account],
        ),
    )


def workload_accounts(base: Foundation) -> dict[str, ServiceAccount]:
    """The accounts that apps run as, by ID; only the app's own Kubernetes service account may use one."""
    accounts: dict[str, ServiceAccount] = {}
    for app, entry in base.settings.apps.items():
        users = [(WORKLOAD_USER, names.workload_member(base.settings.project, app, app))]
        roles = grants.DATABASE_CLIENT.roles if entry.databases else frozenset[str]()
        accounts[f"app-{app}"] = ServiceAccount(
            f"app-{app}",
            ServiceAccountArgs(
                project=base.settings.project,
                account_id=f"app-{app}",
                display_name=f"App: {app}",
                description=f"Runs the app {app} of team {entry.team} by Workload Identity.",
                after=base.apis.enabled("iam", "cloudresourcemanager"),
                project_roles=[base.roles.role(role) for role in sorted(roles)],
                users=users if base.settings.bind_workloads else [],
            ),
        )
    return accounts


def team_grants(base: Foundation) -> dict[str, TeamGrants]:
    """The project-wide grants of every team, by its name."""
    parts: dict[str, TeamGrants] = {}
    for name, team in base.settings.teams.items():
        roles = {role for capability in team.capabilities for role in grants.CAPABILITIES[capability].roles}
        parts[name] = TeamGrants(
            f"team-{name}",
            TeamArgs(
                project=base.settings.project,
                group=team.group,
                roles={role: base.roles.role(role) for role in roles},
                after=base.apis.enabled("cloudresourcemanager"),
            ),
        )
    return parts


def contract_secrets(base: Foundation, accounts: dict[str, ServiceAccount]) -> dict[str, ContractSecret]:
    """The secrets of the contracts by producer: one layer writes each, and only its consumers read it."""
    consumers = {
        "identity": ["platform-preview", "platform-deploy"],
        "platform": [account_id for account_id in accounts if account_id.startswith("apps-")],
    }
    secrets: dict[str, ContractSecret] = {}
    for producer, readers in consumers.items():
        roles = {
            **dict.fromkeys(readers, ACCESSOR),
            f"{producer}-deploy": "contractPublisher",
            f"{producer}-preview": "contractReviewer",
        }
        secrets[producer] = ContractSecret(
            f"contract-{producer}",
            ContractSecretArgs(
                project=base.settings.project,
                producer=producer,
                grants={account_id: base.roles.role(role) for account_id, role in roles.items()},
                accounts={account_id: account.account for account_id, account in accounts.items()},
                after=base.apis.enabled("secretmanager"),
            ),
        )
    return secrets
