"""The platform layer: what all apps share in one Google Cloud project.

Only wiring: settings, the identity layer's contract, components, contract. The identity layer decides who may do what
in the project, and the apps decide what they run.
"""

import pulumi

from platform_layer import contract, fit, infrastructure, settings, upstream
from platform_layer.storage import datastores
from platform_layer.kit import producer
from platform_layer.kit.adoption import Adoption
from platform_layer.kit.envelope import secret_id
from platform_layer.namespaces import app_namespaces, cluster_readers, gateway


def main() -> None:
    """Declares the stack."""
    stack = settings.load()
    identity = upstream.IDENTITY.read(stack.project)
    fit.check(stack, identity)
    adopted = Adoption("platform", stack.adopted)

    shared = infrastructure.create(stack, identity)
    cluster = shared.cluster
    stores = datastores.create(stack, identity, shared.network)
    namespaces = app_namespaces.create(stack, identity, cluster)
    readers = cluster_readers.create(identity, cluster)
    public = gateway.create(stack, identity, cluster)

    document = contract.build(stack, identity, contract.Promised(cluster, stores, shared.registry.address, public))
    promised = [*shared.components, *stores.values(), *namespaces, readers, *([public] if public else [])]
    secret = f"projects/{stack.project}/secrets/{secret_id('platform')}"
    producer.Publication(
        "contract-platform-version",
        producer.PublicationArgs("platform", secret, document.apply(contract.payload), promised),
    )
    pulumi.export("contract", document)
    if shared.static_addresses:
        pulumi.export("staticAddresses", shared.static_addresses)
    if public:
        pulumi.export("dnsRecords", public.records)
    adopted.check()


main()
