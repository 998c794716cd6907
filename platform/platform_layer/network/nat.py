"""NAT: logged egress to the internet for nodes without public addresses.

It admits nothing, and by itself permits no egress: firewall.py decides about that. It exists before anybody needs it,
since the first app that does should need a firewall rule alone.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
import pulumi_gcp as gcp

from platform_layer.network.network import Network

PORTS_PER_NODE = (64, 4096)


@dataclass(frozen=True)
class NatArgs:
    """Arguments of Nat.

    Attributes:
        project: the project's ID.
        region: the subnetwork's region.
        network: its subnetwork is served.
        static_addresses: names of the addresses that calls come from; Google chooses, and changes them, if empty.
    """

    project: str
    region: str
    network: Network
    static_addresses: Sequence[str]


class Nat(pulumi.ComponentResource):
    """The NAT gateway; `addresses` are the static ones by name, for partners who list them."""

    def __init__(self, name: str, args: NatArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("prodfirst:platform:Nat", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        reserved = {
            key: gcp.compute.Address(
                f"{name}-{key}",
                name=f"{name}-nat-{key}",
                address_type="EXTERNAL",
                description="Calls to the internet come from it; partners have it in their lists",
                labels={"layer": "platform"},
                project=args.project,
                region=args.region,
                opts=pulumi.ResourceOptions(parent=self, protect=True),
            )
            for key in sorted(args.static_addresses)
        }
        router = gcp.compute.Router(
            name,
            name=name,
            network=args.network.network_id,
            description="Carries the NAT gateway",
            project=args.project,
            region=args.region,
            opts=child,
        )
        least, most = PORTS_PER_NODE
        gcp.compute.RouterNat(
            f"{name}-gateway",
            name=f"{name}-gateway",
            router=router.name,
            nat_ip_allocate_option="MANUAL_ONLY" if reserved else "AUTO_ONLY",
            nat_ips=[address.self_link for address in reserved.values()] or None,
            source_subnetwork_ip_ranges_to_nat="LIST_OF_SUBNETWORKS",
            subnetworks=[
                gcp.compute.RouterNatSubnetworkArgs(
                    name=args.network.subnetwork_id, source_ip_ranges_to_nats=["ALL_IP_RANGES"]
                )
            ],
            # A node full of pods that call out has more connections than a fixed number of ports allows.
            enable_dynamic_port_allocation=True,
            enable_endpoint_independent_mapping=False,
            min_ports_per_vm=least,
            max_ports_per_vm=most,
            log_config=gcp.compute.RouterNatLogConfigArgs(enable=True, filter="ALL"),
            project=args.project,
            region=args.region,
            opts=child,
        )
        self.addresses = {key: address.address for key, address in reserved.items()}
        self.register_outputs({"addresses": self.addresses})
