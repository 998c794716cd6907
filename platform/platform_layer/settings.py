"""What a stack of this layer can be told: the model of Pulumi.<stack>.yaml, its constraints and their reasons.

Keys are camelCase in YAML, as in every document that crosses a boundary, and snake_case in Python. Who the apps are
and who owns them is not configured here: it comes from the identity layer (upstream.py).
"""

import re
from collections.abc import Iterator
from ipaddress import IPv4Network
from itertools import combinations
from typing import Annotated, Self

import pulumi
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator
from pydantic.alias_generators import to_camel

from platform_layer import configuration


def _matching(pattern: str, meaning: str) -> AfterValidator:
    compiled = re.compile(pattern)

    def check(value: str) -> str:
        if not compiled.fullmatch(value):
            raise ValueError(f"{value!r} is not {meaning}; correct it.")
        return value

    return AfterValidator(check)


def _cidr(value: str) -> str:
    try:
        network = IPv4Network(value)
    except ValueError as error:
        raise ValueError(f"{value!r} is not an IPv4 range ({error}); write it as in 10.0.0.0/20.") from error
    if not network.is_private:
        raise ValueError(f"{value!r} is public, so answers would leave for the internet; use a private range.")
    return value


ProjectId = Annotated[
    str, _matching(r"[a-z][a-z0-9-]{4,28}[a-z0-9]", "a project ID (6 to 30 lower case letters, digits and hyphens)")
]
Region = Annotated[str, _matching(r"[a-z]+-[a-z]+[0-9]+", "a region, such as europe-west4")]
Cidr = Annotated[str, AfterValidator(_cidr)]
InstanceName = Annotated[
    str, _matching(r"[a-z][a-z0-9-]{0,78}[a-z0-9]", "an instance's name (lower case letters, digits, hyphens)")
]
DatabaseName = Annotated[
    str, _matching(r"[a-z][a-z0-9_-]{0,62}", "a database's name (lower case, at most 63 characters)")
]
PostgresVersion = Annotated[str, _matching(r"POSTGRES_[0-9]{2}", "a PostgreSQL version, such as POSTGRES_17")]
Tier = Annotated[str, _matching(r"db-[a-z0-9-]+", "a machine type of Cloud SQL, such as db-custom-2-7680")]
PinnedImage = Annotated[
    str,
    _matching(
        r"[a-z0-9./:_-]+@sha256:[0-9a-f]{64}", "an image pinned by digest (name@sha256:…), and a tag can be moved"
    ),
]
Quantity = Annotated[str, _matching(r"[1-9][0-9]*(m|Ki|Mi|Gi|Ti)?", "a Kubernetes quantity, such as 4 or 8Gi")]


class Document(BaseModel):
    """A frozen mapping of the configuration.

    Unknown keys are refused, since a misspelt key would silently do nothing.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", alias_generator=to_camel, strict=True)


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


class DatabaseInstance(Document):
    """One PostgreSQL instance and the databases in it."""

    version: PostgresVersion
    tier: Tier
    databases: list[DatabaseName] = Field(min_length=1)
    highly_available: bool = True


class Quota(Document):
    """What one app's namespace may use at most: CPU cores, bytes of memory, number of pods."""

    cpu: Quantity = "4"
    memory: Quantity = "8Gi"
    pods: int = Field(default=20, ge=1, le=1000)


class Settings(Document):
    """The stack's configuration. Shapes and meanings: the table in README.md."""

    project: ProjectId = Field(examples=["my-project"])
    region: Region = Field(examples=["europe-west4"])
    network: AddressRanges = Field(
        examples=["{nodes: 10.0.0.0/20, pods: 10.16.0.0/14, services: 10.20.0.0/20, databases: 10.64.0.0/20}"]
    )
    database_instances: dict[InstanceName, DatabaseInstance] = Field(
        default_factory=dict[str, DatabaseInstance],
        examples=["{orders: {version: POSTGRES_17, tier: db-custom-2-7680, databases: [orders]}}"],
    )
    database_proxy_image: PinnedImage = Field(examples=["gcr.io/cloud-sql-connectors/cloud-sql-proxy@sha256:…"])
    namespace_quota: Quota = Field(default_factory=Quota, examples=["{cpu: '4', memory: 8Gi, pods: 20}"])

    @property
    def instance_of(self) -> dict[str, str]:
        """Name of a database to the name of its instance."""
        return {database: name for name, instance in self.database_instances.items() for database in instance.databases}

    @model_validator(mode="after")
    def _one_home_per_database(self) -> Self:
        problems = list(self._ambiguous_databases())
        if problems:
            raise ValueError("\n    ".join(problems))
        return self

    def _ambiguous_databases(self) -> Iterator[str]:
        for name, instance in self.database_instances.items():
            for database in instance.databases:
                if self.instance_of[database] != name or instance.databases.count(database) > 1:
                    yield (
                        f"databaseInstances.{name}.databases: {database!r} is declared more than "
                        "once; an app asks for it by "
                        "this name alone, so choose another."
                    )


def load() -> Settings:
    """The running stack's settings.

    Raises:
        configuration.ConfigurationError: the configuration cannot be used; the message lists every problem.
    """
    provider_keys = {"project": "gcp:project", "region": "gcp:region"}
    return configuration.load(Settings, "platform", pulumi.get_stack(), provider_keys)
