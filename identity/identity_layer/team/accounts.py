"""Accounts of teams and apps: CI accounts with their state, accounts of builds, and accounts that apps run as."""

from collections.abc import Mapping

from identity_layer import grants, names
from identity_layer.ci_account import KINDS, WORKLOAD_USER
from identity_layer.daily.base import Base
from identity_layer.foundation import encryption_keys
from identity_layer.foundation.state_store import StateAccess, StateAccessArgs, StateUser
from identity_layer.service_account import AccountUser, ServiceAccount, ServiceAccountArgs


def of_ci(base: Base) -> dict[str, ServiceAccount]:
    """The CI accounts of the teams that own an app, by ID."""
    roles = base.project_roles(grants.APP_CI.roles)
    return {
        f"apps-{team}-{kind}": base.pipeline.account(f"apps-{team}", kind, base.settings.teams[team].group, roles)
        for team in base.settings.app_teams
        for kind in KINDS
    }


def of_builds(base: Base) -> dict[str, ServiceAccount]:
    """The accounts as which builds push images, by ID; the platform layer grants each its team's repository."""
    accounts: dict[str, ServiceAccount] = {}
    for team, entry in base.settings.teams.items():
        if not entry.builds:
            continue
        users = {
            f"github-{source.repository_id}-{source.branch}": AccountUser(
                WORKLOAD_USER,
                names.build_member(base.foundation.project.number, source.repository_id, source.branch),
            )
            for source in entry.builds
        }
        account_id = names.image_account(team)
        accounts[account_id] = ServiceAccount(
            account_id,
            ServiceAccountArgs(
                project=base.settings.project,
                account_id=account_id,
                display_name=f"Images: {team}",
                description=f"Pushes the images of team {team}; keyless, by impersonation only.",
                users=users,
            ),
        )
    return accounts


def state_access(base: Base, accounts: Mapping[str, ServiceAccount]) -> list[StateAccess]:
    """Access of each team's CI accounts to its own folder in the state of the apps."""
    settings, lister = base.settings, base.role("stateLister")
    # A new app is a new stack, whose key its team's first deployment makes.
    roles_of = {
        "preview": (base.role("stateReader"), encryption_keys.DECRYPT),
        "deploy": (base.role("stateWriter"), encryption_keys.USE),
    }
    granted: list[StateAccess] = []
    for team in settings.app_teams:
        for kind, (role, key_role) in roles_of.items():
            account = accounts[f"apps-{team}-{kind}"]
            user = StateUser(account.member, role, key_role, after=[account.account], folder=team)
            arguments = StateAccessArgs(settings.project, settings.region, "apps", user, lister)
            granted.append(StateAccess(f"state-apps-{team}-{kind}", arguments))
    return granted


def of_workloads(base: Base) -> dict[str, ServiceAccount]:
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
                project_roles=base.project_roles(grants.app_roles(entry)),
                users={"workload": workload} if base.settings.bind_workloads else {},
            ),
        )
    return accounts
