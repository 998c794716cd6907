"""What the engine wrote down of a preview: its plan, the state before, and its events.

Plan: `pulumi preview --save-plan`. State: `pulumi stack export`, or the backend's file. Events: `pulumi preview
--event-log`. Only what the gate needs is read. The plan is what binds the update; it does not hold `retainOnDelete` and
old names, the events do.
"""

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, Final, Self, TypeVar, cast

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator
from pydantic.alias_generators import to_camel

from reports.events import PolicyEvent

# The engine's words for a value that only the update makes, and for an encrypted one.
UNKNOWN: Final = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
_SIGNATURE: Final = "4dabf18193072939515e22adb298388d"
_STACK: Final = "pulumi:pulumi:Stack"

Model = TypeVar("Model", bound=BaseModel)


class DocumentError(Exception):
    """A file that the gate judges cannot be read as what it should be."""


class _Document(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore", alias_generator=to_camel)


class Difference(_Document):
    """What changes in a resource's inputs or outputs."""

    adds: dict[str, Any] = Field(default_factory=dict[str, Any])
    deletes: tuple[str, ...] = ()
    updates: dict[str, Any] = Field(default_factory=dict[str, Any])

    def applied(self, values: dict[str, Any]) -> dict[str, Any]:
        """Values after it."""
        return {**{key: value for key, value in values.items() if key not in self.deletes}, **self.adds, **self.updates}


class Goal(_Document):
    """A resource as the program wants it."""

    type: str
    custom: bool = True
    protect: bool = False
    delete_before_replace: bool = False
    input_diff: Difference = Difference()
    output_diff: Difference = Difference()


class ResourcePlan(_Document):
    """What is to be done with one resource."""

    goal: Goal | None = None
    steps: tuple[str, ...] = ()


class Plan(_Document):
    """What an update may do."""

    resource_plans: dict[str, ResourcePlan] = Field(default_factory=dict[str, ResourcePlan])


class Held(_Document):
    """A resource in a state. `delete` says that it was replaced and has yet to be deleted."""

    urn: str
    type: str
    custom: bool = True
    delete: bool = False
    protect: bool = False
    retain_on_delete: bool = False
    parent: str = ""
    provider: str = ""
    inputs: dict[str, Any] = Field(default_factory=dict[str, Any])
    outputs: dict[str, Any] = Field(default_factory=dict[str, Any])
    source_position: str = ""


class _Deployment(_Document):
    resources: tuple[Held, ...] = ()


class _Checkpoint(_Document):
    latest: _Deployment | None = None


class State(_Document):
    """A stack's state: exported, or the very file of a self-managed backend."""

    deployment: _Deployment | None = None
    checkpoint: _Checkpoint | None = None

    @model_validator(mode="after")
    def _one(self) -> Self:
        if (self.deployment is None) == (self.checkpoint is None):
            raise ValueError("it has neither a deployment nor a checkpoint")
        return self

    @cached_property
    def resources(self) -> tuple[Held, ...]:
        """All that it holds."""
        held = self.deployment or (self.checkpoint and self.checkpoint.latest)
        return held.resources if held else ()

    @cached_property
    def by_urn(self) -> dict[str, Held]:
        """Its resources; what a replacement left to be deleted gives way to what took its place."""
        return {each.urn: each for each in sorted(self.resources, key=lambda each: not each.delete)}

    @cached_property
    def by_provider(self) -> dict[str, list[str]]:
        """The URNs of resources by the URN of their provider."""
        found: dict[str, list[str]] = {}
        for each in self.resources:
            found.setdefault(each.provider.rpartition("::")[0], []).append(each.urn)
        return found


class _Side(_Document):
    urn: str = ""
    custom: bool = False
    protect: bool = False
    retain_on_delete: bool = False


class _Metadata(_Document):
    op: str
    urn: str
    old: _Side | None = None
    new: _Side | None = None


class _Step(_Document):
    metadata: _Metadata


class _Diagnostic(_Document):
    severity: str = ""
    message: str = ""


class _Summary(_Document):
    result: str = ""


class _Event(_Document):
    resource_pre_event: _Step | None = None
    policy_event: PolicyEvent | None = None
    diagnostic_event: _Diagnostic | None = None
    summary_event: _Summary | None = None


_TOLD = (b'"resourcePreEvent":', b'"policyEvent":', b'"summaryEvent":')
# An error among the engine's many notes.
_ERROR = b'"severity":"error"'


@dataclass
class Events:
    """What a preview told on its way."""

    operations: dict[str, set[str]] = field(default_factory=dict[str, set[str]])
    renamed: dict[str, str] = field(default_factory=dict[str, str])
    retained: set[str] = field(default_factory=set[str])
    components: set[str] = field(default_factory=set[str])
    policies: list[PolicyEvent] = field(default_factory=list[PolicyEvent])
    errors: list[str] = field(default_factory=list[str])
    complete: bool = False

    def take(self, event: _Event) -> None:
        """Count one event in."""
        if event.policy_event:
            self.policies.append(event.policy_event)
        elif event.diagnostic_event:
            self.errors.append(event.diagnostic_event.message.strip())
        elif event.summary_event:
            self.complete = event.summary_event.result in ("", "succeeded")
        elif event.resource_pre_event:
            self._step(event.resource_pre_event.metadata)

    def _step(self, step: _Metadata) -> None:
        self.operations.setdefault(step.urn, set()).add(step.op)
        if step.old and step.old.urn and step.old.urn != step.urn:
            self.renamed[step.urn] = step.old.urn
        if step.new and step.new.retain_on_delete:
            self.retained.add(step.urn)
        if not (step.new or step.old or _Side()).custom:
            self.components.add(step.urn)


@dataclass(frozen=True)
class Evidence:
    """Everything that a verdict rests on.

    Attributes:
        plan: None when the preview ended without one.
        plan_hash: SHA-256 of its file.
    """

    plan: Plan | None
    plan_hash: str
    state: State
    state_hash: str
    events: Events

    @property
    def stack_urn(self) -> str:
        """The URN of the stack's own resource; empty when neither plan nor state has one."""
        known = (*self.state.by_urn, *(self.plan.resource_plans if self.plan else ()))
        return next((urn for urn in known if f"::{_STACK}::" in urn), "")


def read(plan: Path, state: Path, events: Path) -> Evidence:
    """The evidence in three files; the plan's may be missing.

    Raises:
        DocumentError: a file cannot be read, or is not what it should be.
    """
    plan_bytes = _content(plan, "plan") if plan.exists() else b""
    state_bytes = _content(state, "state")
    return Evidence(
        plan=_parsed(Plan, plan_bytes, plan, "plan") if plan_bytes else None,
        plan_hash=hashlib.sha256(plan_bytes).hexdigest() if plan_bytes else "",
        state=_parsed(State, state_bytes, state, "state"),
        state_hash=hashlib.sha256(state_bytes).hexdigest(),
        events=_events(events),
    )


def _events(file: Path) -> Events:
    found = Events()
    for line in _content(file, "event log").splitlines():
        # Most of it are the engine's own notes; the name of an event is at the front of its line.
        if any(name in line[:80] for name in _TOLD) or _ERROR in line:
            found.take(_parsed(_Event, line, file, "event log"))
    return found


def _content(file: Path, what: str) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise DocumentError(_unreadable(file, what, error.strerror or str(error))) from None


def _parsed(model: type[Model], content: bytes, file: Path, what: str) -> Model:
    try:
        return model.model_validate_json(content)
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        where = ".".join(str(part) for part in first["loc"]) or "its beginning"
        raise DocumentError(_unreadable(file, what, f"{first['msg']} at {where}")) from None


def _unreadable(file: Path, what: str, why: str) -> str:
    return (
        f"the {what} {file.name} cannot be read ({why}), so nothing can be judged and nothing may run. Make it again "
        "with this version of the engine."
    )


def is_secret(value: object) -> bool:
    """Whether a value is encrypted."""
    return isinstance(value, dict) and _SIGNATURE in value


def is_unknown(value: object) -> bool:
    """Whether only the update knows a value."""
    return value == UNKNOWN


def leaves(value: object, path: str = "") -> Iterator[tuple[str, object]]:
    """Every value in a document, by its path; encrypted ones as one value."""
    below: Iterable[tuple[object, object]] = ()
    if isinstance(value, dict) and not is_secret(cast("object", value)):
        below = cast("dict[object, object]", value).items()
    elif isinstance(value, list):
        below = enumerate(cast("list[object]", value))
    inner = list(below)
    if not inner:
        yield path, cast("object", value)
    for key, each in inner:
        yield from leaves(each, f"{path}.{key}" if path else str(key))
