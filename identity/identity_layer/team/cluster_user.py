"""The team's access to the cluster's API: whoever has an app there may reach it."""

from identity_layer import grants
from identity_layer.team.base import Base
from identity_layer.team_grants import TeamArgs, TeamGrants


def create(base: Base) -> TeamGrants:
    """The roles of the capability `cluster-user` for the team's group."""
    roles = base.project_roles(grants.CAPABILITIES["cluster-user"].roles)
    return TeamGrants(f"team-{base.team.name}", TeamArgs(base.settings.project, base.team.group, roles))
