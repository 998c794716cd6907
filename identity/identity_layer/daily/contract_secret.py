"""The Secret Manager secret that carries one layer's contract, and who may write and read it.

This layer owns the secrets of all contracts, so that no producer can widen its own audience. What is in a contract is
its producer's matter; this layer's own is in contract.py.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pulumi
import pulumi_gcp as gcp

from identity_layer import names
from identity_layer.custom_roles import Role


@dataclass(frozen=True)
class ContractSecretArgs:
    """Arguments of ContractSecret.

    Attributes:
        project: the project's ID.
        producer: the layer that writes it.
        grants: account ID to the one role that it has on this secret.
        accounts: account ID to the account, which must exist before its grant.
        after: what must exist before (the APIs).
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
