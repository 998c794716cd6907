"""The platform layer: what all apps share in one Google Cloud project.

Only wiring: settings, the identity layer's contract, components, contract. Who may do what in the project is the
identity layer's matter; what the apps run is theirs.
"""

import pulumi

from platform_layer import adoption, contract, in_cluster, infrastructure, layer, settings, upstream


def main() -> None:
    """Declares the stack."""
    stack = settings.load()
    identity = upstream.read(stack.project)
    layer.check(stack, identity)
    adopted = adoption.Adoption(stack.adopted)

    shared = infrastructure.create(stack, identity)
    cluster = shared.cluster
    datastores = layer.datastores(stack, identity, shared.network)
    namespaces = in_cluster.namespaces(stack, identity, cluster)
    readers = in_cluster.readers(identity, cluster)
    gateway = in_cluster.gateway(stack, identity, cluster)

    document = contract.build(stack, identity, contract.Promised(cluster, datastores, shared.registry.address, gateway))
    promised = [*shared.components, *datastores.values(), *namespaces, readers, *([gateway] if gateway else [])]
    contract.Publication("contract-platform-version", contract.PublicationArgs(stack.project, document, promised))
    pulumi.export("contract", document)
    if shared.static_addresses:
        pulumi.export("staticAddresses", shared.static_addresses)
    if gateway:
        pulumi.export("dnsRecords", gateway.records)
    adopted.check()


main()
