"""The platform layer: what all apps share in one Google Cloud project.

Only wiring: settings, the identity layer's contract, components, contract. Who may do what in the project is the
identity layer's matter; what the apps run is theirs.
"""

import pulumi

from platform_layer import contract, in_cluster, layer, settings, upstream
from platform_layer.cluster import Cluster, ClusterArgs
from platform_layer.network import Network, NetworkArgs


def main() -> None:
    """Declares the stack."""
    stack = settings.load()
    identity = upstream.read(stack.project)
    layer.check(stack, identity)

    network = Network("main", NetworkArgs(stack.project, stack.region, stack.network))
    cluster = Cluster(
        "main",
        ClusterArgs(
            project=stack.project,
            region=stack.region,
            domain=identity.project.domain,
            node_service_account=identity.node_service_account,
            network=network,
        ),
    )
    databases = layer.databases(stack, identity, network)
    namespaces = in_cluster.namespaces(stack, identity, cluster)
    readers = in_cluster.readers(identity, cluster)
    gateway = in_cluster.gateway(stack, identity, cluster)
    registry = f"{stack.region}-docker.pkg.dev/{stack.project}/apps"

    document = contract.build(stack, identity, contract.Promised(cluster, databases, registry, gateway))
    promised = [network, cluster, *databases.values(), *namespaces, readers, *([gateway] if gateway else [])]
    contract.Publication("contract-platform-version", contract.PublicationArgs(stack.project, document, promised))
    pulumi.export("contract", document)
    if gateway:
        pulumi.export("dnsRecords", gateway.records)


main()
