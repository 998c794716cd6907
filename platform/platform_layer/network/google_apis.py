"""The private path to Google's APIs: an address that is routed inside Google's network alone.

The names of the APIs and of the registries resolve to it in this network only (private zones), so that the firewall can
allow one range instead of all of Google's public ones. It is private.googleapis.com, not the restricted one: the
latter leaves out the APIs without VPC Service Controls, and without a perimeter around the project, which belongs to an
organisation, it keeps nothing in that this does not.
https://cloud.google.com/vpc/docs/configure-private-google-access
"""

from dataclasses import dataclass
from ipaddress import IPv4Network

import pulumi
import pulumi_gcp as gcp

from platform_layer.network.network import Network

PRIVATE_ACCESS = "199.36.153.8/30"
# Domain to the name in it that has the addresses; every other name is an alias of it.
DOMAINS = {
    "googleapis.com.": "private.googleapis.com.",
    "gcr.io.": "gcr.io.",
    "pkg.dev.": "pkg.dev.",
}
LIFETIME = 300


@dataclass(frozen=True)
class GoogleApisArgs:
    """Arguments of GoogleApis.

    Attributes:
        project: the project's ID.
        network: the one in which the names resolve so.
    """

    project: str
    network: Network


class GoogleApis(pulumi.ComponentResource):
    """The private zones and their records."""

    def __init__(self, name: str, args: GoogleApisArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("prodfirst:platform:GoogleApis", name, None, opts)
        for domain, target in DOMAINS.items():
            zone = gcp.dns.ManagedZone(
                f"{name}-{_key(domain)}",
                name=f"{name}-{_key(domain)}",
                project=args.project,
                dns_name=domain,
                description="Resolves Google's APIs to their private address",
                visibility="private",
                private_visibility_config=gcp.dns.ManagedZonePrivateVisibilityConfigArgs(
                    networks=[
                        gcp.dns.ManagedZonePrivateVisibilityConfigNetworkArgs(network_url=args.network.network_id)
                    ]
                ),
                labels={"layer": "platform"},
                # Without the zone the names resolve to public addresses, which the firewall refuses.
                opts=pulumi.ResourceOptions(parent=self, protect=True),
            )
            addresses = [str(address) for address in IPv4Network(PRIVATE_ACCESS)]
            self._record(f"{name}-{_key(domain)}-addresses", zone, target, "A", addresses)
            self._record(f"{name}-{_key(domain)}-aliases", zone, f"*.{domain}", "CNAME", [target])
        self.register_outputs({})

    def _record(self, key: str, zone: gcp.dns.ManagedZone, name: str, kind: str, values: list[str]) -> None:
        gcp.dns.RecordSet(
            key,
            project=zone.project,
            managed_zone=zone.name,
            name=name,
            type=kind,
            ttl=LIFETIME,
            rrdatas=values,
            opts=pulumi.ResourceOptions(parent=self),
        )


def _key(domain: str) -> str:
    return domain.removesuffix(".").replace(".", "-")
