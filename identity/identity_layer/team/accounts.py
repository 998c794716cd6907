"""Accounts of a team: CI accounts with their state, the account of its builds, and accounts that its apps run as."""

from collections.abc import Mapping

from identity_layer import grants, names
from identity_layer.ci_account import KINDS, WORKLOAD_USER
from identity_layer.foundation import encryption_keys
from identity_layer.foundation.state_store import StateAccess, StateAccessArgs, StateUser
from identity_layer.service_account import AccountUser, ServiceAccount, ServiceAccountArgs
from identity_layer.team.base import Base


def of_ci(base: Base) -> dict[str, ServiceAccount]:
    """The CI accounts of the team's apps, by kind."""
    roles = base.project_roles(grants.APP_CI.roles)
    return {kind: base.pipeline.account(base.apps_owner, kind, base.team.group, roles) for kind in KINDS}


def of_builds(base: Base) -> list[ServiceAccount]:
    """The account as which the team's builds push images, where something builds.

    The platform layer grants it the team's repository.
    """
    if not base.team.builds:
        return []
    users = {
        f"github-{source.repository_id}-{source.branch}": AccountUser(
            WORKLOAD_USER,
            names.build_member(base.foundation.project.number, source.repository_id, source.branch),
        )
        for source in base.team.builds
    }
    account_id = names.image_account(base.team.name)
    arguments = ServiceAccountArgs(
        project=base.settings.project,
        account_id=account_id,
        display_name=f"Images: {base.team.name}",
        description=f"Pushes the images of team {base.team.name}; keyless, by impersonation only.",
        users=users,
    )
    return [ServiceAccount(account_id, arguments)]


def state_access(base: Base, accounts: Mapping[str, ServiceAccount]) -> list[StateAccess]:
    """Access of the team's CI accounts to its own folder in the state of the apps; `accounts` are by kind."""
    settings, lister = base.settings, base.role("stateLister")
    # A new app is a new stack, whose key its team's first deployment makes.
    roles_of = {
        "preview": (base.role("stateReader"), encryption_keys.DECRYPT),
        "deploy": (base.role("stateWriter"), encryption_keys.USE),
    }
    granted: list[StateAccess] = []
    for kind, (role, key_role) in roles_of.items():
        account = accounts[kind]
        user = StateUser(account.member, role, key_role, after=[account.account], folder=base.team.name)
        arguments = StateAccessArgs(settings.project, settings.region, "apps", user, lister)
        granted.append(StateAccess(f"state-{base.apps_owner}-{kind}", arguments))
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
                account_id=names.app_account(app),
                display_name=f"App: {app}",
                description=f"Runs the app {app} of team {base.team.name} by Workload Identity.",
                project_roles=base.project_roles(grants.app_roles(entry)),
                users={"workload": workload} if base.settings.bind_workloads else {},
            ),
        )
    return accounts
