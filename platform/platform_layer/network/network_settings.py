"""Settings of the network: address ranges, and the egress outside of Google Cloud that apps may use."""

from ipaddress import IPv4Network
from itertools import combinations
from typing import Annotated, Self

from pydantic import AfterValidator, Field, model_validator

from platform_layer.kit.configuration import Section
from platform_layer.values import PRIVATE, Cidr, Label, Port

_LARGEST_DATABASE_PREFIX = 24


def _public_range(value: str) -> str:
    try:
        network = IPv4Network(value)
    except ValueError as error:
        raise ValueError(f"{value!r} is not an IPv4 range ({error}); write it as in 203.0.113.7/32.") from error
    if network.is_loopback or network.is_link_local or any(network.subnet_of(private) for private in PRIVATE):
        raise ValueError(f"{value!r} is private, so nothing outside has it; name the destination's public range.")
    return value


class Destination(Section):
    """An egress destination outside of Google Cloud that apps may call over TCP, and why."""

    reason: str = Field(min_length=10)
    ranges: list[Annotated[str, AfterValidator(_public_range)]] = Field(min_length=1)
    ports: list[Port] = Field(min_length=1)


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
    def _room_for_databases(self) -> Self:
        if IPv4Network(self.databases).prefixlen > _LARGEST_DATABASE_PREFIX:
            raise ValueError(
                f"databases {self.databases} is too small, so no instance could be created: Google takes a /24 of it "
                "for each region; make it a /24 or larger, such as a /20."
            )
        return self

    @model_validator(mode="after")
    def _addresses_once(self) -> Self:
        if len(set(self.static_addresses)) < len(self.static_addresses):
            raise ValueError("staticAddresses names an address twice; remove one, a name stands for one address.")
        return self
