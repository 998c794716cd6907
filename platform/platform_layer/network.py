"""The project's network: one subnetwork with ranges for nodes, pods and services, and private access to databases.

It owns no firewall rule: within the cluster, network policies decide; from outside, nothing has a public address.
"""

from dataclasses import dataclass
from ipaddress import IPv4Network

import pulumi
import pulumi_gcp as gcp

from platform_layer.cluster_settings import AddressRanges

POD_RANGE = "pods"
SERVICE_RANGE = "services"


@dataclass(frozen=True)
class NetworkArgs:
    """Arguments of Network.

    Attributes:
        project: the project's ID.
        region: the subnetwork's region.
        ranges: disjoint private ranges.
    """

    project: str
    region: str
    ranges: AddressRanges


class Network(pulumi.ComponentResource):
    """The network. `network_id` and `subnetwork_id` are resource names, `database_range` is an address range's name."""

    def __init__(self, name: str, args: NetworkArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("prodfirst:platform:Network", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        self._network = gcp.compute.Network(
            name,
            name=name,
            project=args.project,
            description="Shared network of the platform",
            auto_create_subnetworks=False,
            routing_mode="REGIONAL",
            opts=child,
        )
        self._subnetwork = self._create_subnetwork(name, args)
        databases = IPv4Network(args.ranges.databases)
        reserved = gcp.compute.GlobalAddress(
            f"{name}-databases",
            name=f"{name}-databases",
            project=args.project,
            network=self._network.id,
            purpose="VPC_PEERING",
            address_type="INTERNAL",
            address=str(databases.network_address),
            prefix_length=databases.prefixlen,
            opts=child,
        )
        self.private_services = gcp.servicenetworking.Connection(
            f"{name}-private-services",
            network=self._network.id,
            service="servicenetworking.googleapis.com",
            reserved_peering_ranges=[reserved.name],
            # Removing the peering cuts every database off; Google refuses it while one uses it, and leaves a half-
            # removed state.
            deletion_policy="ABANDON",
            opts=child,
        )
        self.network_id = self._network.id
        self.subnetwork_id = self._subnetwork.id
        self.database_range = reserved.name
        self.register_outputs({})

    def _create_subnetwork(self, name: str, args: NetworkArgs) -> gcp.compute.Subnetwork:
        secondary = {POD_RANGE: args.ranges.pods, SERVICE_RANGE: args.ranges.services}
        return gcp.compute.Subnetwork(
            f"{name}-{args.region}",
            name=f"{name}-{args.region}",
            project=args.project,
            region=args.region,
            network=self._network.id,
            ip_cidr_range=args.ranges.nodes,
            secondary_ip_ranges=[
                gcp.compute.SubnetworkSecondaryIpRangeArgs(range_name=range_name, ip_cidr_range=cidr)
                for range_name, cidr in secondary.items()
            ],
            private_ip_google_access=True,
            log_config=gcp.compute.SubnetworkLogConfigArgs(
                aggregation_interval="INTERVAL_5_SEC", flow_sampling=0.5, metadata="INCLUDE_ALL_METADATA"
            ),
            opts=pulumi.ResourceOptions(parent=self),
        )
