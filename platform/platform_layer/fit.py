"""Checks that the stack's settings fit the identity layer's contract, before anything is planned, all at once."""

from collections.abc import Iterator

from platform_layer.kit import parts
from platform_layer.gateway.gateway import NAMESPACE
from platform_layer.settings import Settings
from platform_layer.upstream import IdentityContract


def check(settings: Settings, identity: IdentityContract) -> None:
    """Compares what the identity layer promises with what this stack is configured to provide.

    Raises:
        parts.FitError: they do not fit.
    """
    misplaced = parts.misplaced(settings, identity.project, "identity")
    parts.require_fit([*misplaced, *_namespaces(settings, identity)])


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
