"""An app's entry: what its team declares once, in entries/<app>.yaml, for every environment.

Its JSON schema is published as entry.schema.json (`make docs` writes it), so that an editor completes and checks an
entry. Keys are camelCase in YAML and snake_case in Python. Reading one is entry_file.py's.
"""

import json
import unicodedata
from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Literal, Self

from pydantic import ConfigDict, Field, TypeAdapter, field_validator, model_validator

from apps_layer.kit import credentials
from apps_layer.kit.characters import called
from apps_layer.kit.configuration import Section
from apps_layer.kit.scalars import DatabaseName, EachOnce, SecretName, TeamName
from apps_layer.values import (
    VARIABLE,
    Cpu,
    DatastoreName,
    HttpPath,
    Memory,
    Namespace,
    Schedule,
    TimeZone,
    VariableName,
)

# Variables that the components set themselves.
RESERVED = ("PORT", "DATABASE_", "SECRET_")
# Ports on which the database proxy listens, in the same pod as the app.
POSTGRES_PORT = 5432
PROXY_HEALTH_PORT = 9801
# https://man7.org/linux/man-pages/man2/execve.2.html: an argument, or a variable with its name, has 128 KiB with the
# byte that ends it.
LONGEST_TEXT = 128 * 2**10 - 1
# https://kubernetes.io/docs/concepts/configuration/configmap/: names and values together. An object with more arguments
# would be larger than a request may be.
MOST_BYTES = 2**20
# What the published schema can say of variables; a credential in its value and its name.
_SHAPES = "|".join(f"({shape})" for shape in credentials.SHAPES.values())
_VARIABLES: dict[str, Any] = {
    "propertyNames": {"pattern": f"^(?!{RESERVED[0]}$|{'|'.join(RESERVED[1:])}){VARIABLE}$"},
    "patternProperties": {credentials.NAME: {"pattern": credentials.HARMLESS}},
    "additionalProperties": {"type": "string", "maxLength": LONGEST_TEXT, "not": {"pattern": _SHAPES}},
}
_ARGUMENTS: dict[str, Any] = {"items": {"type": "string", "maxLength": LONGEST_TEXT, "not": {"pattern": _SHAPES}}}


_EACH_ONCE: dict[str, Any] = {"uniqueItems": True}
_IN_PLAIN = (
    "which whoever reads the repository, a plan or the namespace has. Add it to Secret Manager, name it under "
    "`secrets`, and let the app read it by SECRET_<NAME>."
)


def _too_large(texts: Mapping[str, str]) -> Iterator[str]:
    """Problems with texts that a process is started with, by the name of each in a message."""
    sizes = {name: len(text.encode()) for name, text in texts.items()}
    for name, size in sizes.items():
        if size > LONGEST_TEXT:
            yield (
                f"{name} has {size:,} bytes, more than the {LONGEST_TEXT:,} with which Linux starts a process, so no "
                "pod would start; let the app read it from elsewhere."
            )
    if sum(sizes.values()) > MOST_BYTES:
        yield (
            f"have {sum(sizes.values()):,} bytes together, more than the {MOST_BYTES:,} that the cluster stores of "
            "them; let the app read them from elsewhere."
        )


class Resources(Section):
    """Resources that each pod of the app reserves."""

    cpu: Cpu = Field(
        description="CPU cores that a pod is sure of, such as 250m or 1; it may use more while others do not"
    )
    memory: Memory = Field(description="Memory of a pod, such as 256Mi; a pod that takes more is ended")
    ephemeral_storage: Memory = Field(
        default="256Mi", description="Disk of a pod for its log and /tmp; a pod that takes more is ended"
    )


class Peer(Section):
    """Another app in the cluster that this one calls."""

    namespace: Namespace = Field(description="The namespace of the app that is called, which is the app's name")
    port: int = Field(ge=1, le=65535, description="The port that its pods listen on, as in that app's entry")


class Common(Section):
    """Declarations of an app of any kind."""

    model_config = ConfigDict(json_schema_extra={"dependentRequired": {"databaseVersion": ["database"]}})

    team: TeamName = Field(description="The team that owns the app, as in identity:team")
    resources: Resources = Field(description="What each pod reserves, within the namespace's quota")
    arguments: list[str] = Field(
        default_factory=list[str],
        description="Arguments of the image's entry point; without any, the image's own",
        json_schema_extra=_ARGUMENTS,
    )
    environment: dict[VariableName, str] = Field(
        default_factory=dict[str, str],
        description="Plain settings as environment variables; never a secret",
        json_schema_extra=_VARIABLES,
    )
    secrets: Annotated[list[SecretName], EachOnce] = Field(
        default_factory=list[str],
        json_schema_extra=_EACH_ONCE,
        description="Secrets of the app, as in identity:apps; SECRET_<NAME> tells the app where to read each",
    )
    database: DatabaseName | None = Field(default=None, description="A database that the platform offers to the app")
    database_version: DatastoreName | None = Field(
        default=None,
        description="A read-only datastore with the database's data of one time, in place of the present ones",
    )
    allow_to: Annotated[list[Peer], EachOnce] = Field(
        default_factory=list[Peer],
        json_schema_extra=_EACH_ONCE,
        description="Apps that this one calls; each of them has to allow it, too",
    )
    destinations: Annotated[list[str], EachOnce] = Field(
        default_factory=list[str],
        json_schema_extra=_EACH_ONCE,
        description="What this app calls outside, by its name in platform:network.destinations",
    )
    shutdown_seconds: int = Field(
        default=30, ge=1, le=570, description="Seconds that the app may take to end after SIGTERM"
    )

    @field_validator("environment")
    @classmethod
    def _variables(cls, variables: dict[str, str]) -> dict[str, str]:
        problems = [
            f"sets {name}, which the platform sets itself (PORT, DATABASE_…, SECRET_…); choose another name."
            for name in sorted(variables)
            if name == RESERVED[0] or name.startswith(RESERVED[1:])
        ]
        problems += [
            f"{name} has {what}, {_IN_PLAIN}"
            for name, value in sorted(variables.items())
            if (what := credentials.setting(name, value))
        ]
        problems += _too_large({name: f"{name}={value}" for name, value in variables.items()})
        if problems:
            raise ValueError("\n    ".join(problems))
        return variables

    @field_validator("arguments")
    @classmethod
    def _arguments(cls, arguments: list[str]) -> list[str]:
        problems = [f"number {index} has {what}, {_IN_PLAIN}" for index, what in credentials.arguments(arguments)]
        problems += [
            f"number {index} begins with {called(value[0])}, which looks like a hyphen; write a hyphen."
            for index, value in enumerate(arguments)
            if value and not value[0].isascii() and unicodedata.category(value[0]) == "Pd"
        ]
        problems += _too_large({f"number {index}": value for index, value in enumerate(arguments)})
        if problems:
            raise ValueError("\n    ".join(problems))
        return arguments

    @model_validator(mode="after")
    def _version_is_of_a_database(self) -> Self:
        if self.database_version and not self.database:
            raise ValueError(
                f"databaseVersion is {self.database_version!r}, but no database is set, so it would read nothing; "
                "set database, or remove databaseVersion."
            )
        return self


