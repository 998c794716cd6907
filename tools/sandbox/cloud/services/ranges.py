"""Address ranges of a network: what is free, and what each user of one needs.

https://cloud.google.com/vpc/docs/subnets, https://cloud.google.com/sql/docs/postgres/configure-private-services-access,
and https://cloud.google.com/kubernetes-engine/docs/concepts/alias-ips for sizes of a cluster's ranges.
"""

from collections.abc import Iterator
from ipaddress import IPv4Network
from typing import cast

from sandbox.cloud.errors import invalid
from sandbox.cloud.references import relative, value_at
from sandbox.cloud.resources import Call
from sandbox.cloud.store import Json

_SMALLEST_SUBNETWORK = 29
# Name in the cluster's policy -> largest and smallest length of the prefix.
_OF_CLUSTER = {"clusterSecondaryRangeName": (9, 24), "servicesSecondaryRangeName": (16, 28)}
_SMALLEST_OF_SERVICES = 24


def require_free(call: Call, full: str, body: Json) -> None:
    """Checks that the ranges of a subnetwork, or of an internal address, are ranges, and that nothing else has them.

    Args:
        call: the call that stores it.
        full: full name of the subnetwork or address.
        body: its body.

    Raises:
        ApiError: INVALID_ARGUMENT.
    """
    own = list(_ranges(body))
    if "ipCidrRange" in body and own[0].prefixlen > _SMALLEST_SUBNETWORK:
        raise invalid(f"Invalid value for field 'resource.ipCidrRange': '{own[0]}'. The smallest range is /29.")
    network, project = (
        relative(str(body["network"])),
        f"//compute.googleapis.com/projects/{call.parameters['project']}/",
    )
    taken = [
        other
        for kind in ("compute.subnetworks", "compute.globalAddresses")
        for stored in call.cloud.store.find(kind, project)
        if stored.name != full and relative(str(stored.body.get("network", ""))) == network
        for other in _ranges(stored.body)
    ]
    for position, wanted in enumerate(own):
        for other in (*own[:position], *taken):
            if wanted.overlaps(other):
                raise invalid(f"Invalid IPCidrRange: {wanted} conflicts with existing range {other} of the network.")


def require_for_cluster(policy: Json, subnetwork: Json) -> None:
    """Checks that the ranges that a cluster names are its subnetwork's, and of a size that it takes."""
    secondary = cast("list[Json]", subnetwork.get("secondaryIpRanges") or [])
    sizes = {each["rangeName"]: IPv4Network(each["ipCidrRange"]).prefixlen for each in secondary}
    for field, (largest, smallest) in _OF_CLUSTER.items():
        name = policy.get(field)
        if name and name not in sizes:
            raise invalid(f"Secondary range '{name}' does not exist in the subnetwork '{subnetwork.get('name')}'.")
        if name and not largest <= sizes[name] <= smallest:
            raise invalid(f"Secondary range '{name}' (/{sizes[name]}) must be between /{largest} and /{smallest}.")


def require_for_services(address: Json) -> None:
    """Checks that a range has room for a producer's network in one region."""
    if (value_at(address, "prefixLength") or 0) > _SMALLEST_OF_SERVICES:
        raise invalid(f"The reserved range '{address.get('name')}' is smaller than /{_SMALLEST_OF_SERVICES}.")


def _ranges(body: Json) -> Iterator[IPv4Network]:
    parts: list[Json] = [body, *cast("list[Json]", body.get("secondaryIpRanges") or [])]
    texts = [str(each["ipCidrRange"]) for each in parts if "ipCidrRange" in each]
    if body.get("prefixLength") and body.get("address"):
        texts.append(f"{body['address']}/{body['prefixLength']}")
    for text in texts:
        try:
            yield IPv4Network(text)
        except ValueError as error:
            raise invalid(f"Invalid IPCidrRange: '{text}' ({error}).") from error
