"""The program of the foundation: what binds the accounts of CI, and is therefore changed by administrators only.

Only wiring: settings, components, contract.
"""

import pulumi

from identity_layer import stacks
from identity_layer.foundation import (
    contracts,
    data_keys,
    foundation,
    foundation_contract,
    grantor,
    guard_rails,
    layer_accounts,
    states,
)
from identity_layer.foundation.foundation_settings import FoundationSettings
from identity_layer.kit import producer
from identity_layer.kit.adoption import Adoption


def declare() -> None:
    """Declares the stack."""
    stack = stacks.load(FoundationSettings)
    adopted = Adoption("identity", stack.adopted)

    base = foundation.base(stack, stacks.FOUNDATION.environment(pulumi.get_stack()))
    ci = layer_accounts.of_ci(base)
    nodes = layer_accounts.of_nodes(base, ci["platform-deploy"])
    keys = data_keys.create(base)
    stored = states.create(base)
    access = states.layer_access(stored, ci)
    grants = grantor.create(stored, ci)
    guards = guard_rails.create(base, ci)

    secret, others = contracts.own(base, ci), contracts.of_others(base, ci)
    made = [base.apis, base.roles, base.federation, base.builds, keys, stored.keys, *stored.stores.values(), secret]
    promised = [*made, *others, *ci.values(), nodes, *access, *grants, *guards]
    document = foundation_contract.build(stack).document()
    payload = producer.payload(document)
    producer.Publication(
        "contract-foundation-version",
        producer.PublicationArgs("identity", secret.path, payload, promised),
        base.in_foundation(),
    )
    pulumi.export("contract", document)
    adopted.check()