class LongRunning(Common):
    """Declarations of an app whose pods run until they are replaced."""

    model_config = ConfigDict(
        json_schema_extra={
            "dependentRequired": {"databaseVersion": ["database"]},
            "if": {"properties": {"database": {"type": "string"}}, "required": ["database"]},
            "then": {"properties": {"port": {"not": {"enum": [POSTGRES_PORT, PROXY_HEALTH_PORT]}}}},
        }
    )

    port: int = Field(ge=1024, le=65535, description="Where the app listens; ports below 1024 need privileges")
    health_path: HttpPath = Field(description="Answers 200 while the app can do its work, and anything else otherwise")
    live_path: HttpPath | None = Field(
        default=None,
        description="Answers 200 unless only a restart helps; without it, accepting connections counts as alive",
    )
    cpu_utilization: int = Field(
        default=70,
        ge=10,
        le=95,
        description="Percent of the reserved CPU in use at which pods are added, up to apps:maxReplicas",
    )

    @model_validator(mode="after")
    def _port_is_free(self) -> Self:
        if self.database and self.port in (POSTGRES_PORT, PROXY_HEALTH_PORT):
            raise ValueError(
                f"port is {self.port}, on which the database proxy listens in the same pod, so one of the two would "
                "not start; choose another port."
            )
        return self

    @model_validator(mode="after")
    def _probes_differ(self) -> Self:
        if self.live_path == self.health_path:
            raise ValueError(
                f"livePath and healthPath are both {self.live_path}, so what takes a pod out of service "
                "also restarts it, and all others with it; leave livePath out, or name a path that asks nobody else."
            )
        return self


class WebService(LongRunning):
    """An app that answers HTTP."""

    kind: Literal["webService"] = Field(description="webService: answers HTTP")
    allow_from: Annotated[list[Namespace], EachOnce] = Field(
        default_factory=list[str],
        json_schema_extra=_EACH_ONCE,
        description="Namespaces whose pods may call the app; nobody else may",
    )


class Worker(LongRunning):
    """An app that works without being called: it listens for health checks only."""

    kind: Literal["worker"] = Field(description="worker: runs all the time, and nobody calls it")


class Ending(Common):
    """Declarations of an app whose pods end by themselves."""

    backoff_limit: int = Field(default=2, ge=0, le=6, description="How often a failed run is tried again")


class CronJob(Ending):
    """An app that runs at certain times, and ends."""

    kind: Literal["cronJob"] = Field(description="cronJob: runs at certain times, and ends")
    schedule: Schedule = Field(description='When it starts, as in "15 3 * * *" (3:15 every day)')
    time_zone: TimeZone = Field(default="Etc/UTC", description="The time zone of the schedule, such as Europe/Berlin")
    concurrency_policy: Literal["Forbid", "Replace", "Allow"] = Field(
        default="Forbid",
        description="What a start does while the last run still goes on: nothing, end it, or run beside it",
    )
    active_deadline_seconds: int = Field(
        default=3600, ge=60, le=86400, description="A run that takes longer is ended, and has failed"
    )
    starting_deadline_seconds: int = Field(
        default=600, ge=60, le=86400, description="A start that is later than this, after an outage, is left out"
    )


class Job(Ending):
    """An app that runs once for each new image or setting, and ends, such as a migration."""

    kind: Literal["job"] = Field(description="job: runs once for each new image or setting, and ends")
    # A deployment waits for the end of the run, and a job of GitHub's takes an hour (.github/workflows/deploy.yml).
    active_deadline_seconds: int = Field(
        default=900, ge=60, le=3000, description="A run that takes longer is ended, and has failed"
    )


Entry = Annotated[WebService | Worker | CronJob | Job, Field(discriminator="kind")]
KINDS: dict[str, type[Common]] = {"webService": WebService, "worker": Worker, "cronJob": CronJob, "job": Job}
ADAPTER: TypeAdapter[WebService | Worker | CronJob | Job] = TypeAdapter(Entry)


def schema() -> str:
    """The JSON schema of an entry as published."""
    document = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "An app's entry",
        **ADAPTER.json_schema(by_alias=True),
    }
    return json.dumps(document, indent=2) + "\n"
