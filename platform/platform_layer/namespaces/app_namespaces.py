"""For every app of a team a namespace, and access to it for the team.

Everything is a loop over a map: an order in the contract never decides a name.
"""

import pulumi
import pulumi_kubernetes as k8s

from platform_layer.namespaces.namespace import PUBLIC, Namespace, NamespaceArgs
from platform_layer.namespaces.namespace_settings import Quota
from platform_layer.namespaces.rbac import Subject
from platform_layer.namespaces.team_roles import Access, AccessArgs, network_policy
from platform_layer.namespaces.team_settings import TeamSettings
from platform_layer.namespaces.upstream import App, Team, TeamContract


def create(settings: TeamSettings, team: TeamContract, quota: Quota, provider: k8s.Provider) -> list[pulumi.Resource]:
    """The namespaces, and the access to each.

    Args:
        settings: of the stack.
        team: the team's contract.
        quota: of a namespace that has no other.
        provider: of the cluster.
    """
    created: list[pulumi.Resource] = []
    for name, app in team.apps.items():
        own = settings.namespace_of(name)
        namespace = Namespace(
            app.namespace,
            NamespaceArgs(
                team=settings.team,
                owner=team.team.group,
                quota=own.quota_over(quota),
                has_google_identity=app.service_account is not None,
                provider=provider,
                labels={"prodfirst/app": name, **({PUBLIC: "true"} if own.public else {})},
                retire=own.retire,
            ),
        )
        created += [namespace, _access(name, app, team.team, namespace)]
    return created


def _access(name: str, app: App, team: Team, namespace: Namespace) -> Access:
    return Access(
        f"{app.namespace}-access",
        AccessArgs(
            namespace=namespace,
            developers=(Subject("Group", team.group), Subject("User", team.ci.deploy)),
            viewers=(Subject("User", team.ci.preview),),
            network_policy=network_policy(name),
            service_account=app.kubernetes_service_account,
        ),
    )
