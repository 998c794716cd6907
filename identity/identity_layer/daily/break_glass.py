"""Breaking glass: a window of time in which one group may destroy what the deny policy protects.

The group is exempt from the deny policy at all times and holds no role; this grant gives it one, for hours, with a
reason, by a reviewed change. The window is written down in advance, so that the plan is the same at every moment.
"""

from dataclasses import dataclass

import pulumi
import pulumi_gcp as gcp

from identity_layer import grants
from identity_layer.role import Role, all_named
from identity_layer.settings import EmergencyGrant, Settings


@dataclass(frozen=True)
class BreakGlassGrantArgs:
    """Arguments of BreakGlassGrant.

    Attributes:
        project: the project's ID.
        group: the group's address.
        role: granted to the group.
        grant: the window of time and the reason.
    """

    project: str
    group: str
    role: Role
    grant: EmergencyGrant


class BreakGlassGrant(pulumi.ComponentResource):
    """The grant, under a condition on the time of the request."""

    def __init__(self, name: str, args: BreakGlassGrantArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("prodfirst:identity:BreakGlassGrant", name, None, opts)
        start, end = (moment.strftime("%Y-%m-%dT%H:%M:%SZ") for moment in (args.grant.start, args.grant.end))
        gcp.projects.IAMMember(
            name,
            project=args.project,
            role=args.role.name,
            member=f"group:{args.group}",
            condition=gcp.projects.IAMMemberConditionArgs(
                title=f"Until {end}",
                description=args.grant.reason,
                expression=f'request.time >= timestamp("{start}") && request.time < timestamp("{end}")',
            ),
            opts=pulumi.ResourceOptions(parent=self, depends_on=list(args.role.after)),
        )
        self.register_outputs({})


def create(settings: Settings, group: str) -> list[BreakGlassGrant]:
    """The window of time in which the break-glass group may destroy, when one is declared."""
    if settings.break_glass is None:
        return []
    [role] = all_named(settings.project, grants.BREAK_GLASS.roles)
    arguments = BreakGlassGrantArgs(settings.project, group, role, settings.break_glass)
    return [BreakGlassGrant("break-glass", arguments)]
