"""Rights of identity-preview to read on the organisation, to find drift of the guard rails.

Google grants the rights to read deny and organisation policies on an organisation only. They are read-only. A role is
inherited by every project of the organisation, so the one that reads the organisation's policy is a custom role: the
predefined ones with that permission (roles/iam.organizationRoleViewer is the smallest) list all projects and read
their policies too, and whoever can push a branch here acts as a preview identity.
"""

from dataclasses import dataclass

import pulumi
import pulumi_gcp as gcp

from identity_layer import names
from identity_layer.foundation.role_definition import RoleDefinition
from identity_layer.role import Role
from identity_layer.service_account import ServiceAccount

PREDEFINED: dict[str, str] = {
    "roles/iam.denyReviewer": "deny policies",
    "roles/orgpolicy.policyViewer": "organisation policies",
}
READER_ID = "organizationPolicyReader"
READER = RoleDefinition(
    "Reader of the organisation's policy",
    "Reads who holds roles on the organisation itself, and the definition of this role. Of projects it lists none, "
    "and reads no policy.",
    frozenset({"iam.roles.get", "resourcemanager.organizations.getIamPolicy"}),
)


@dataclass(frozen=True)
class OrganizationAccessArgs:
    """Arguments of OrganizationAccess.

    Attributes:
        organization: its number.
        project: the project's ID; the organisation has one role for each project with this layer.
        reader: the account that reads.
    """

    organization: str
    project: str
    reader: ServiceAccount


class OrganizationAccess(pulumi.ComponentResource):
    """The grants on the organisation, and their custom role."""

    def __init__(self, name: str, args: OrganizationAccessArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("prodfirst:identity:OrganizationAccess", name, None, opts)
        role_id = names.organization_role(READER_ID, args.project)
        reader = gcp.organizations.IAMCustomRole(
            f"{name}-{READER_ID}",
            org_id=args.organization,
            role_id=role_id,
            title=f"{READER.title} for {args.project}",
            description=READER.purpose,
            permissions=sorted(READER.permissions),
            stage="GA",
            opts=pulumi.ResourceOptions(parent=self),
        )
        roles = {role.rpartition(".")[2]: Role(role) for role in PREDEFINED}
        roles["policyReader"] = Role(f"organizations/{args.organization}/roles/{role_id}", (reader,))
        for short, role in roles.items():
            gcp.organizations.IAMMember(
                f"{name}-{short}",
                org_id=args.organization,
                role=role.name,
                member=args.reader.member,
                opts=pulumi.ResourceOptions(parent=self, depends_on=[args.reader.account, *role.after]),
            )
        self.register_outputs({})
