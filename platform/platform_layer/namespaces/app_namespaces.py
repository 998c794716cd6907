"""What one stack sets up inside the cluster: for every app of the identity layer's contract a namespace with access to
it, who may look into the whole cluster, and the way in from outside.

Everything is a loop over a map: an order in the configuration never decides a name.
"""

from collections.abc import Iterator

import pulumi

from platform_layer.access import Access, AccessArgs, network_policy
from platform_layer.cluster import Cluster
from platform_layer.gateway import NAMESPACE, Gateway, GatewayArgs
from platform_layer.namespace import Namespace, NamespaceArgs
from platform_layer.readers import PLATFORM, SECURITY, Readers, ReadersArgs
from platform_layer.rules import Subject
from platform_layer.settings import Settings
from platform_layer.upstream import App, IdentityContract, Team


def problems(settings: Settings, identity: IdentityContract) -> Iterator[str]:
    """Where what is configured here does not fit what the identity layer promises."""
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


def namespaces(settings: Settings, identity: IdentityContract, cluster: Cluster) -> list[pulumi.Resource]:
    """For every app a namespace, and access to it for its team."""
    created: list[pulumi.Resource] = []
    for name, app in identity.apps.items():
        own = settings.namespace_of(name)
        namespace = Namespace(
            app.namespace,
            NamespaceArgs(
                team=app.team,
                owner=identity.teams[app.team].group,
                quota=own.quota_over(settings.namespace_quota),
                has_google_identity=app.service_account is not None,
                provider=cluster.provider,
                labels={"prodfirst/app": name},
                retire=own.retire,
            ),
        )
        created += [namespace, _access(name, app, identity.teams[app.team], namespace)]
    return created


def _access(name: str, app: App, team: Team, namespace: Namespace) -> Access:
    developers, viewers = [Subject("Group", team.group)], list[Subject]()
    if team.ci:
        developers.append(Subject("User", team.ci.deploy))
        viewers.append(Subject("User", team.ci.preview))
    return Access(
        f"{app.namespace}-access",
        AccessArgs(
            namespace=namespace,
            developers=tuple(developers),
            viewers=tuple(viewers),
            network_policy=network_policy(name),
            service_account=app.kubernetes_service_account,
        ),
    )


def readers(identity: IdentityContract, cluster: Cluster) -> Readers:
    """Who looks into the whole cluster: teams by their capabilities, and this layer's own preview identity."""

    def groups(capability: str) -> tuple[Subject, ...]:
        return tuple(
            Subject("Group", team.group)
            for _, team in sorted(identity.teams.items())
            if capability in team.capabilities
        )

    preview = Subject("User", identity.layers["platform"].preview)
    bound = {PLATFORM: (*groups(PLATFORM), preview), SECURITY: groups(SECURITY)}
    return Readers("readers", ReadersArgs(bound, cluster.provider))


def gateway(settings: Settings, identity: IdentityContract, cluster: Cluster) -> Gateway | None:
    """The way in from outside for the apps that are public; None where this stack has none."""
    if settings.gateway is None:
        return None
    public = {name: app.namespace for name, app in identity.apps.items() if settings.namespace_of(name).public}
    return Gateway(
        "public",
        GatewayArgs(
            project=settings.project,
            domain=settings.gateway.domain,
            apps=public,
            operator=Subject("User", identity.layers["platform"].deploy),
            provider=cluster.provider,
        ),
    )
