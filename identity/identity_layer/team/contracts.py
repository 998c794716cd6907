"""The secrets of a team's contracts, and who writes and reads each.

The secrets of the contracts that an environment has one of are in the foundation.
"""

from collections.abc import Mapping

from identity_layer.contract_secret import Contract, ContractSecret, ContractSecretArgs
from identity_layer.kit.envelope import secret_id
from identity_layer.service_account import ServiceAccount
from identity_layer.team.base import Base


def contracts(apps_owner: str) -> dict[str, Contract]:
    """A team's contracts by name; `apps_owner` is the owner of the CI accounts of its apps."""
    return {
        "team": Contract("team", ["namespaces"]),
        "namespaces": Contract("namespaces", [apps_owner]),
    }


def create(base: Base, accounts: Mapping[str, ServiceAccount]) -> list[ContractSecret]:
    """The secrets of the team's contracts. `accounts` are the CI accounts of its apps by kind."""
    made: list[ContractSecret] = []
    for name, contract in contracts(base.apps_owner).items():
        arguments = ContractSecretArgs(
            project=base.settings.project,
            producer=contract.producer,
            grants={account_id: base.role(role) for account_id, role in contract.roles().items()},
            after=[account.account for account in accounts.values()] if base.apps_owner in contract.consumers else [],
        )
        made.append(ContractSecret(secret_id(name, base.team.name), arguments))
    return made
