"""identity-deploy's right to grant: listed roles on the project, and access to the state of the apps.

The project's part is under conditions, one per list: a change of the policy is allowed when every role whose grants it
changes is on the list (https://cloud.google.com/iam/docs/setting-limits-on-granting-roles). Its own roles are on none.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import pulumi
import pulumi_gcp as gcp

from identity_layer import names
from identity_layer.custom_roles import Role
from identity_layer.service_account import ServiceAccount
from identity_layer.state_store import RING, StateStore


@dataclass(frozen=True)
class GrantorArgs:
    """Arguments of Grantor.

    Attributes:
        project: the project's ID.
        location: of the state's key.
        account: who grants.
        role: that sets the project's policy.
        grantable: by a name for the list, the roles that may be granted.
        bucket_role: that sets the policy of a bucket.
        key_role: that sets the policy of a key.
        store: the bucket with the state of the apps.
        key: the key of that state.
    """

    project: str
    location: str
    account: ServiceAccount
    role: Role
    grantable: Mapping[str, list[Role]]
    bucket_role: Role
    key_role: Role
    store: StateStore
    key: pulumi.Resource


class Grantor(pulumi.ComponentResource):
    """The grants to the account that grants."""

    def __init__(self, name: str, args: GrantorArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("prodfirst:identity:Grantor", name, None, opts)
        for who, roles in args.grantable.items():
            gcp.projects.IAMMember(
                f"{name}-{who}",
                project=args.project,
                role=args.role.name,
                member=args.account.member,
                condition=gcp.projects.IAMMemberConditionArgs(
                    title=f"Roles for {who}",
                    description="Nothing but these roles may be granted or taken.",
                    expression=_only([role.name for role in roles]),
                ),
                opts=self._after(args.account.account, *args.role.after),
            )
        gcp.storage.BucketIAMMember(
            f"{name}-apps",
            bucket=names.state_bucket(args.project, "apps"),
            role=args.bucket_role.name,
            member=args.account.member,
            opts=self._after(args.account.account, args.store.bucket, *args.bucket_role.after),
        )
        gcp.kms.CryptoKeyIAMMember(
            f"{name}-apps",
            crypto_key_id=names.key(args.project, args.location, RING, "apps"),
            role=args.key_role.name,
            member=args.account.member,
            opts=self._after(args.account.account, args.key, *args.key_role.after),
        )
        self.register_outputs({})

    def _after(self, *resources: pulumi.Resource) -> pulumi.ResourceOptions:
        return pulumi.ResourceOptions(parent=self, depends_on=list(resources))


def _only(roles: list[str]) -> str:
    listed = ", ".join(f'"{role}"' for role in roles)
    return f'api.getAttribute("iam.googleapis.com/modifiedGrantsByRole", []).hasOnly([{listed}])'
