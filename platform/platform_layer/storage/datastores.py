"""The datastores of one stack, each with the logins of the teams that administer it.

Everything is a loop over a map: an order in the configuration never decides a name.
"""

from platform_layer.storage.datastore import Datastore, DatastoreArgs
from platform_layer.storage.storage_settings import StorageSettings
from platform_layer.storage.upstream import IdentityContract, NetworkContract

# The capability of the identity layer whose holders GRANT inside the databases.
DATASTORE_ADMINISTRATOR = "datastore-admin"


def administrators(identity: IdentityContract) -> dict[str, str]:
    """Team to the address of its group, for every team that administers datastores."""
    return {name: team.group for name, team in identity.teams.items() if DATASTORE_ADMINISTRATOR in team.capabilities}


def create(settings: StorageSettings, identity: IdentityContract, network: NetworkContract) -> dict[str, Datastore]:
    """The datastores by name."""
    return {
        name: Datastore(
            name,
            DatastoreArgs(
                project=settings.project,
                region=settings.region,
                settings=datastore,
                key=identity.keys.databases,
                administrators=administrators(identity),
                network=network,
            ),
        )
        for name, datastore in settings.datastores.items()
    }
