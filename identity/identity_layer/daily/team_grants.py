"""A team's group and its capabilities in the whole project."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pulumi
import pulumi_gcp as gcp

from identity_layer.custom_roles import Role


@dataclass(frozen=True)
class TeamArgs:
    """Arguments of TeamGrants.

    Attributes:
        project: the project's ID.
        group: the group's address.
        roles: by their names in grants.py, without repetition.
        after: what must exist before (the APIs).
    """

    project: str
    group: str
    roles: Mapping[str, Role]
    after: Sequence[pulumi.Resource]


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
                opts=pulumi.ResourceOptions(parent=self, depends_on=[*args.after, *role.after]),
            )
        self.register_outputs({})
