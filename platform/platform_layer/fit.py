"""Checks that the stack's settings fit the identity layer's contract, before anything is planned, all at once."""

from collections.abc import Iterator

import pulumi

from platform_layer.storage import datastores
from platform_layer.storage.datastore import LONGEST_LOGIN, iam_user
from platform_layer.namespaces.gateway import NAMESPACE
from platform_layer.settings import Settings
from platform_layer.upstream import IdentityContract


class FitError(pulumi.RunError):
    """Settings and contract do not fit; the message lists every difference."""


def check(settings: Settings, identity: IdentityContract) -> None:
    """Compares what the identity layer promises with what this stack is configured to provide.

    Raises:
        FitError: they do not fit.
    """
    problems = [*_place(settings, identity), *_datastores(settings, identity), *_namespaces(settings, identity)]
    if problems:
        listed = "\n".join(f"  - {problem}" for problem in problems)
        raise FitError(f"This stack and the identity layer's contract do not fit; nothing was planned:\n{listed}")


def _place(settings: Settings, identity: IdentityContract) -> Iterator[str]:
    for key, own, theirs in (
        ("project", settings.project, identity.project.id),
        ("region", settings.region, identity.project.region),
    ):
        if own != theirs:
            yield f"gcp:{key}: is {own!r} here, but {theirs!r} in the contract; the layers of an environment share one."


def _datastores(settings: Settings, identity: IdentityContract) -> Iterator[str]:
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


def _namespaces(settings: Settings, identity: IdentityContract) -> Iterator[str]:
    for name, app in identity.apps.items():
        team = identity.teams.get(app.team)
        if team is None or team.ci is None:
            yield f"apps.{name}.team: {app.team!r} has no group and CI accounts in the contract; see there."
        if app.namespace == NAMESPACE and settings.gateway:
            yield f"apps.{name}.namespace: {NAMESPACE!r} is the Gateway's own; give the app another name."
    if "platform" not in identity.layers:
        yield "layers.platform: has no CI accounts in the contract, so nobody could look into the cluster; see there."
    for name in settings.namespaces:
        if name not in identity.apps:
            yield f"platform:namespaces.{name}: is no app of the contract, so it would change nothing; correct it."
