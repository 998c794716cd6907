"""The project's custom roles: the gaps between the predefined ones, which are too wide for what this design promises.

Each names its permissions one by one: identity_roles.py and platform_roles.py hold them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pulumi
import pulumi_gcp as gcp

from identity_layer.foundation.identity_roles import IDENTITY_ROLES
from identity_layer.foundation.platform_roles import PLATFORM_ROLES
from identity_layer.foundation.role_definition import RoleDefinition
from identity_layer.role import Role, named

ROLES: dict[str, RoleDefinition] = {**IDENTITY_ROLES, **PLATFORM_ROLES}


@dataclass(frozen=True)
class CustomRolesArgs:
    """Arguments of CustomRoles.

    Attributes:
        project: the project's ID.
        after: resources that must exist before (the APIs).
    """

    project: str
    after: Sequence[pulumi.Resource]


class CustomRoles(pulumi.ComponentResource):
    """All of ROLES in one project."""

    def __init__(self, name: str, args: CustomRolesArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("prodfirst:identity:CustomRoles", name, None, opts)
        self._project = args.project
        self._roles: Mapping[str, pulumi.Resource] = {
            role_id: gcp.projects.IAMCustomRole(
                f"{name}-{role_id}",
                project=args.project,
                role_id=role_id,
                title=definition.title,
                description=definition.purpose,
                permissions=sorted(definition.permissions),
                stage="GA",
                opts=pulumi.ResourceOptions(parent=self, depends_on=list(args.after)),
            )
            for role_id, definition in ROLES.items()
        }
        self.register_outputs({})

    def role(self, name: str) -> Role:
        """The role of a name as in grants.py: a key of ROLES, or a predefined role."""
        return named(self._project, name, *([self._roles[name]] if name in self._roles else ()))
