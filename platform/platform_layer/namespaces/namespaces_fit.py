"""Checks that a team's settings fit the contracts, before anything is planned, all at once."""

from collections.abc import Iterator

from platform_layer.kit import logins, parts
from platform_layer.namespaces.namespace import GATEWAY_NAMESPACE
from platform_layer.namespaces.team_settings import TeamSettings
from platform_layer.namespaces.upstream import PlatformContract, StorageContract, TeamContract


def check(settings: TeamSettings, team: TeamContract, platform: PlatformContract, storage: StorageContract) -> None:
    """Compares what the contracts promise with what this stack is configured to provide.

    Raises:
        parts.FitError: they do not fit.
    """
    parts.require_fit(
        [
            *parts.misplaced(settings, team.project, "team"),
            *parts.misplaced(settings, platform.project, "platform"),
            *(parts.misplaced(settings, storage.project, "storage") if storage.databases else ()),
            *_namespaces(settings, team),
            *_public(settings, platform),
            *_databases(team, storage),
            *logins.too_long(_logins(team)),
        ]
    )


def _namespaces(settings: TeamSettings, team: TeamContract) -> Iterator[str]:
    for name, app in team.apps.items():
        if app.namespace == GATEWAY_NAMESPACE:
            yield f"apps.{name}.namespace: {GATEWAY_NAMESPACE!r} is the Gateway's own; give the app another name."
    for name in settings.namespaces:
        if name not in team.apps:
            yield (
                f"platform:namespaces.{name}: is no app of the team {settings.team!r} in the contract, so it would "
                "change nothing; correct it."
            )


def _public(settings: TeamSettings, platform: PlatformContract) -> Iterator[str]:
    for name, own in settings.namespaces.items():
        if own.public and platform.gateway is None:
            yield (
                f"platform:namespaces.{name}.public: the environment has no Gateway, so nothing could reach the app "
                "from outside; set platform:gateway in Pulumi.<environment>.yaml and deploy that stack, or take "
                "`public` away."
            )


def _databases(team: TeamContract, storage: StorageContract) -> Iterator[str]:
    for name, app in team.apps.items():
        for database in app.databases:
            if database not in storage.databases:
                yield (
                    f"apps.{name}.databases: the app asks for the database {database!r}, which no datastore serves; "
                    "add it to one in platform:datastores, or take it from the app in the identity layer."
                )
        if app.databases and app.service_account is None:
            yield f"apps.{name}.serviceAccount: is missing, so the app cannot log into its databases."


def _logins(team: TeamContract) -> dict[str, str]:
    """Path in the contract to the login of each app that has one."""
    return {
        f"apps.{name}": logins.iam_user(app.service_account)
        for name, app in team.apps.items()
        if app.databases and app.service_account
    }
