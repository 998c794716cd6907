"""Pulumi's provider protocol, reduced to typed methods over plain values.

A plugin subclasses `Provider` and `server.serve` speaks gRPC for it. Unknown values of a preview arrive as `UNKNOWN`.
"""

import json
import re
from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, cast

Properties = dict[str, Any]  # property values of a resource, in the provider schema's names

UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"  # sdk/go/common/resource/plugin/rpc.go: unknown string value
_SIGNATURE = "4dabf18193072939515e22adb298388d"
_SECRET = "1b47061264138c4ac30d75fd1eb44270"  # noqa: S105 - the protocol's mark for a secret, not one
_IDENTIFIER = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


class ProviderError(Exception):
    """A failed operation; its message is for the user."""


@dataclass(frozen=True)
class Resource:
    """The resource of an operation.

    Attributes:
        urn: the engine's name of the resource.
        type: its type token, such as "gcp:sql/user:User".
        name: its logical name in the program.
        id: the provider's id; "" before it exists.
        ignored: property paths whose changes the program leaves to others (`ignoreChanges`).
    """

    urn: str
    type: str
    name: str
    id: str = ""
    ignored: tuple[str, ...] = ()


class InitFailedError(Exception):
    """A resource was created or changed but is not ready: the engine keeps it, and the next update retries.

    Args:
        resource_id: the provider's id of the resource.
        outputs: the known outputs.
        reasons: the problems, a sentence each.
    """

    def __init__(self, resource_id: str, outputs: Properties, inputs: Properties, reasons: list[str]) -> None:
        super().__init__("; ".join(reasons))
        self.resource_id = resource_id
        self.outputs = outputs
        self.inputs = inputs
        self.reasons = reasons


@dataclass(frozen=True)
class Difference:
    """Changes between two sets of inputs.

    Attributes:
        changes: property path -> "add", "delete" or "update".
        replaces: the changed paths that force a replacement.
        delete_first: the replacement cannot exist beside the old resource.
    """

    changes: Mapping[str, str] = field(default_factory=dict[str, str])
    replaces: frozenset[str] = frozenset()
    delete_first: bool = False


class Provider(ABC):
    """Operations of a plugin; every method may raise ProviderError.

    Attributes:
        version: the plugin's reported version.
        is_bridged: the vendor's plugin is made from a Terraform provider: beside the paths of a change it names the
            properties that they are in, and of a replacement these alone.
    """

    version = "0.0.0"
    is_bridged = False

    @abstractmethod
    def configure(self, config: Properties) -> None:
        """Takes the provider's configuration, before any other operation."""

    def cancel(self) -> None:  # noqa: B027 - only a plugin that waits has something to end
        """Ends the waits of operations, because the user interrupted."""

    @abstractmethod
    def check(
        self, resource: Resource, olds: Properties, news: Properties, seed: bytes
    ) -> tuple[Properties, list[str]]:
        """Returns the inputs with defaults filled in, and their problems, a sentence each."""

    @abstractmethod
    def diff(self, resource: Resource, old_inputs: Properties, olds: Properties, news: Properties) -> Difference:
        """Returns the changes from the old inputs to the new inputs."""

    @abstractmethod
    def create(self, resource: Resource, inputs: Properties, *, preview: bool) -> tuple[str, Properties]:
        """Creates a resource; returns its id and outputs, in a preview only known ones."""

    @abstractmethod
    def read(self, resource: Resource, inputs: Properties, state: Properties) -> tuple[str, Properties, Properties]:
        """Reads a resource; returns its id ("" if it is gone), inputs and outputs."""

    @abstractmethod
    def update(
        self, resource: Resource, old_inputs: Properties, olds: Properties, news: Properties, *, preview: bool
    ) -> Properties:
        """Changes a resource in place; returns its outputs."""

    @abstractmethod
    def delete(self, resource: Resource, state: Properties) -> None:
        """Deletes a resource; succeeds if it is gone already."""

    @abstractmethod
    def invoke(self, token: str, arguments: Properties) -> Properties:
        """Calls a function of the provider."""


def contains_unknown(value: Any) -> bool:
    """Returns whether a value is or contains an unknown value of a preview."""
    if isinstance(value, dict):
        return any(contains_unknown(item) for item in cast("Properties", value).values())
    if isinstance(value, list):
        return any(contains_unknown(item) for item in cast("list[Any]", value))
    return value == UNKNOWN


def secret(value: Any) -> Properties:
    """Returns a value marked as secret, for a response to the engine."""
    return {_SIGNATURE: _SECRET, "value": value}


def differences(old: Any, new: Any, path: str = "") -> Iterable[tuple[str, str]]:
    """Yields the property paths at which two values differ, with "add", "delete" or "update"."""
    if isinstance(old, dict) and isinstance(new, dict):
        before, after = cast("Properties", old), cast("Properties", new)
        for key in sorted(before.keys() | after.keys()):
            below = joined(path, key)
            if key not in after:
                yield below, "delete"
            elif key not in before:
                yield below, "add"
            else:
                yield from differences(before[key], after[key], below)
    elif isinstance(old, list) and isinstance(new, list):
        earlier, later = cast("list[Any]", old), cast("list[Any]", new)
        for index in range(max(len(earlier), len(later))):
            below = f"{path}[{index}]"
            if index >= len(later):
                yield below, "delete"
            elif index >= len(earlier):
                yield below, "add"
            else:
                yield from differences(earlier[index], later[index], below)
    elif old != new:
        yield path, "update"


def joined(path: str, key: str) -> str:
    """Returns the path of a key below another path; a key that is no identifier is quoted, as the engine requires."""
    if _IDENTIFIER.fullmatch(key):
        return f"{path}.{key}" if path else key
    return f"{path}[{json.dumps(key)}]"
