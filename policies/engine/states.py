"""States of stacks: `pulumi stack export`, the file of a self-managed backend, and a checkpoint of its history.

All three contain a deployment under one of two wrappers, which this module distinguishes.
"""

import json
from collections.abc import Iterable
from functools import cached_property
from typing import Any, Final, Self, cast

from pydantic import Field, model_validator

from engine.document import Document, checked
from engine.values import HIDDEN, masked

Json = dict[str, Any]

# sdk/go/common/apitype/core.go. Version 4 lists the features that need it; these only add fields to resources.
_VERSIONS: Final = (3, 4)
_FEATURES: Final = frozenset({"byteString", "hooks", "refreshBeforeUpdate", "replaceWith", "taint", "views"})
_CONFIDENTIAL: Final = {"kubernetes:core/v1:Secret": frozenset({"data", "stringData"})}


class Resource(Document):
    """Resource in a state.

    Attributes:
        urn: its name for the engine.
        type: its type token.
        id: the provider's name for it; empty for a component.
        custom: whether a provider manages it; a component has none.
        delete: whether it was replaced and has yet to be deleted.
        protect: whether the engine refuses to delete it.
        retain_on_delete: whether the cloud keeps it when the state loses it.
        deleted_with: URN of the resource with which it goes, without a call of its own.
        ignore_changes: properties whose changes the engine leaves out.
        parent: URN of the component around it.
        provider: URN and ID of its provider.
        dependencies: URNs of the resources that it depends on.
        property_dependencies: URNs of the resources that each of its properties depends on.
        inputs: properties that the program declares, encrypted ones still encrypted.
        outputs: properties that the provider returned.
        created: time in RFC 3339; empty for a component.
        modified: time in RFC 3339; empty for a component.
        source_position: line of the program that declares it: `project:///platform_layer/datastore.py#40`.
    """

    urn: str
    type: str
    id: str = ""
    custom: bool = True
    delete: bool = False
    protect: bool = False
    retain_on_delete: bool = False
    deleted_with: str = ""
    ignore_changes: tuple[str, ...] = ()
    parent: str = ""
    provider: str = ""
    dependencies: tuple[str, ...] = ()
    property_dependencies: dict[str, tuple[str, ...] | None] = Field(
        default_factory=dict[str, "tuple[str, ...] | None"]
    )
    inputs: Json = Field(default_factory=Json)
    outputs: Json = Field(default_factory=Json)
    created: str = ""
    modified: str = ""
    source_position: str = ""

    @property
    def name(self) -> str:
        """Name in the program."""
        return self.urn.rpartition("::")[2]

    @property
    def confidential(self) -> frozenset[str]:
        """Properties that are secret as a whole, whatever the provider marked."""
        return _CONFIDENTIAL.get(self.type, frozenset())

    @property
    def uses(self) -> frozenset[str]:
        """URNs of all resources that it depends on."""
        by_property = (urn for urns in self.property_dependencies.values() for urn in urns or ())
        return frozenset((*self.dependencies, *by_property)) - {self.urn}


class Pending(Document):
    """Operation that an interrupted update left: `creating`, `updating`, …"""

    operation: str = Field(alias="type")
    resource: Resource


class State(Document):
    """Deployment of a stack: resources, and operations with an unknown outcome."""

    resources: tuple[Resource, ...] = ()
    pending: tuple[Pending, ...] = Field(default=(), alias="pending_operations")
    secrets_providers: Json = Field(default_factory=Json, alias="secrets_providers")

    @cached_property
    def by_urn(self) -> dict[str, Resource]:
        """Resources by URN; the successor of a replaced resource precedes the one that is yet to be deleted."""
        return {resource.urn: resource for resource in sorted(self.resources, key=lambda resource: not resource.delete)}

    @cached_property
    def by_provider(self) -> dict[str, list[str]]:
        """URNs of resources by the URN of their provider."""
        by_provider: dict[str, list[str]] = {}
        for resource in self.resources:
            by_provider.setdefault(resource.provider.rpartition("::")[0], []).append(resource.urn)
        return by_provider

    def provider_inputs(self, resource: Resource) -> Json:
        """Return the configuration of a resource's provider; empty where the state has no such provider."""
        provider = self.by_urn.get(resource.provider.rpartition("::")[0])
        # The engine keeps its own notes (version, download address) beside the configuration, under such names.
        return {name: value for name, value in (provider.inputs if provider else {}).items() if name[:2] != "__"}


class _Checkpoint(Document):
    latest: Json | None = None


class _File(Document):
    version: int
    features: tuple[str, ...] = ()
    deployment: Json | None = None
    checkpoint: _Checkpoint | None = None

    @model_validator(mode="after")
    def _known(self) -> Self:
        if self.version not in _VERSIONS or not _FEATURES.issuperset(self.features):
            version = " ".join((f"{self.version}", *self.features))
            raise ValueError(f"the state has a version or features that are not known here: {version}")
        if len(self.model_fields_set & {"deployment", "checkpoint"}) != 1:
            raise ValueError("the state has neither a deployment nor a checkpoint, or both")
        if "checkpoint" in self.model_fields_set and self.checkpoint is None:
            raise ValueError("the state's checkpoint is null")
        return self


def deployment(content: bytes | str, name: str) -> Json:
    """Return a state's deployment as the engine wrote it, to hand it back to the engine; empty without one.

    Raises:
        FormatError: the content is not a state of a known version.
    """
    file = checked("state", name, lambda: _File.model_validate_json(content))
    return (file.checkpoint.latest if file.checkpoint else file.deployment) or {}


def exported(deployment: Json) -> str:
    """Return a deployment in the form that `pulumi stack import` and `pulumi policy analyze` read."""
    return json.dumps({"version": _VERSIONS[0], "deployment": deployment})


def parse(content: bytes | str, name: str) -> State:
    """Parse a state; its encrypted values stay encrypted.

    Raises:
        FormatError: the content is not a state of a known version.
    """
    raw = deployment(content, name)
    return checked("state", name, lambda: State.model_validate(raw))


def resources(content: bytes | str, name: str) -> list[Json]:
    """Return a state's resources as the engine wrote them, with every field: for memory only, never to be shown.

    Raises:
        FormatError: the content is not a state of a known version.
    """
    raw = deployment(content, name)
    checked("state", name, lambda: State.model_validate(raw))
    return list(cast("Iterable[Json]", raw.get("resources", ())))


def displayable(content: bytes | str, name: str) -> list[Json]:
    """Return a state's resources as the engine wrote them, without secrets; no key is needed.

    Raises:
        FormatError: the content is not a state of a known version.
    """
    return [_displayable(resource) for resource in resources(content, name)]


def _displayable(resource: Json) -> Json:
    shown = cast("Json", masked(resource))
    for properties in (shown.get("inputs", {}), shown.get("outputs", {})):
        properties.update({key: HIDDEN for key in _CONFIDENTIAL.get(shown["type"], ()) if key in properties})
    return shown
