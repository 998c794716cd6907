"""The contracts between the other stacks: their secrets, and who writes and reads each."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from identity_layer import contract_secret
from identity_layer.ci_account import KINDS
from identity_layer.contract_secret import ContractSecret, ContractSecretArgs
from identity_layer.daily.base import Base
from identity_layer.kit.envelope import secret_id
from identity_layer.service_account import ServiceAccount
from identity_layer.settings import Settings


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
    """The secrets of the contracts by name. `accounts` are the teams' CI accounts by ID."""
    secrets: dict[str, ContractSecret] = {}
    for name, contract in contracts(base.settings).items():
        readers = [f"{owner}-{kind}" for owner in contract.consumers for kind in KINDS]
        roles = {
            **dict.fromkeys(readers, contract_secret.READER),
            f"{contract.producer}-deploy": contract_secret.PUBLISHER,
            f"{contract.producer}-preview": contract_secret.REVIEWER,
        }
        secrets[name] = ContractSecret(
            secret_id(name),
            ContractSecretArgs(
                project=base.settings.project,
                producer=contract.producer,
                grants={account_id: base.role(role) for account_id, role in roles.items()},
                after=[accounts[reader].account for reader in readers if reader in accounts],
            ),
        )
    return secrets
