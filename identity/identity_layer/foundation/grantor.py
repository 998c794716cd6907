"""Rights to grant of identity-deploy and team-deploy: listed roles on the project, and access to the state of the apps.

The project's part is under a condition with a list: a change of the policy is allowed when every role whose grants it
changes is on the list (https://cloud.google.com/iam/docs/setting-limits-on-granting-roles). Their own roles are not.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pulumi
import pulumi_gcp as gcp

from identity_layer import grants, names
from identity_layer.foundation.base import Base
from identity_layer.foundation.state_store import RING
from identity_layer.foundation.states import States
from identity_layer.role import Role
from identity_layer.service_account import ServiceAccount


@dataclass(frozen=True)
class GrantorArgs:
    """Arguments of Grantor.

    Attributes:
        project: the project's ID.
        account: the one that grants.
        role: that sets the project's policy.
        grantable: the roles on the list.
    """

    project: str
    account: ServiceAccount
    role: Role
    grantable: Sequence[Role]


class Grantor(pulumi.ComponentResource):
    """The right of one account to grant the roles of a list on the project."""

    def __init__(self, name: str, args: GrantorArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("prodfirst:identity:Grantor", name, None, opts)
        gcp.projects.IAMMember(
            name,
            project=args.project,
            role=args.role.name,
            member=args.account.member,
            condition=gcp.projects.IAMMemberConditionArgs(
                title=f"Roles that {args.account.account_id} may grant",
                description="Nothing but these roles may be granted or taken.",
                expression=_only([role.name for role in args.grantable]),
            ),
            opts=pulumi.ResourceOptions(parent=self, depends_on=[args.account.account, *args.role.after]),
        )
        self.register_outputs({})


def _only(roles: list[str]) -> str:
    listed = ", ".join(f'"{role}"' for role in roles)
    return f'api.getAttribute("iam.googleapis.com/modifiedGrantsByRole", []).hasOnly([{listed}])'


@dataclass(frozen=True)
class StateGrantorArgs:
    """Arguments of StateGrantor.

    Attributes:
        project: the project's ID.
        location: of the state's key.
        state: its name, which the bucket and the key have.
        account: the one that grants.
        bucket_role: that sets the policy of a bucket.
        key_role: that sets the policy of a key.
        after: the bucket and the key.
    """

    project: str
    location: str
    state: str
    account: ServiceAccount
    bucket_role: Role
    key_role: Role
    after: Sequence[pulumi.Resource]


class StateGrantor(pulumi.ComponentResource):
    """The right of one account to grant access to a state: to its bucket and its key."""

    def __init__(self, name: str, args: StateGrantorArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("prodfirst:identity:StateGrantor", name, None, opts)
        exists = [args.account.account, *args.after, *args.bucket_role.after, *args.key_role.after]
        options = pulumi.ResourceOptions(parent=self, depends_on=exists)
        gcp.storage.BucketIAMMember(
            name,
            bucket=names.state_bucket(args.project, args.state),
            role=args.bucket_role.name,
            member=args.account.member,
            opts=options,
        )
        gcp.kms.CryptoKeyIAMMember(
            name,
            crypto_key_id=names.key(args.project, args.location, RING, args.state),
            role=args.key_role.name,
            member=args.account.member,
            opts=options,
        )
        self.register_outputs({})


def create(states: States, accounts: Mapping[str, ServiceAccount]) -> list[pulumi.Resource]:
    """Rights to grant; `accounts` are the CI accounts by ID."""
    base = states.base
    granted: list[pulumi.Resource] = [
        Grantor(
            f"grantor-{account_id}",
            GrantorArgs(
                project=base.settings.project,
                account=accounts[account_id],
                role=base.roles.role("identityGrantor"),
                grantable=base.project_roles(_grantable(base, roles)),
            ),
            opts=base.in_foundation(),
        )
        for account_id, roles in grants.GRANTABLE.items()
    ]
    apps = StateGrantorArgs(
        project=base.settings.project,
        location=base.settings.region,
        state="apps",
        account=accounts["team-deploy"],
        bucket_role=base.roles.role("stateGrantor"),
        key_role=base.roles.role("keyGrantor"),
        after=[states.stores["apps"].bucket, states.keys.keys["apps"]],
    )
    return [*granted, StateGrantor("grantor-team-deploy-state", apps, opts=base.in_foundation())]


def _grantable(base: Base, roles: frozenset[str]) -> frozenset[str]:
    # Without a deny policy nothing but this list keeps identity-deploy from breaking glass for itself.
    return roles if base.settings.organization else roles - grants.BREAK_GLASS.roles
