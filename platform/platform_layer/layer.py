"""Databases and namespaces of one stack: what the apps of the identity layer's contract need here.

Everything is a loop over a map: an order in the configuration never decides a name.
"""

import pulumi

from platform_layer.access import Access, AccessArgs, Subject
from platform_layer.cluster import Cluster
from platform_layer.database import Database, DatabaseArgs
from platform_layer.namespace import Namespace, NamespaceArgs
from platform_layer.network import Network
from platform_layer.settings import Settings
from platform_layer.upstream import App, ContractError, IdentityContract, Team


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
        team = identity.teams.get(app.team)
        if team is None or team.ci is None:
            problems.append(f"apps.{name}.team: {app.team!r} has no group and CI accounts in the contract; see there.")
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
                    if set(entry.databases) & set(instance.databases)
                },
                network=network,
            ),
        )
        for name, instance in settings.database_instances.items()
    }


def namespaces(settings: Settings, identity: IdentityContract, cluster: Cluster) -> list[pulumi.Resource]:
    """For every app a namespace, and access to it for its team."""
    created: list[pulumi.Resource] = []
    for name, app in identity.apps.items():
        namespace = Namespace(
            app.namespace,
            NamespaceArgs(app=name, team=app.team, quota=settings.namespace_quota, provider=cluster.provider),
        )
        created += [namespace, _access(app, identity.teams[app.team], namespace, cluster)]
    return created


def _access(app: App, team: Team, namespace: Namespace, cluster: Cluster) -> Access:
    developers, viewers = [Subject("Group", team.group)], list[Subject]()
    if team.ci:
        developers.append(Subject("User", team.ci.deploy))
        viewers.append(Subject("User", team.ci.preview))
    return Access(
        f"{app.namespace}-access",
        AccessArgs(
            namespace=namespace,
            namespace_name=app.namespace,
            developers=tuple(developers),
            viewers=tuple(viewers),
            provider=cluster.provider,
        ),
    )
