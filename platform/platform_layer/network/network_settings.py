"""Settings of the network: address ranges, and the egress outside of Google Cloud that apps may use."""

from dataclasses import dataclass
from ipaddress import IPv4Network, collapse_addresses
from itertools import combinations
from typing import Annotated, Self

from pydantic import AfterValidator, Field, model_validator

from platform_layer.kit.configuration import Section
from platform_layer.kit.scalars import EachOnce, Reason
from platform_layer.values import PRIVATE, Cidr, Label, Port, ipv4_range


@dataclass(frozen=True)
class _Size:
    """Lengths of the prefix of the largest and the smallest range that will do, and what it has to have room for."""

    largest: int
    smallest: int
    room: str


# https://cloud.google.com/kubernetes-engine/docs/concepts/alias-ips: Autopilot takes a /26 of the pods' range for each
# node. Google would take smaller ranges of pods (/24) and services (/28), but they never grow once they are in use.
SIZES = {
    "nodes": _Size(4, 26, "32 nodes, the control plane and an upgrade of both need the 60 addresses of a /26"),
    "pods": _Size(9, 21, "each of 32 nodes takes a /26 of it for its pods"),
    "services": _Size(16, 24, "each Service of the apps and of the cluster itself takes an address of it"),
    "databases": _Size(8, 24, "no instance could be created, since Google takes a /24 of it for each region"),
}
# https://www.iana.org/assignments/iana-ipv4-special-registry: this host, loopback, the metadata server's link, protocol
# assignments, relays of 6to4 and benchmarks; and addresses that Google uses within a network: for its APIs, which a
# rule of the network's has already, for Services, for queries that Cloud DNS forwards, for probes of load balancers.
# https://cloud.google.com/vpc/docs/configure-private-google-access#domain-options,
# https://cloud.google.com/kubernetes-engine/docs/concepts/alias-ips,
# https://cloud.google.com/dns/docs/zones/forwarding-zones,
# https://cloud.google.com/load-balancing/docs/health-check-concepts#ip-ranges.
_NOT_OUTSIDE = tuple(
    IPv4Network(block)
    for block in (
        *("0.0.0.0/8", "127.0.0.0/8", "169.254.0.0/16", "192.0.0.0/24", "192.88.99.0/24", "198.18.0.0/15"),
        *("199.36.153.0/24", "34.126.0.0/18", "34.118.224.0/20", "35.199.192.0/19", "130.211.0.0/22", "35.191.0.0/16"),
    )
)
# Wider ranges are large parts of the internet, even if somebody splits everything in two.
WIDEST_DESTINATION = 8


# https://cloud.google.com/firewall/docs/quotas: ranges of one rule.
MOST_RANGES = 5000


def _public_range(value: str) -> str:
    network = ipv4_range(value)
    if network.is_multicast or network.is_reserved:
        raise ValueError(f"{value!r} is no range of single hosts, so nothing there takes a connection; correct it.")
    if network.prefixlen < WIDEST_DESTINATION:
        raise ValueError(
            f"{value!r} is a large part of the internet, so whatever runs in the cluster could send data to anybody; "
            f"name the destination's own ranges, /{WIDEST_DESTINATION} or smaller."
        )
    if inside := [str(other) for other in (*PRIVATE, *_NOT_OUTSIDE) if network.overlaps(other)]:
        raise ValueError(
            f"{value!r} is private or reserved, or has a part that is ({', '.join(inside)}), so no rule for what is "
            "outside may open it; name the destination's own public range."
        )
    return value


def _open_port(value: int) -> int:
    """https://cloud.google.com/vpc/docs/firewalls#blockedtraffic."""
    if value == _SMTP:
        raise ValueError(
            f"Google lets nothing out to port {_SMTP} of another network, whatever a rule says, so no mail would "
            "leave; use 587 or 465, on which a provider takes mail from those who sign in."
        )
    return value


_SMTP = 25


class Destination(Section):
    """An egress destination outside of Google Cloud that apps may call over TCP, and why."""

    reason: Reason
    ranges: Annotated[list[Annotated[str, AfterValidator(_public_range)]], EachOnce] = Field(
        min_length=1, max_length=MOST_RANGES
    )
    ports: Annotated[list[Annotated[Port, AfterValidator(_open_port)]], EachOnce] = Field(min_length=1)


class NetworkSettings(Section):
    """The network's ranges, none of which may overlap another, and the egress from it.

    Attributes:
        destinations: by name; whatever is not among them cannot be called.
        static_addresses: names of public addresses that calls come from, for partners who list them.
    """

    nodes: Cidr
    pods: Cidr
    services: Cidr
    databases: Cidr
    destinations: dict[Label, Destination] = Field(default_factory=dict[str, Destination])
    static_addresses: list[Label] = Field(default_factory=list[str], max_length=16)

    @model_validator(mode="after")
    def _disjoint(self) -> Self:
        ranges = {"nodes": self.nodes, "pods": self.pods, "services": self.services, "databases": self.databases}
        for (first, one), (second, other) in combinations(ranges.items(), 2):
            if IPv4Network(one).overlaps(IPv4Network(other)):
                raise ValueError(
                    f"{first} {one} and {second} {other} overlap, so packets would reach the wrong side; "
                    "move one of them (it cannot be changed once the cluster runs)."
                )
        return self

    @model_validator(mode="after")
    def _room(self) -> Self:
        for name, size in SIZES.items():
            value = str(getattr(self, name))
            length = IPv4Network(value).prefixlen
            if length > size.smallest:
                raise ValueError(
                    f"{name} {value} is too small: {size.room}; make it a /{size.smallest} or larger, since it "
                    "cannot be changed once it is in use."
                )
            if length < size.largest:
                raise ValueError(
                    f"{name} {value} is larger than a /{size.largest}, which is the most that Google takes."
                )
        return self

    @model_validator(mode="after")
    def _few_destinations(self) -> Self:
        ranges = [IPv4Network(value) for outside in self.destinations.values() for value in outside.ranges]
        addresses = sum(each.num_addresses for each in collapse_addresses(ranges))
        if addresses > 1 << (32 - WIDEST_DESTINATION):
            raise ValueError(
                f"destinations: {', '.join(sorted(self.destinations))} are together {addresses:,} addresses, more than "
                f"a /{WIDEST_DESTINATION} and so a large part of the internet; name the destinations' ranges alone."
            )
        return self

    @model_validator(mode="after")
    def _addresses_once(self) -> Self:
        if len(set(self.static_addresses)) < len(self.static_addresses):
            raise ValueError("staticAddresses names an address twice; remove one, a name stands for one address.")
        return self
