"""The program of the foundation: what binds identity-deploy, and is therefore changed by administrators only.

Only wiring: settings, components, contract.
"""

import pulumi

from identity_layer import contract_secret
from identity_layer.contract_secret import ContractSecret, ContractSecretArgs
from identity_layer.environment import FOUNDATION
from identity_layer.foundation import (
    data_keys,
    foundation,
    foundation_contract,
    grantor,
    guard_rails,
    layer_accounts,
    states,
)
from identity_layer.foundation.base import Base
from identity_layer.foundation.foundation_settings import FoundationSettings
from identity_layer.kit import producer
from identity_layer.kit.adoption import Adoption
from identity_layer.kit.envelope import secret_id
from identity_layer.settings import Settings

_CONTRACT = "foundation"


def declare() -> None:
    """Declares the stack."""
    stack = FOUNDATION.load(FoundationSettings, Settings)
    adopted = Adoption("identity", stack.adopted)

    base = foundation.base(stack, FOUNDATION.environment(pulumi.get_stack()))
    ci = layer_accounts.of_ci(base)
    nodes = layer_accounts.of_nodes(base, ci["platform-deploy"])
    keys = data_keys.create(base)
    stored = states.create(base)
    access = states.layer_access(stored, ci)
    grants = grantor.create(stored, ci["identity-deploy"])
    guards = guard_rails.create(base, ci)

    secret = _secret(base, [account.account for account in (ci["identity-preview"], ci["identity-deploy"])])
    made = [base.apis, base.roles, base.federation, base.builds, keys, stored.keys, *stored.stores.values(), secret]
    promised = [*made, *ci.values(), nodes, *access, grants, *guards]
    document = foundation_contract.build(stack).document()
    payload = producer.payload(document)
    producer.Publication(
        f"contract-{_CONTRACT}-version",
        producer.PublicationArgs("identity", secret.path, payload, promised),
        base.in_foundation(),
    )
    pulumi.export("contract", document)
    adopted.check()


def _secret(base: Base, readers: list[pulumi.Resource]) -> ContractSecret:
    """The contract's secret; those of the other contracts are daily work."""
    return ContractSecret(
        secret_id(_CONTRACT),
        ContractSecretArgs(
            project=base.settings.project,
            producer=_CONTRACT,
            grants={
                "identity-deploy": base.roles.role(contract_secret.READER),
                "identity-preview": base.roles.role(contract_secret.REVIEWER),
            },
            after=[*base.apis.enabled("secretmanager"), *readers],
        ),
        opts=base.in_foundation(),
    )
