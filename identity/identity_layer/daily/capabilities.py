"""Capabilities of teams: the roles of each team's group on the whole project."""

from identity_layer import grants
from identity_layer.role import all_named
from identity_layer.settings import Settings
from identity_layer.team_grants import TeamArgs, TeamGrants


def create(settings: Settings) -> list[TeamGrants]:
    """The grants of every team of the stack."""
    granted: list[TeamGrants] = []
    for name, team in settings.teams.items():
        roles = {role for capability in team.capabilities for role in grants.CAPABILITIES[capability].roles}
        arguments = TeamArgs(settings.project, team.group, all_named(settings.project, roles))
        granted.append(TeamGrants(f"team-{name}", arguments))
    return granted
