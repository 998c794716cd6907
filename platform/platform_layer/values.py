"""Constrained types that this layer's configuration alone uses; kit/scalars.py has the types of several layers.

The configuration itself is in settings.py and the *_settings.py files.
"""

from ipaddress import IPv4Network
from typing import Annotated

from pydantic import AfterValidator, Field

from platform_layer.kit.addresses import PROXY_IMAGE
from platform_layer.kit.scalars import PinnedImage, matching

# RFC 1918, and RFC 6598 for organisations that have no free range of RFC 1918 left.
PRIVATE = tuple(IPv4Network(private) for private in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10"))
# https://cloud.google.com/sql/docs/postgres/private-ip: the container bridge on every instance.
_DOCKER = IPv4Network("172.17.0.0/16")


def ipv4_range(value: str) -> IPv4Network:
    """A range of addresses, written as the contracts and Google take it: an address, and the length of its prefix.

    Raises:
        ValueError: it is none.
    """
    try:
        network = IPv4Network(value)
    except ValueError as error:
        raise ValueError(f"{value!r} is not an IPv4 range ({error}); write it as in 203.0.113.0/28.") from error
    if str(network) != value:
        raise ValueError(f"{value!r} is not how Google writes a range; write it as {network}.")
    return network


def _cidr(value: str) -> str:
    network = ipv4_range(value)
    if not any(network.subnet_of(private) for private in PRIVATE):
        raise ValueError(
            f"{value!r} is public or reserved, so answers would be lost or leave for the internet; use a part of "
            f"{', '.join(str(private) for private in PRIVATE)}."
        )
    if network.overlaps(_DOCKER):
        raise ValueError(f"{value!r} overlaps {_DOCKER}, from which Cloud SQL takes no connection; use another range.")
    return value


Cidr = Annotated[str, AfterValidator(_cidr)]
Label = Annotated[str, *matching(r"[a-z]([a-z0-9-]{0,28}[a-z0-9])?", "a name (lower case letters, digits, hyphens)")]
ProxyImage = Annotated[
    PinnedImage,
    *matching(
        PROXY_IMAGE,
        "an image of the Cloud SQL Auth Proxy by digest alone: Google's, or a copy in Artifact Registry",
        "write it as in gcr.io/cloud-sql-connectors/cloud-sql-proxy@sha256:…, without a tag",
    ),
]
# Quotas of a namespace. Kubernetes takes each unit for each resource, and a quota of millibytes lets nothing run.
CpuQuota = Annotated[str, *matching(r"[1-9][0-9]{0,5}m?", "a number of CPU cores", "write it as in 4 or 500m")]
BytesQuota = Annotated[
    str, *matching(r"[1-9][0-9]{0,5}(Mi|Gi|Ti)", "an amount of bytes", "write it as in 512Mi or 8Gi")
]
Port = Annotated[int, Field(ge=1, le=65535)]
InstanceName = Annotated[
    str, *matching(r"[a-z][a-z0-9-]{0,94}[a-z0-9]", "an instance's name (lower case letters, digits, hyphens)")
]
