"""Checks that the datastores' settings fit the contracts, before anything is planned, all at once."""

from collections.abc import Iterator

from platform_layer.kit import logins, parts
from platform_layer.storage import datastores
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
            *logins.too_long(_logins(identity)),
        ]
    )


def _owners(settings: StorageSettings, identity: IdentityContract) -> Iterator[str]:
    for name, datastore in settings.datastores.items():
        if datastore.owner not in identity.teams:
            yield (
                f"platform:datastores.{name}.owner: {datastore.owner!r} is no team of the identity layer, so nobody "
                "would answer for the data; add it there, or correct it."
            )


def _logins(identity: IdentityContract) -> dict[str, str]:
    """Path in the contract to the login of each team that administers datastores."""
    return {f"teams.{name}": group for name, group in datastores.administrators(identity).items()}
