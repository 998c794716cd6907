"""A service account with its project roles and the principals that may impersonate it.

It owns no key, ever: callers impersonate, workloads use Workload Identity. Grants are additive members: an
authoritative binding would wipe what Google's own service agents need.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import pulumi
import pulumi_gcp as gcp

from identity_layer import names
from identity_layer.role import Role


@dataclass(frozen=True)
class AccountUser:
    """A principal that may use an account.

    Attributes:
        role: on the account ("roles/…").
        member: as in a policy.
        after: resources that must exist before the grant (another account, a federation, the cluster's identity pool).
    """

    role: str
    member: str
    after: Sequence[pulumi.Resource] = ()


@dataclass(frozen=True)
class ServiceAccountArgs:
    """Arguments of ServiceAccount.

    Attributes:
        project: the project's ID.
        account_id: 6 to 30 characters; the address follows from it.
        display_name: for people.
        description: its purpose, at most 256 bytes.
        after: resources that must exist before (the APIs).
        project_roles: its roles on the project.
        users: by a name for the grant.
    """

    project: str
    account_id: str
    display_name: str
    description: str
    after: Sequence[pulumi.Resource] = ()
    project_roles: Sequence[Role] = ()
    users: Mapping[str, AccountUser] = field(default_factory=dict[str, AccountUser])


class ServiceAccount(pulumi.ComponentResource):
    """The account and its grants; `name` is the account's ID."""

    def __init__(self, name: str, args: ServiceAccountArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("prodfirst:identity:ServiceAccount", name, None, opts)
        self.account_id = args.account_id
        self.email = names.account_email(args.project, args.account_id)
        self.member = names.account_member(args.project, args.account_id)
        self.account = gcp.serviceaccount.Account(
            name,
            project=args.project,
            account_id=args.account_id,
            display_name=args.display_name,
            description=args.description,
            opts=pulumi.ResourceOptions(parent=self, depends_on=list(args.after)),
        )
        for role in args.project_roles:
            gcp.projects.IAMMember(
                f"{name}-{role.name.rpartition('/')[2]}",
                project=args.project,
                role=role.name,
                member=self.member,
                opts=pulumi.ResourceOptions(parent=self, depends_on=[self.account, *role.after]),
            )
        for grant, user in args.users.items():
            gcp.serviceaccount.IAMMember(
                f"{name}-{grant}",
                service_account_id=names.account_path(args.project, args.account_id),
                role=user.role,
                member=user.member,
                opts=pulumi.ResourceOptions(parent=self, depends_on=[self.account, *user.after]),
            )
        self.register_outputs({"email": self.email})
