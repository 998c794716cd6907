"""What a stack may say about its network and cluster."""

from ipaddress import IPv4Network
from itertools import combinations
from typing import Self

from pydantic import model_validator

from platform_layer.values import Cidr, Document


class AddressRanges(Document):
    """The network's ranges; none may overlap another."""

    nodes: Cidr
    pods: Cidr
    services: Cidr
    databases: Cidr

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
