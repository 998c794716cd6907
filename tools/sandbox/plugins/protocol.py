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
_IDENTIFIER = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_SIGNATURE = "4dabf18193072939515e22adb298388d"
_SECRET = "1b47061264138c4ac30d75fd1eb44270"  # noqa: S105 - the protocol's mark for a secret, not one


class ProviderError(Exception):
    """An operation failed; the message is what the user reads."""


@dataclass(frozen=True)
class Resource:
    """Which resource an operation is about.

    Attributes:
        urn: the engine's name for it.
        type: its type token, such as "gcp:sql/user:User".
        name: its logical name in the program.
        id: the provider's id; "" before it exists.
    """

    urn: str
    type: str
    name: str
    id: str = ""


class InitFailedError(Exception):
    """A resource was created or changed but is not ready: the engine keeps it, and the next update tries again.

    Args:
        resource_id: the provider's id of it.
        outputs: its outputs as far as they are known.
        reasons: what is wrong, a sentence each.
    """

    def __init__(self, resource_id: str, outputs: Properties, inputs: Properties, reasons: list[str]) -> None:
        super().__init__("; ".join(reasons))
        self.resource_id = resource_id
        self.outputs = outputs
        self.inputs = inputs
        self.reasons = reasons


@dataclass(frozen=True)
class Difference:
    """What changes between two sets of inputs.

    Attributes:
        changes: property path -> "add", "delete" or "update".
        replaces: those of the paths that force a replacement.
        delete_first: the replacement cannot exist beside the old resource.
    """

    changes: Mapping[str, str] = field(default_factory=dict[str, str])
    replaces: frozenset[str] = frozenset()
    delete_first: bool = False


class Provider(ABC):
    """What a plugin does; every method may raise ProviderError.

    Attributes:
        version: the version that the plugin reports.
    """

    version = "0.0.0"

    @abstractmethod
    def configure(self, config: Properties) -> None:
        """Takes the provider's configuration, before any other operation."""

    def cancel(self) -> None:  # noqa: B027 - only a plugin that waits for something has to do with it
        """Ends what operations wait for: the user interrupted."""

    @abstractmethod
    def check(
        self, resource: Resource, olds: Properties, news: Properties, seed: bytes
    ) -> tuple[Properties, list[str]]:
        """The inputs with defaults filled in, and what is wrong with them, a sentence each."""

    @abstractmethod
    def diff(self, resource: Resource, old_inputs: Properties, olds: Properties, news: Properties) -> Difference:
        """What changes from the old inputs to the new ones."""

    @abstractmethod
    def create(self, resource: Resource, inputs: Properties, *, preview: bool) -> tuple[str, Properties]:
        """Creates a resource: its id and outputs; in a preview only what is known beforehand."""

    @abstractmethod
    def read(self, resource: Resource, inputs: Properties, state: Properties) -> tuple[str, Properties, Properties]:
        """Reads a resource: its id ("": it is gone), inputs and outputs."""

    @abstractmethod
    def update(
        self, resource: Resource, old_inputs: Properties, olds: Properties, news: Properties, *, preview: bool
    ) -> Properties:
        """Changes a resource in place: its outputs."""

    @abstractmethod
    def delete(self, resource: Resource, state: Properties) -> None:
        """Deletes a resource; one that is gone already is deleted."""

    @abstractmethod
    def invoke(self, token: str, arguments: Properties) -> Properties:
        """Calls a function of the provider."""


def contains_unknown(value: Any) -> bool:
    """Whether a value is unknown in this preview, or holds something that is."""
    if isinstance(value, dict):
        return any(contains_unknown(item) for item in cast("Properties", value).values())
    if isinstance(value, list):
        return any(contains_unknown(item) for item in cast("list[Any]", value))
    return value == UNKNOWN


def secret(value: Any) -> Properties:
    """A value marked as secret in an answer to the engine."""
    return {_SIGNATURE: _SECRET, "value": value}


def differences(old: Any, new: Any, path: str = "") -> Iterable[tuple[str, str]]:
    """Every property path at which two values differ, with "add", "delete" or "update"."""
    if isinstance(old, dict) and isinstance(new, dict):
        before, after = cast("Properties", old), cast("Properties", new)
        for key in sorted(before.keys() | after.keys()):
            below = _joined(path, key)
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


def _joined(path: str, key: str) -> str:
    """The path of a key below another path; a key that is no identifier is quoted, as the engine reads paths."""
    if _IDENTIFIER.fullmatch(key):
        return f"{path}.{key}" if path else key
    return f"{path}[{json.dumps(key)}]"
