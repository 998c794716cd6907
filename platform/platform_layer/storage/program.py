"""The program of the stack with the datastores.

Only wiring: settings, the contracts of the identity layer and of the network, components, contract.
"""

import pulumi

from platform_layer import stacks
from platform_layer.kit import producer
from platform_layer.kit.adoption import Adoption
from platform_layer.storage import datastores, storage_contract, storage_fit, upstream
from platform_layer.storage.storage_settings import StorageSettings


def declare() -> None:
    """Declares the stack."""
    stack = stacks.load(StorageSettings)
    identity = upstream.IDENTITY.read(stack.project)
    network = upstream.NETWORK.read(stack.project)
    storage_fit.check(stack, identity, network)
    adopted = Adoption("platform", stack.adopted)

    stores = datastores.create(stack, identity, network)

    document = storage_contract.build(stack, stores)
    producer.publish("platform", "storage", stack.project, document, list(stores.values()))
    pulumi.export("contract", document)
    adopted.check()
