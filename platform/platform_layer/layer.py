"""The databases of one stack, and whether it fits what the identity layer promises. Namespaces are in in_cluster.py.

Everything is a loop over a map: an order in the configuration never decides a name.
"""

from platform_layer import in_cluster
from platform_layer.database import Database, DatabaseArgs
from platform_layer.network import Network
from platform_layer.settings import Settings
from platform_layer.upstream import ContractError, IdentityContract


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
    for name, app in identity.apps.items():
        problems += [
            f"platform:databaseInstances: the app {name!r} asks for the database {database!r}, which no instance has; "
            "add it to one, or take it from the app in the identity layer."
            for database in app.databases
            if database not in settings.instance_of
        ]
        if app.databases and app.service_account is None:
            problems.append(f"apps.{name}.serviceAccount: is missing, so the app cannot log into its databases.")
    problems += in_cluster.problems(settings, identity)
    if problems:
        listed = "\n".join(f"  - {problem}" for problem in problems)
        raise ContractError(f"This stack and the identity layer's contract do not fit; nothing was planned:\n{listed}")


def databases(settings: Settings, identity: IdentityContract, network: Network) -> dict[str, Database]:
    """The database instances by name, each with a user for every app that uses it."""
    return {
        name: Database(
            name,
            DatabaseArgs(
                project=settings.project,
                region=settings.region,
                instance=instance,
                users={
                    app: entry.service_account
                    for app, entry in identity.apps.items()
                    if entry.service_account and set(entry.databases) & set(instance.databases)
                },
                network=network,
            ),
        )
        for name, instance in settings.database_instances.items()
    }
