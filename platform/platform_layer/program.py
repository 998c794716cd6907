"""The program of the stack with network, cluster, and what all teams share inside the cluster.

Only wiring: settings, the identity layer's contract, components, contracts.
"""

import pulumi

from platform_layer import contract, fit, infrastructure, stacks, upstream
from platform_layer.cluster import cluster_readers, cluster_versions
from platform_layer.gateway import gateway
from platform_layer.kit import producer
from platform_layer.kit.adoption import Adoption
from platform_layer.network import network_contract
from platform_layer.settings import Settings


def declare() -> None:
    """Declares the stack."""
    stack = stacks.load(Settings)
    identity = upstream.IDENTITY.read(stack.project)
    fit.check(stack, identity)
    cluster_versions.require_offered(stack)
    adopted = Adoption("platform", stack.adopted)

    shared = infrastructure.create(stack, identity)
    readers = cluster_readers.create(identity, shared.cluster)
    public = gateway.create(stack, identity, shared.cluster)

    # Before the cluster: the datastores need the network alone.
    network = network_contract.build(stack, shared.network)
    producer.publish("platform", "network", stack.project, network, [shared.network])
    document = contract.build(stack, identity, shared.cluster, public)
    promised = [*shared.components, readers, *([public] if public else [])]
    producer.publish("platform", "platform", stack.project, document, promised)
    pulumi.export("contract", document)
    pulumi.export("contract-network", network)
    if shared.static_addresses:
        pulumi.export("staticAddresses", shared.static_addresses)
    if public:
        pulumi.export("dnsRecords", public.records)
    adopted.check()
