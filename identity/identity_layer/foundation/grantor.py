"""identity-deploy's right to grant: listed roles on the project, and access to the state of the apps.

The project's part is under conditions, one per list: a change of the policy is allowed when every role whose grants it
changes is on the list (https://cloud.google.com/iam/docs/setting-limits-on-granting-roles). Its own roles are on none.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import pulumi
import pulumi_gcp as gcp

from identity_layer import grants, names
from identity_layer.foundation.base import Base
from identity_layer.foundation.state_store import RING, StateStore
from identity_layer.foundation.states import States
from identity_layer.role import Role
from identity_layer.service_account import ServiceAccount


@dataclass(frozen=True)
class GrantorArgs:
    """Arguments of Grantor.

    Attributes:
        project: the project's ID.
        location: of the state's key.
        account: the one that grants.
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
        for holders, roles in args.grantable.items():
            gcp.projects.IAMMember(
                f"{name}-{holders}",
                project=args.project,
                role=args.role.name,
                member=args.account.member,
                condition=gcp.projects.IAMMemberConditionArgs(
                    title=f"Roles for {holders}",
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


def create(states: States, account: ServiceAccount) -> Grantor:
    """Rights of identity-deploy to grant."""
    base = states.base
    return Grantor(
        "grantor",
        GrantorArgs(
            project=base.settings.project,
            location=base.settings.region,
            account=account,
            role=base.roles.role("identityGrantor"),
            grantable={
                holders: base.project_roles(_grantable(base, roles)) for holders, roles in grants.GRANTABLE.items()
            },
            bucket_role=base.roles.role("stateGrantor"),
            key_role=base.roles.role("keyGrantor"),
            store=states.stores["apps"],
            key=states.keys.keys["apps"],
        ),
        opts=base.in_foundation(),
    )


def _grantable(base: Base, roles: frozenset[str]) -> frozenset[str]:
    # Without a deny policy nothing but this list keeps identity-deploy from breaking glass for itself.
    return roles if base.settings.organization else roles - grants.BREAK_GLASS.roles
