"""The secrets of the contracts that an environment has once, and who writes and reads each.

A team's contracts are in its stack (team/contracts.py). Who writes and reads is fixed: the accounts are the
foundation's.
"""

from collections.abc import Mapping

from identity_layer import contract_secret
from identity_layer.contract_secret import Contract, ContractSecret, ContractSecretArgs
from identity_layer.foundation.base import Base
from identity_layer.kit.envelope import secret_id
from identity_layer.service_account import ServiceAccount

FOUNDATION = "foundation"
# Contracts by name, but the foundation's own, which administrators write.
CONTRACTS = {
    "identity": Contract("identity", ["platform", "storage"]),
    "network": Contract("platform", ["storage"]),
    "platform": Contract("platform", ["namespaces"]),
    "storage": Contract("storage", ["namespaces"]),
}
# The foundation is previewed by identity-preview, which therefore compares the contract with the plan.
_OF_FOUNDATION = {
    "identity-deploy": contract_secret.READER,
    "identity-preview": contract_secret.REVIEWER,
    "team-deploy": contract_secret.READER,
    "team-preview": contract_secret.READER,
}


def own(base: Base, accounts: Mapping[str, ServiceAccount]) -> ContractSecret:
    """The secret of the foundation's contract. `accounts` are the CI accounts by ID."""
    arguments = _arguments(base, FOUNDATION, _OF_FOUNDATION, accounts)
    return ContractSecret(secret_id(FOUNDATION), arguments, opts=base.in_foundation())


def of_others(base: Base, accounts: Mapping[str, ServiceAccount]) -> list[ContractSecret]:
    """The secrets of CONTRACTS. `accounts` are the CI accounts by ID."""
    return [
        ContractSecret(secret_id(name), _arguments(base, contract.producer, contract.roles(), accounts))
        for name, contract in CONTRACTS.items()
    ]


def _arguments(
    base: Base, producer: str, roles: Mapping[str, str], accounts: Mapping[str, ServiceAccount]
) -> ContractSecretArgs:
    return ContractSecretArgs(
        project=base.settings.project,
        producer=producer,
        grants={account_id: base.roles.role(role) for account_id, role in roles.items()},
        after=[*base.apis.enabled("secretmanager"), *(accounts[account_id].account for account_id in roles)],
    )
