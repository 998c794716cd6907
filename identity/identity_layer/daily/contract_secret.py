"""Secrets that carry the contracts: the producer writes its secret, and only the contract's consumers read it.

This layer owns the secrets of all contracts, so that no producer can widen its own audience. A producer decides what is
in its contract; this layer's own is in contract.py.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pulumi
import pulumi_gcp as gcp

from identity_layer import names
from identity_layer.base import Base
from identity_layer.ci_account import KINDS
from identity_layer.foundation.custom_roles import Role
from identity_layer.kit.envelope import secret_id
from identity_layer.service_account import ServiceAccount
from identity_layer.settings import Settings

ACCESSOR = "roles/secretmanager.secretAccessor"


@dataclass(frozen=True)
class ContractSecretArgs:
    """Arguments of ContractSecret.

    Attributes:
        project: the project's ID.
        producer: the owner of the accounts that write it.
        grants: account ID to the one role that it has on this secret.
        accounts: account ID to the account, which must exist before its grant.
        after: resources that must exist before (the APIs).
    """

    project: str
    producer: str
    grants: Mapping[str, Role]
    accounts: Mapping[str, pulumi.Resource]
    after: Sequence[pulumi.Resource]


class ContractSecret(pulumi.ComponentResource):
    """The secret `contract-<name>`; `path` is its resource name once it exists."""

    def __init__(self, name: str, args: ContractSecretArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("prodfirst:identity:ContractSecret", name, None, opts)
        self.secret = gcp.secretmanager.Secret(
            name,
            project=args.project,
            secret_id=name,
            replication=gcp.secretmanager.SecretReplicationArgs(auto=gcp.secretmanager.SecretReplicationAutoArgs()),
            labels={"layer": "identity", "producer": args.producer},
            deletion_protection=True,
            # Without it every layer above stops: its next preview finds no contract.
            opts=pulumi.ResourceOptions(parent=self, depends_on=list(args.after), protect=True),
        )
        self.path = self.secret.id
        for account_id, role in sorted(args.grants.items()):
            gcp.secretmanager.SecretIamMember(
                f"{name}-{account_id}",
                project=args.project,
                secret_id=name,
                role=role.name,
                member=names.account_member(args.project, account_id),
                opts=pulumi.ResourceOptions(
                    parent=self, depends_on=[self.secret, args.accounts[account_id], *role.after]
                ),
            )
        self.register_outputs({"path": self.path})


@dataclass(frozen=True)
class Contract:
    """Owners of the accounts that publish a contract, and of those that read it."""

    producer: str
    consumers: Sequence[str]


def contracts(settings: Settings) -> dict[str, Contract]:
    """The contracts by name; a team reads about databases only if an app of it has one."""
    teams = [f"apps-{team}" for team in settings.app_teams]
    with_databases = [f"apps-{team}" for team in sorted({app.team for app in settings.apps.values() if app.databases})]
    return {
        "identity": Contract("identity", ("platform", "storage")),
        "network": Contract("platform", ("storage",)),
        "platform": Contract("platform", teams),
        "storage": Contract("storage", with_databases),
    }


def create(base: Base, accounts: Mapping[str, ServiceAccount]) -> dict[str, ContractSecret]:
    """The secrets of the contracts by name. `accounts` are all CI accounts by ID."""
    secrets: dict[str, ContractSecret] = {}
    for name, contract in contracts(base.settings).items():
        readers = [f"{owner}-{kind}" for owner in contract.consumers for kind in KINDS]
        roles = {
            **dict.fromkeys(readers, ACCESSOR),
            f"{contract.producer}-deploy": "contractPublisher",
            f"{contract.producer}-preview": "contractReviewer",
        }
        secrets[name] = ContractSecret(
            secret_id(name),
            ContractSecretArgs(
                project=base.settings.project,
                producer=contract.producer,
                grants={account_id: base.roles.role(role) for account_id, role in roles.items()},
                accounts={account_id: account.account for account_id, account in accounts.items()},
                after=base.apis.enabled("secretmanager"),
            ),
        )
    return secrets
