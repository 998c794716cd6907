"""Rights of identity-preview to read on the organisation, to find drift of the guard rails.

Google grants the rights to read deny and organisation policies on an organisation only. They are read-only, and reach
no project's resources.
"""

from dataclasses import dataclass

import pulumi
import pulumi_gcp as gcp

from identity_layer.service_account import ServiceAccount

ROLES: dict[str, str] = {
    "roles/iam.denyReviewer": "deny policies",
    "roles/orgpolicy.policyViewer": "organisation policies",
    "roles/iam.organizationRoleViewer": "these very grants: the smallest role that reads the organisation's policy",
}


@dataclass(frozen=True)
class OrganizationAccessArgs:
    """Arguments of OrganizationAccess.

    Attributes:
        organization: its number.
        reader: the account that reads.
    """

    organization: str
    reader: ServiceAccount


class OrganizationAccess(pulumi.ComponentResource):
    """The grants on the organisation."""

    def __init__(self, name: str, args: OrganizationAccessArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("prodfirst:identity:OrganizationAccess", name, None, opts)
        for role in ROLES:
            gcp.organizations.IAMMember(
                f"{name}-{role.rpartition('.')[2]}",
                org_id=args.organization,
                role=role,
                member=args.reader.member,
                opts=pulumi.ResourceOptions(parent=self, depends_on=[args.reader.account]),
            )
        self.register_outputs({})
