"""The program of the stack with network, registry, cluster, and the cluster's set-up.

Only wiring: settings, the identity layer's contract, components, contracts.
"""

import pulumi

from platform_layer import contract, fit, infrastructure, upstream
from platform_layer.cluster import cluster_readers
from platform_layer.environment import STORAGE
from platform_layer.kit import producer
from platform_layer.kit.adoption import Adoption
from platform_layer.gateway import gateway
from platform_layer.namespaces import app_namespaces
from platform_layer.network import network_contract
from platform_layer.settings import Settings
from platform_layer.storage.storage_settings import StorageSettings


def declare() -> None:
    """Declares the stack."""
    stack = STORAGE.load(Settings, StorageSettings)
    identity = upstream.IDENTITY.read(stack.project)
    fit.check(stack, identity)
    adopted = Adoption("platform", stack.adopted)

    shared = infrastructure.create(stack, identity)
    cluster = shared.cluster
    namespaces = app_namespaces.create(stack, identity, cluster)
    readers = cluster_readers.create(identity, cluster)
    public = gateway.create(stack, identity, cluster)

    # Before the cluster: the datastores need the network alone.
    network = network_contract.build(stack, shared.network)
    producer.publish("platform", "network", stack.project, network, [shared.network])
    document = contract.build(stack, identity, contract.Promised(cluster, shared.registry.address, public))
    promised = [*shared.components, *namespaces, readers, *([public] if public else [])]
    producer.publish("platform", "platform", stack.project, document, promised)
    pulumi.export("contract", document)
    pulumi.export("contract-network", network)
    if shared.static_addresses:
        pulumi.export("staticAddresses", shared.static_addresses)
    if public:
        pulumi.export("dnsRecords", public.records)
    adopted.check()
