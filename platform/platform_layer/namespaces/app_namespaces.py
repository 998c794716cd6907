"""For every app of the identity layer's contract a namespace, and access to it for the app's team.

Everything is a loop over a map: an order in the contract never decides a name.
"""

import pulumi

from platform_layer.cluster.cluster import Cluster
from platform_layer.namespaces.namespace import Namespace, NamespaceArgs
from platform_layer.namespaces.rbac import Subject
from platform_layer.namespaces.team_roles import Access, AccessArgs, network_policy
from platform_layer.settings import Settings
from platform_layer.upstream import App, IdentityContract, Team


def create(settings: Settings, identity: IdentityContract, cluster: Cluster) -> list[pulumi.Resource]:
    """The namespaces, and the access to each."""
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
