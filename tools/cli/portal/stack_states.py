"""States of the stacks, without secrets: the resources of each stack, and the team that owns each resource."""

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

from cli.layout import Stack
from engine import states
from engine.document import FormatError
from engine.urns import STACK
from toolchain.errors import ToolError

Properties = dict[str, Any]


@dataclass(frozen=True)
class Resource:
    """One resource of a state.

    Attributes:
        stack: its stack.
        owner: its team.
        properties: inputs and outputs together, without secrets and the engine's own notes.
        state: the resource in the state, without secrets.
    """

    stack: Stack
    owner: str
    properties: Properties
    state: states.Resource = field(repr=False)

    @property
    def urn(self) -> str:
        """Its URN."""
        return self.state.urn

    @property
    def type(self) -> str:
        """Its type token."""
        return self.state.type

    @property
    def name(self) -> str:
        """Its name in the program."""
        return self.state.name

    @property
    def created(self) -> str:
        """Time of its creation, in UTC to the second; empty when the state has none."""
        return _time(self.state.created)

    @property
    def modified(self) -> str:
        """Time of its last change, in UTC to the second; empty when the state has none."""
        return _time(self.state.modified)

    @property
    def parent(self) -> str:
        """URN of the component around it; empty for none but the stack."""
        return "" if f"::{STACK}::" in self.state.parent else self.state.parent

    @property
    def source(self) -> str:
        """Line that declares it ("apps/apps_layer/worker.py:40"); empty within a library, or unknown."""
        match = re.fullmatch(r"project:///(?P<file>[^#]+)#(?P<line>\d+)", self.state.source_position)
        if not match or ".venv/" in match["file"] or match["file"].startswith("../"):
            return ""
        return f"{self.stack.project}/{match['file']}:{match['line']}"


@dataclass(frozen=True)
class StackState:
    """State of a stack: its resources and outputs, and the team that owns the stack."""

    stack: Stack
    owner: str
    resources: tuple[Resource, ...]
    outputs: Properties

    @property
    def updated(self) -> str:
        """Time of the last change of a resource, in UTC; empty when the state has none."""
        return max((resource.modified for resource in self.resources), default="")


def read(stack: Stack, file: Path, owner: str) -> StackState:
    """Read the state of a stack.

    Args:
        stack: the stack.
        file: an export, or the file of a self-managed backend.
        owner: the team that owns the stack.

    Raises:
        ToolError: the file is not a state.
    """
    try:
        displayable = states.displayable(file.read_bytes(), file.name)
    except (OSError, FormatError) as error:
        reason = error.why if isinstance(error, FormatError) else type(error).__name__
        raise ToolError(
            f"{file.name} cannot be read as the state of {stack.title} ({reason}), so the portal would not show all "
            "there is, and none was written. Export it again."
        ) from None
    listed = map(states.Resource.model_validate, displayable)
    resources = [_resource(stack, state, owner) for state in listed if not state.delete]
    outputs = next((resource.properties for resource in resources if resource.type == STACK), Properties())
    managed = sorted((resource for resource in resources if resource.type != STACK), key=_order)
    return StackState(stack, owner, tuple(managed), outputs)


def users(resources: Sequence[Resource]) -> Mapping[str, list[str]]:
    """URNs of the resources that depend on a resource, by its URN."""
    dependents: defaultdict[str, list[str]] = defaultdict(list)
    for resource in resources:
        for used in sorted(resource.state.uses):
            dependents[used].append(resource.urn)
    return dependents


def _order(resource: Resource) -> tuple[bool, bool, str, str]:
    """Sort key: resources that a provider manages first, Pulumi's own last; then by type and name."""
    return not resource.state.custom, resource.type.startswith("pulumi:"), resource.type, resource.name


def _resource(stack: Stack, state: states.Resource, owner: str) -> Resource:
    both = {**state.inputs, **state.outputs}
    properties = {key: both[key] for key in sorted(both) if not key.startswith("__")}
    return Resource(stack, _label(properties) or owner, properties, state)


def _label(properties: Properties) -> str:
    """Team that a label of the resource names."""
    settings = properties.get("settings")
    places = (
        properties.get("labels"),
        cast("Properties", settings).get("userLabels") if isinstance(settings, dict) else None,
    )
    for labels in places:
        if isinstance(labels, dict) and (owner := cast("Properties", labels).get("owner")):
            return str(owner)
    return ""


def _time(value: str) -> str:
    return value[:19].replace("T", " ")
