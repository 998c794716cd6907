"""Secrets that carry the contracts: the producer writes its secret, and only the contract's consumers read it.

This layer owns the secrets of all contracts, so that no producer can widen its own audience. A producer decides what is
in its contract.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pulumi
import pulumi_gcp as gcp

from identity_layer import names
from identity_layer.ci_account import KINDS
from identity_layer.role import Role

# Roles on a contract's secret, by their names in grants.py.
READER, REVIEWER, PUBLISHER = "roles/secretmanager.secretAccessor", "contractReviewer", "contractPublisher"


@dataclass(frozen=True)
class Contract:
    """Owners of the accounts that publish a contract, and of the accounts that read it."""

    producer: str
    consumers: Sequence[str]

    def roles(self) -> dict[str, str]:
        """The one role of each account on the contract's secret, by the account's ID."""
        readers = [f"{owner}-{kind}" for owner in self.consumers for kind in KINDS]
        return {
            **dict.fromkeys(readers, READER),
            f"{self.producer}-deploy": PUBLISHER,
            f"{self.producer}-preview": REVIEWER,
        }


@dataclass(frozen=True)
class ContractSecretArgs:
    """Arguments of ContractSecret.

    Attributes:
        project: the project's ID.
        producer: the owner of the accounts that write it.
        grants: account ID to the one role that it has on this secret.
        after: resources that must exist before (the API, the accounts).
    """

    project: str
    producer: str
    grants: Mapping[str, Role]
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
                opts=pulumi.ResourceOptions(parent=self, depends_on=[self.secret, *args.after, *role.after]),
            )
        self.register_outputs({"path": self.path})
