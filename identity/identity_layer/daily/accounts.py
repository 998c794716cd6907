"""What changes day by day: teams, apps with their accounts and secrets, contract secrets, break-glass.

Everything here is a loop over a map: an order in the configuration never decides a name. identity-deploy runs it; what
binds identity-deploy itself is in foundation.py.
"""

from identity_layer import encryption_keys, grants, names
from identity_layer.app_secret import AppSecret, AppSecretArgs
from identity_layer.base import Base
from identity_layer.break_glass import BreakGlassGrant, BreakGlassGrantArgs
from identity_layer.ci_account import KINDS, WORKLOAD_USER, ci_account
from identity_layer.contract_secret import ContractSecret, ContractSecretArgs
from identity_layer.foundation import States
from identity_layer.service_account import AccountUser, ServiceAccount, ServiceAccountArgs
from identity_layer.state_store import StateAccess, StateUser
from identity_layer.team import TeamArgs, TeamGrants

ACCESSOR = "roles/secretmanager.secretAccessor"


def app_accounts(base: Base) -> dict[str, ServiceAccount]:
    """The CI accounts of the teams that own an app, by ID."""
    owners = {f"apps-{team}-{kind}": (f"apps-{team}", kind) for team in base.settings.app_teams for kind in KINDS}
    return {
        account_id: ci_account(base, owner, kind, grants.APP_CI.roles) for account_id, (owner, kind) in owners.items()
    }


def image_accounts(base: Base) -> dict[str, ServiceAccount]:
    """The accounts as which builds push images, by ID; the platform layer grants each its team's repository."""
    found: dict[str, ServiceAccount] = {}
    for team, entry in base.settings.teams.items():
        if not entry.builds:
            continue
        users = {
            f"github-{source.repository_id}-{source.branch}": AccountUser(
                WORKLOAD_USER,
                names.build_member(base.settings.project_number, source.repository_id, source.branch),
                after=[base.builds.provider],
            )
            for source in entry.builds
        }
        account_id = names.image_account(team)
        found[account_id] = ServiceAccount(
            account_id,
            ServiceAccountArgs(
                project=base.settings.project,
                account_id=account_id,
                display_name=f"Images: {team}",
                description=f"Pushes the images of team {team}; keyless, by impersonation only.",
                after=base.apis.enabled("iam", "iamcredentials", "cloudresourcemanager"),
                users=users,
            ),
        )
    return found


def app_state_access(states: States, accounts: dict[str, ServiceAccount]) -> list[StateAccess]:
    """Every team's access to its own folder in the state of the apps."""
    roles = states.base.roles
    # A new app is a new stack, whose key its team's first deployment makes.
    how = {
        "preview": (roles.role("stateReader"), encryption_keys.DECRYPT),
        "deploy": (roles.role("stateWriter"), encryption_keys.USE),
    }
    found: list[StateAccess] = []
    for team in states.base.settings.app_teams:
        for kind, (role, key_role) in how.items():
            account = accounts[f"apps-{team}-{kind}"]
            user = StateUser(account.member, role, key_role, after=[account.account], folder=team)
            found.append(states.access("apps", f"{team}-{kind}", user))
    return found


def workload_accounts(base: Base) -> dict[str, ServiceAccount]:
    """The accounts that apps run as, by app; only the app's own Kubernetes service account may use one."""
    accounts: dict[str, ServiceAccount] = {}
    for app, entry in base.settings.apps.items():
        if not entry.uses_google:
            continue
        workload = AccountUser(WORKLOAD_USER, names.workload_member(base.settings.project, app, app))
        accounts[app] = ServiceAccount(
            f"app-{app}",
            ServiceAccountArgs(
                project=base.settings.project,
                account_id=f"app-{app}",
                display_name=f"App: {app}",
                description=f"Runs the app {app} of team {entry.team} by Workload Identity.",
                after=base.apis.enabled("iam", "cloudresourcemanager"),
                project_roles=base.project_roles(grants.app_roles(entry)),
                users={"workload": workload} if base.settings.bind_workloads else {},
            ),
        )
    return accounts


def app_secrets(base: Base, workloads: dict[str, ServiceAccount]) -> list[AppSecret]:
    """The secrets of the apps, without their payloads: those are the owners' to add."""
    return [
        AppSecret(
            names.app_secret(app, secret),
            AppSecretArgs(
                project=base.settings.project,
                app=app,
                reader=workloads[app],
                owners=f"group:{base.settings.teams[entry.team].group}",
                after=base.apis.enabled("secretmanager"),
            ),
        )
        for app, entry in base.settings.apps.items()
        for secret in entry.secrets
    ]


def team_grants(base: Base) -> dict[str, TeamGrants]:
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


def break_glass(base: Base) -> list[BreakGlassGrant]:
    """The window of time in which the break-glass group may destroy, when one is declared."""
    declared = base.settings.break_glass
    if declared.grant is None:
        return []
    [role] = base.project_roles(grants.BREAK_GLASS.roles)
    arguments = BreakGlassGrantArgs(base.settings.project, declared.group, role, declared.grant)
    return [BreakGlassGrant("break-glass", arguments)]


def contract_secrets(base: Base, accounts: dict[str, ServiceAccount]) -> dict[str, ContractSecret]:
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
