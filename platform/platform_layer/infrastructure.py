"""Network, cluster and backups of an environment: everything that exists before the set-up inside the cluster.

Only wiring; databases are in storage/, namespaces in namespaces/: stacks of their own.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import pulumi

from platform_layer.cluster.backup import Backup, BackupArgs
from platform_layer.cluster.cluster import Cluster, ClusterArgs
from platform_layer.cluster.cluster_maintenance import Notices, NoticesArgs
from platform_layer.cluster.image_policy import ImagePolicy, ImagePolicyArgs, registry
from platform_layer.network.firewall import Firewall, FirewallArgs
from platform_layer.network.google_apis import GoogleApis, GoogleApisArgs
from platform_layer.network.nat import Nat, NatArgs
from platform_layer.network.network import Network, NetworkArgs
from platform_layer.settings import Settings
from platform_layer.upstream import IdentityContract

CLUSTER = "main"


@dataclass(frozen=True)
class Infrastructure:
    """The components that the rest of the layer builds on; `components` are all of them, to be waited for.

    `static_addresses` are the addresses, by name, that calls to the internet come from, for partners who list them.
    """

    network: Network
    cluster: Cluster
    static_addresses: Mapping[str, pulumi.Output[str]]
    components: tuple[pulumi.Resource, ...]


def create(settings: Settings, identity: IdentityContract) -> Infrastructure:
    """Declares them. The cluster comes after everything that its nodes need to start, and that guards them."""
    project, region = settings.project, settings.region
    network = Network("main", NetworkArgs(project, region, settings.network))
    firewall = Firewall("main", FirewallArgs(project, network, settings.network))
    apis = GoogleApis("private", GoogleApisArgs(project, network))
    nat = Nat("main", NatArgs(project, region, network, settings.network.static_addresses))
    images = ImagePolicy("images", ImagePolicyArgs(project, registry(project, region), [settings.database_proxy_image]))
    notices = Notices("cluster-notices", NoticesArgs(project, region))
    cluster = Cluster(
        CLUSTER,
        ClusterArgs(
            project=project,
            region=region,
            domain=identity.project.domain,
            node_service_account=identity.node_service_account,
            key=identity.keys.cluster,
            network=network,
            settings=settings.cluster,
            notices=notices.topic,
            after=(firewall, apis, nat, images),
        ),
    )
    backup = Backup("cluster", BackupArgs(project, region, cluster.cluster_id, identity.keys.backups))
    components = (network, firewall, apis, nat, images, notices, cluster, backup)
    return Infrastructure(network, cluster, nat.addresses, components)
