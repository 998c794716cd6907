"""The datastores of one stack, and whether it fits what the identity layer promises. Namespaces are in in_cluster.py.

Everything is a loop over a map: an order in the configuration never decides a name.
"""

from collections.abc import Iterator

from platform_layer import in_cluster
from platform_layer.datastore import LONGEST_LOGIN, Datastore, DatastoreArgs, iam_user
from platform_layer.network import Network
from platform_layer.settings import Settings
from platform_layer.upstream import ContractError, IdentityContract

# The capability of the identity layer whose holders GRANT inside the databases.
DATASTORE_ADMINISTRATOR = "datastore-admin"


def check(settings: Settings, identity: IdentityContract) -> None:
    """Compares what the identity layer promises with what this stack is configured to give.

    Raises:
        ContractError: they do not fit; the message lists every difference.
    """
    problems = [
        f"gcp:{key}: is {own!r} here, but {theirs!r} in the contract; the layers of an environment share one."
        for key, own, theirs in (
            ("project", settings.project, identity.project.id),
            ("region", settings.region, identity.project.region),
        )
        if own != theirs
    ]
    problems += _datastore_problems(settings, identity)
    problems += in_cluster.problems(settings, identity)
    if problems:
        listed = "\n".join(f"  - {problem}" for problem in problems)
        raise ContractError(f"This stack and the identity layer's contract do not fit; nothing was planned:\n{listed}")


def _datastore_problems(settings: Settings, identity: IdentityContract) -> Iterator[str]:
    for name, datastore in settings.datastores.items():
        if datastore.owner not in identity.teams:
            yield (
                f"platform:datastores.{name}.owner: {datastore.owner!r} is no team of the identity layer, so nobody "
                "would answer for the data; add it there, or correct it."
            )
    for name, app in identity.apps.items():
        for database in app.databases:
            if database not in settings.instance_of:
                yield (
                    f"platform:datastores: the app {name!r} asks for the database {database!r}, which no datastore "
                    "serves; add it to one, or take it from the app in the identity layer."
                )
        if app.databases and app.service_account is None:
            yield f"apps.{name}.serviceAccount: is missing, so the app cannot log into its databases."
    logins = {
        f"apps.{name}": iam_user(app.service_account)
        for name, app in identity.apps.items()
        if app.databases and app.service_account
    }
    for path, login in (logins | {f"teams.{name}": group for name, group in _administrators(identity).items()}).items():
        if len(login) > LONGEST_LOGIN:
            yield (
                f"{path}: its login {login!r} has more than the {LONGEST_LOGIN} characters that PostgreSQL takes, so "
                "nobody could log in as it; shorten the name."
            )


def _administrators(identity: IdentityContract) -> dict[str, str]:
    """Team to the address of its group, for every team that administers datastores."""
    return {name: team.group for name, team in identity.teams.items() if DATASTORE_ADMINISTRATOR in team.capabilities}


def datastores(settings: Settings, identity: IdentityContract, network: Network) -> dict[str, Datastore]:
    """The datastores by name, each with a login for every app that uses it, and for those who administer them."""
    return {
        name: Datastore(
            name,
            DatastoreArgs(
                project=settings.project,
                region=settings.region,
                settings=datastore,
                key=identity.keys.databases,
                apps={
                    app: entry.service_account
                    for app, entry in identity.apps.items()
                    if entry.service_account and set(entry.databases) & set(datastore.databases)
                },
                administrators=_administrators(identity),
                network=network,
            ),
        )
        for name, datastore in settings.datastores.items()
    }
