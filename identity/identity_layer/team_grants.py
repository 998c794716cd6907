"""Capabilities of teams: the roles of each team's group on the whole project."""

from collections.abc import Mapping
from dataclasses import dataclass

import pulumi
import pulumi_gcp as gcp

from identity_layer import grants
from identity_layer.daily.base import Base
from identity_layer.role import Role


@dataclass(frozen=True)
class TeamArgs:
    """Arguments of TeamGrants.

    Attributes:
        project: the project's ID.
        group: the group's address.
        roles: by their names in grants.py, without repetition.
    """

    project: str
    group: str
    roles: Mapping[str, Role]


class TeamGrants(pulumi.ComponentResource):
    """The roles of one group on the project."""

    def __init__(self, name: str, args: TeamArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("prodfirst:identity:TeamGrants", name, None, opts)
        for role_name, role in sorted(args.roles.items()):
            gcp.projects.IAMMember(
                f"{name}-{role_name.rpartition('/')[2]}",
                project=args.project,
                role=role.name,
                member=f"group:{args.group}",
                opts=pulumi.ResourceOptions(parent=self, depends_on=list(role.after)),
            )
        self.register_outputs({})


def create(base: Base) -> dict[str, TeamGrants]:
    """The project-wide grants of every team, by the team's name."""
    granted: dict[str, TeamGrants] = {}
    for name, team in base.settings.teams.items():
        roles = {role for capability in team.capabilities for role in grants.CAPABILITIES[capability].roles}
        granted[name] = TeamGrants(
            f"team-{name}",
            TeamArgs(
                project=base.settings.project,
                group=team.group,
                roles={role: base.role(role) for role in roles},
            ),
        )
    return granted
