"""The constrained types of this layer's configuration, and the base of its models: each stated once, with its reason.

What the configuration consists of is in settings.py and the *_settings.py files.
"""

import re
from ipaddress import IPv4Network
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel


def matching(pattern: str, meaning: str) -> AfterValidator:
    """A text that the whole pattern matches; else the message tells its meaning."""
    compiled = re.compile(pattern)

    def check(value: str) -> str:
        if not compiled.fullmatch(value):
            raise ValueError(f"{value!r} is not {meaning}; correct it.")
        return value

    return AfterValidator(check)


# RFC 1918, and RFC 6598 for those who have run out of it.
PRIVATE = tuple(IPv4Network(private) for private in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10"))
# https://cloud.google.com/sql/docs/postgres/private-ip: the container bridge on every instance.
_DOCKER = IPv4Network("172.17.0.0/16")


def _cidr(value: str) -> str:
    try:
        network = IPv4Network(value)
    except ValueError as error:
        raise ValueError(f"{value!r} is not an IPv4 range ({error}); write it as in 10.0.0.0/20.") from error
    if not any(network.subnet_of(private) for private in PRIVATE):
        raise ValueError(
            f"{value!r} is public or reserved, so answers would be lost or leave for the internet; use a part of "
            f"{', '.join(str(private) for private in PRIVATE)}."
        )
    if network.overlaps(_DOCKER):
        raise ValueError(f"{value!r} overlaps {_DOCKER}, from which Cloud SQL takes no connection; use another range.")
    return value


ProjectId = Annotated[
    str, matching(r"[a-z][a-z0-9-]{4,28}[a-z0-9]", "a project ID (6 to 30 lower case letters, digits and hyphens)")
]
Region = Annotated[str, matching(r"[a-z]+-[a-z]+[0-9]+", "a region, such as europe-west4")]
Cidr = Annotated[str, AfterValidator(_cidr)]
Label = Annotated[str, matching(r"[a-z]([a-z0-9-]{0,28}[a-z0-9])?", "a name (lower case letters, digits, hyphens)")]
Port = Annotated[int, Field(ge=1, le=65535)]
InstanceName = Annotated[
    str, matching(r"[a-z][a-z0-9-]{0,78}[a-z0-9]", "an instance's name (lower case letters, digits, hyphens)")
]
DatabaseName = Annotated[
    str, matching(r"[a-z][a-z0-9_-]{0,62}", "a database's name (lower case, at most 63 characters)")
]
PostgresVersion = Annotated[str, matching(r"POSTGRES_[0-9]{2}", "a PostgreSQL version, such as POSTGRES_17")]
Tier = Annotated[
    str, matching(r"db-(perf-optimized-N-[0-9]+|[a-z0-9-]+)", "a machine type of Cloud SQL, such as db-custom-2-7680")
]
PinnedImage = Annotated[
    str,
    matching(
        r"[a-z0-9./:_-]+@sha256:[0-9a-f]{64}", "an image pinned by digest (name@sha256:…), and a tag can be moved"
    ),
]
Domain = Annotated[str, matching(r"[a-z0-9-]+(\.[a-z0-9-]+)+", "a domain in lower case, such as apps.example.com")]
Quantity = Annotated[str, matching(r"[1-9][0-9]*(m|Ki|Mi|Gi|Ti)?", "a Kubernetes quantity, such as 4 or 8Gi")]


class Document(BaseModel):
    """A frozen mapping of the configuration.

    Unknown keys are refused, since a misspelt key would silently do nothing.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", alias_generator=to_camel, strict=True)
