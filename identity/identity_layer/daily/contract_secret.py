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
from identity_layer.foundation.custom_roles import Role
from identity_layer.kit.envelope import secret_id
from identity_layer.service_account import ServiceAccount

ACCESSOR = "roles/secretmanager.secretAccessor"


@dataclass(frozen=True)
class ContractSecretArgs:
    """Arguments of ContractSecret.

    Attributes:
        project: the project's ID.
        producer: the layer that writes it.
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
    """The secret `contract-<producer>`; `path` is its resource name once it exists."""

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


def create(base: Base, accounts: Mapping[str, ServiceAccount]) -> dict[str, ContractSecret]:
    """The secrets of the contracts by producer. `accounts` are all CI accounts by ID."""
    consumers = {
        "identity": ["platform-preview", "platform-deploy"],
        "platform": [account_id for account_id in accounts if account_id.startswith("apps-")],
    }
    secrets: dict[str, ContractSecret] = {}
    for producer, readers in consumers.items():
        roles = {
            **dict.fromkeys(readers, ACCESSOR),
            f"{producer}-deploy": "contractPublisher",
            f"{producer}-preview": "contractReviewer",
        }
        secrets[producer] = ContractSecret(
            secret_id(producer),
            ContractSecretArgs(
                project=base.settings.project,
                producer=producer,
                grants={account_id: base.roles.role(role) for account_id, role in roles.items()},
                accounts={account_id: account.account for account_id, account in accounts.items()},
                after=base.apis.enabled("secretmanager"),
            ),
        )
    return secrets
