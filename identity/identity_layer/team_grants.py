"""Roles of a team's group on the whole project."""

from collections.abc import Iterable
from dataclasses import dataclass

import pulumi
import pulumi_gcp as gcp

from identity_layer.role import Role


@dataclass(frozen=True)
class TeamArgs:
    """Arguments of TeamGrants.

    Attributes:
        project: the project's ID.
        group: the group's address.
        roles: without repetition.
    """

    project: str
    group: str
    roles: Iterable[Role]


class TeamGrants(pulumi.ComponentResource):
    """The roles of one group on the project."""

    def __init__(self, name: str, args: TeamArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("prodfirst:identity:TeamGrants", name, None, opts)
        for role in args.roles:
            gcp.projects.IAMMember(
                f"{name}-{role.name.rpartition('/')[2]}",
                project=args.project,
                role=role.name,
                member=f"group:{args.group}",
                opts=pulumi.ResourceOptions(parent=self, depends_on=list(role.after)),
            )
        self.register_outputs({})
