"""Breaking glass: a window of time in which one group, or people by name, may destroy what the deny policy protects.

Group and people are exempt from the deny policy at all times and hold no role; this grant gives them one, for hours,
with a reason, by a reviewed change. The window is written down in advance, so that the plan is the same at every
moment. A grant is effective within minutes, a new membership of a group within minutes or hours
(https://cloud.google.com/iam/docs/access-change-propagation): so people who are on call are named.
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
        member: the group or the person, as a member of a policy.
        role: granted to the member.
        grant: the window of time and the reason.
    """

    project: str
    member: str
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
            member=args.member,
            condition=gcp.projects.IAMMemberConditionArgs(
                title=f"Until {end}",
                description=args.grant.reason,
                expression=f'request.time >= timestamp("{start}") && request.time < timestamp("{end}")',
            ),
            opts=pulumi.ResourceOptions(parent=self, depends_on=list(args.role.after)),
        )
        self.register_outputs({})


def create(settings: Settings, group: str) -> list[BreakGlassGrant]:
    """The grants of the window of time in which somebody may destroy, when one is declared."""
    window = settings.break_glass
    if window is None:
        return []
    [role] = all_named(settings.project, grants.BREAK_GLASS.roles)
    members = {f"break-glass-{person.partition('@')[0]}": f"user:{person}" for person in window.people}
    return [
        BreakGlassGrant(name, BreakGlassGrantArgs(settings.project, member, role, window))
        for name, member in (members or {"break-glass": f"group:{group}"}).items()
    ]
