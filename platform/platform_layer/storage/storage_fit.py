"""Checks that the datastores' settings fit the contracts, before anything is planned, all at once."""

from collections.abc import Iterator

from platform_layer.kit import parts
from platform_layer.storage import datastores
from platform_layer.storage.datastore import LONGEST_LOGIN, iam_user
from platform_layer.storage.storage_settings import StorageSettings
from platform_layer.storage.upstream import IdentityContract, NetworkContract


def check(settings: StorageSettings, identity: IdentityContract, network: NetworkContract) -> None:
    """Compares what the contracts promise with what this stack is configured to provide.

    Raises:
        parts.FitError: they do not fit.
    """
    parts.require_fit(
        [
            *parts.misplaced(settings, identity.project, "identity"),
            *parts.misplaced(settings, network.project, "network"),
            *_owners(settings, identity),
            *_apps(settings, identity),
            *_long_logins(identity),
        ]
    )


def _owners(settings: StorageSettings, identity: IdentityContract) -> Iterator[str]:
    for name, datastore in settings.datastores.items():
        if datastore.owner not in identity.teams:
            yield (
                f"platform:datastores.{name}.owner: {datastore.owner!r} is no team of the identity layer, so nobody "
                "would answer for the data; add it there, or correct it."
            )


def _apps(settings: StorageSettings, identity: IdentityContract) -> Iterator[str]:
    for name, app in identity.apps.items():
        for database in app.databases:
            if database not in settings.instance_of:
                yield (
                    f"platform:datastores: the app {name!r} asks for the database {database!r}, which no datastore "
                    "serves; add it to one, or take it from the app in the identity layer."
                )
        if app.databases and app.service_account is None:
            yield f"apps.{name}.serviceAccount: is missing, so the app cannot log into its databases."


def _long_logins(identity: IdentityContract) -> Iterator[str]:
    for path, login in _logins(identity).items():
        if len(login) > LONGEST_LOGIN:
            yield (
                f"{path}: its login {login!r} has more than the {LONGEST_LOGIN} characters that PostgreSQL takes, so "
                "nobody could log in as it; shorten the name."
            )


def _logins(identity: IdentityContract) -> dict[str, str]:
    """Path in the contract to the login of an app or of a team that administers datastores."""
    apps = {
        f"apps.{name}": iam_user(app.service_account)
        for name, app in identity.apps.items()
        if app.databases and app.service_account
    }
    return apps | {f"teams.{name}": group for name, group in datastores.administrators(identity).items()}
