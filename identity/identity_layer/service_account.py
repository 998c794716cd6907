"""A service account with its project roles and the callers that may act as it.

It owns no key, ever: callers impersonate, workloads use Workload Identity. Grants are additive members: an
authoritative binding would wipe what Google's own service agents need.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
import pulumi_gcp as gcp

from identity_layer import names
from identity_layer.custom_roles import Role


@dataclass(frozen=True)
class ServiceAccountArgs:
    """Arguments of ServiceAccount.

    Attributes:
        project: the project's ID.
        account_id: 6 to 30 characters; the address follows from it.
        display_name: for people.
        description: what it is for, at most 256 bytes.
        after: what must exist before (the APIs).
        project_roles: by a key that names the grant.
        users: who may use this account: role on the account ("roles/…") to members.
        users_after: what must exist before `users` are granted (other accounts, the cluster's identity pool).
    """

    project: str
    account_id: str
    display_name: str
    description: str
    after: Sequence[pulumi.Resource]
    project_roles: Sequence[Role] = ()
    users: Sequence[tuple[str, str]] = ()
    users_after: Sequence[pulumi.Resource] = ()


class ServiceAccount(pulumi.ComponentResource):
    """The account and its grants; `name` is the account's ID."""

    def __init__(self, name: str, args: ServiceAccountArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("prodfirst:identity:ServiceAccount", name, None, opts)
        self.email = names.account_email(args.project, args.account_id)
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
                member=f"serviceAccount:{self.email}",
                opts=pulumi.ResourceOptions(parent=self, depends_on=[self.account, *role.after]),
            )
        for role_name, member in args.users:
            gcp.serviceaccount.IAMMember(
                f"{name}-{role_name.rpartition('.')[2]}-{member}",
                service_account_id=names.account_path(args.project, args.account_id),
                role=role_name,
                member=member,
                opts=pulumi.ResourceOptions(parent=self, depends_on=[self.account, *args.users_after]),
            )
        self.register_outputs({"email": self.email})
