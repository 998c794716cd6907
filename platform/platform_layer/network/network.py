"""The project's network: one subnetwork with ranges for nodes, pods and services, and private access to databases.

The firewall is in firewall.py, the private path to Google's APIs in google_apis.py, egress to the internet in nat.py.
No part of the network can be deleted by mistake: everything else depends on it.
"""

from dataclasses import dataclass
from ipaddress import IPv4Network

import pulumi
import pulumi_gcp as gcp

from platform_layer.network.network_settings import NetworkSettings

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
    ranges: NetworkSettings


class Network(pulumi.ComponentResource):
    """The network. `network_id` and `subnetwork_id` are resource names, `database_range` is an address range's name."""

    def __init__(self, name: str, args: NetworkArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("prodfirst:platform:Network", name, None, opts)
        self._protected = pulumi.ResourceOptions(parent=self, protect=True)
        network = gcp.compute.Network(
            name,
            name=name,
            project=args.project,
            description="Shared network of the platform",
            # In auto mode Google adds a subnetwork, without flow logs, to every region.
            auto_create_subnetworks=False,
            routing_mode="REGIONAL",
            opts=self._protected,
        )
        self.network_id = network.id
        self.subnetwork_id = self._subnetwork(name, args).id
        self._log_names(name, args)
        self.database_range = self._private_services(name, args)
        self.register_outputs({})

    def _subnetwork(self, name: str, args: NetworkArgs) -> gcp.compute.Subnetwork:
        secondary = {POD_RANGE: args.ranges.pods, SERVICE_RANGE: args.ranges.services}
        return gcp.compute.Subnetwork(
            f"{name}-{args.region}",
            name=f"{name}-{args.region}",
            project=args.project,
            region=args.region,
            network=self.network_id,
            ip_cidr_range=args.ranges.nodes,
            # No IPv6: it would need rules of its own, and every address of it is public.
            stack_type="IPV4_ONLY",
            secondary_ip_ranges=[
                gcp.compute.SubnetworkSecondaryIpRangeArgs(range_name=range_name, ip_cidr_range=cidr)
                for range_name, cidr in secondary.items()
            ],
            private_ip_google_access=True,
            # CIS Google Cloud 3.8. Half of the flows show who talks to whom at half the price; the firewall's and NAT's
            # own logs are whole.
            log_config=gcp.compute.SubnetworkLogConfigArgs(
                aggregation_interval="INTERVAL_5_SEC", flow_sampling=0.5, metadata="INCLUDE_ALL_METADATA"
            ),
            # Google refuses another range while the cluster uses the old one, which would end an update halfway; as a
            # replacement it is refused in the plan.
            opts=pulumi.ResourceOptions.merge(
                self._protected, pulumi.ResourceOptions(replace_on_changes=["secondaryIpRanges"])
            ),
        )

    def _log_names(self, name: str, args: NetworkArgs) -> None:
        """Logs the resolved names (CIS Google Cloud 2.12): stolen data can travel in them, past every firewall."""
        gcp.dns.Policy(
            name,
            name=name,
            project=args.project,
            description="Logs every question for a name",
            enable_logging=True,
            networks=[gcp.dns.PolicyNetworkArgs(network_url=self.network_id)],
            opts=self._protected,
        )

    def _private_services(self, name: str, args: NetworkArgs) -> pulumi.Output[str]:
        databases = IPv4Network(args.ranges.databases)
        reserved = gcp.compute.GlobalAddress(
            f"{name}-databases",
            name=f"{name}-databases",
            project=args.project,
            network=self.network_id,
            purpose="VPC_PEERING",
            address_type="INTERNAL",
            address=str(databases.network_address),
            prefix_length=databases.prefixlen,
            opts=self._protected,
        )
        gcp.servicenetworking.Connection(
            f"{name}-private-services",
            network=self.network_id,
            service="servicenetworking.googleapis.com",
            reserved_peering_ranges=[reserved.name],
            # Removing the peering cuts every database off; Google refuses it while one uses it, and leaves a half-
            # removed state.
            deletion_policy="ABANDON",
            opts=self._protected,
        )
        return reserved.name
