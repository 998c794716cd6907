"""Event logs: `--event-log` of a preview or an update, and the lines of `pulumi policy analyze --json`.

The event log contains data that an update plan lacks: `retainOnDelete`, old names, operations of a refresh, and
findings of policies. Secrets in it are already masked by the engine.
"""

from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, BinaryIO

from pydantic import AfterValidator, Field

from engine import urns
from engine.document import Document, checked
from engine.values import masked

_KINDS = tuple(
    f'"{kind}":'.encode()
    for kind in ("resourcePreEvent", "resOutputsEvent", "policyEvent", "diagnosticEvent", "summaryEvent")
)
# Diagnostics that are read; most are the engine's own notes, and parsing these takes longer than everything else.
_READ = (b'"severity":"error"', b'"ephemeral":true')
_UNCHANGED = frozenset({"same", "read"})

Text = Annotated[str, AfterValidator(lambda text: str(masked(text)).strip())]


class PolicyEvent(Document):
    """Finding of a policy."""

    policy_name: str
    policy_pack_name: str = ""
    message: Text
    enforcement_level: str
    resource_urn: str = ""

    @property
    def is_violation(self) -> bool:
        """Return whether the finding stops an update."""
        return self.enforcement_level == "mandatory"

    @property
    def line(self) -> str:
        """Finding in a line: rule, resource, message."""
        return ": ".join(filter(None, (self.policy_name, urns.label(self.resource_urn), self.message)))


class Diagnostic(Document):
    """Message of the engine, of a provider or of the program."""

    urn: str = ""
    severity: str = ""
    message: Text = ""
    ephemeral: bool = False


class Side(Document):
    """Resource on one side of a step; `inputs` are None where the event has none, secrets in them are masked."""

    urn: str = ""
    type: str = ""
    custom: bool = False
    protect: bool = False
    parent: str = ""
    provider: str = ""
    retain_on_delete: bool = False
    inputs: dict[str, Any] | None = None


class _PathDiff(Document):
    diff_kind: str = ""


class _Metadata(Document):
    op: str
    urn: str
    keys: tuple[str, ...] | None = None
    detailed_diff: dict[str, _PathDiff] | None = None
    old: Side | None = None
    new: Side | None = None


class _Step(Document):
    metadata: _Metadata


class _Properties(Document):
    inputs: dict[str, Any] = Field(default_factory=dict[str, Any])
    outputs: dict[str, Any] = Field(default_factory=dict[str, Any])


class _Result(Document):
    op: str
    urn: str
    diffs: tuple[str, ...] | None = None
    detailed_diff: dict[str, Any] | None = None
    new: _Properties | None = None


class _Outputs(Document):
    metadata: _Result


class _Summary(Document):
    result: str = ""
    resource_changes: dict[str, int] | None = None
    policy_packs: dict[str, str] | None = Field(default=None, alias="PolicyPacks")


class Event(Document):
    """Event of one kind; the fields of the other kinds are None."""

    resource_pre_event: _Step | None = None
    res_outputs_event: _Outputs | None = None
    policy_event: PolicyEvent | None = None
    diagnostic_event: Diagnostic | None = None
    summary_event: _Summary | None = None


@dataclass(frozen=True)
class Refreshed:
    """Resource as a refresh found it in the cloud.

    Attributes:
        exists: whether the cloud has it.
        different: paths in which it differs from the state; a provider names whole properties, parts of them, or both.
        inputs: its inputs as the engine goes on with them, secrets masked. They have what was an input before: an
            element of a list that is new in the cloud, or a new property, is in the outputs alone.
        outputs: its outputs, secrets masked.
    """

    exists: bool
    different: tuple[str, ...]
    inputs: dict[str, Any]
    outputs: dict[str, Any]


@dataclass
class Events:
    """Summary of an event log.

    Attributes:
        operations: the engine's steps by URN.
        finished: URNs of resources whose step has ended.
        renamed: old URNs by new ones.
        forced: properties that force a replacement, by URN.
        refreshed: resources as a refresh found them, by URN; empty without a refresh.
        declared: resources of steps that change something, as the program declares them, by URN.
        retained: URNs of resources that the cloud keeps when the state loses them.
        components: URNs of components, which exist in Pulumi only.
        waiting: reasons for which resources wait, by URN.
        changes: resources by operation: `create`, `update`, `same`, …
        policies: findings of policies.
        errors: pairs of a URN (empty for none) and a message.
        packs: policy packs that ran.
        complete: whether the command completed without an error.
    """

    operations: dict[str, set[str]] = field(default_factory=dict[str, set[str]])
    finished: set[str] = field(default_factory=set[str])
    renamed: dict[str, str] = field(default_factory=dict[str, str])
    forced: dict[str, tuple[str, ...]] = field(default_factory=dict[str, tuple[str, ...]])
    refreshed: dict[str, Refreshed] = field(default_factory=dict[str, Refreshed])
    declared: dict[str, Side] = field(default_factory=dict[str, "Side"])
    retained: set[str] = field(default_factory=set[str])
    components: set[str] = field(default_factory=set[str])
    waiting: dict[str, str] = field(default_factory=dict[str, str])
    changes: Counter[str] = field(default_factory=Counter[str])
    policies: list[PolicyEvent] = field(default_factory=list[PolicyEvent])
    errors: list[tuple[str, str]] = field(default_factory=list[tuple[str, str]])
    packs: set[str] = field(default_factory=set[str])
    complete: bool = False

    @property
    def started(self) -> set[str]:
        """URNs of resources that an operation changes."""
        return {urn for urn, operations in self.operations.items() if operations - _UNCHANGED}

    @property
    def changed(self) -> int:
        """Number of resources that differ from what is deployed."""
        return sum(count for operation, count in self.changes.items() if operation not in _UNCHANGED)

    @property
    def violations(self) -> list[str]:
        """Findings of mandatory policies, a line each."""
        return [policy.line for policy in self.policies if policy.is_violation]

    @property
    def advisories(self) -> list[str]:
        """Findings of all other policies, a line each."""
        return [policy.line for policy in self.policies if not policy.is_violation]

    def read(self, lines: bytes, name: str) -> None:
        """Add the events in whole lines; other lines, such as notes of the engine between events, are ignored.

        Raises:
            FormatError: a line is not an event of a known form.
        """
        for line in lines.splitlines():
            # The name of an event is at the front of its line.
            kind = next((kind for kind in _KINDS if kind in line[:80]), b"")
            if kind and (b"diagnostic" not in kind or any(mark in line for mark in _READ)):
                self.take(checked("event log", name, lambda: Event.model_validate_json(line)))  # noqa: B023  called at once

    def take(self, event: Event) -> None:
        """Add one event."""
        if event.policy_event:
            self.policies.append(event.policy_event)
        elif event.diagnostic_event:
            self._diagnostic(event.diagnostic_event)
        elif event.resource_pre_event:
            self._step(event.resource_pre_event.metadata)
        elif event.res_outputs_event:
            self._ended(event.res_outputs_event.metadata)
        elif event.summary_event:
            self.complete = event.summary_event.result in ("", "succeeded")
            self.changes.update(event.summary_event.resource_changes or {})
            self.packs.update(event.summary_event.policy_packs or {})

    def _step(self, step: _Metadata) -> None:
        self.operations.setdefault(step.urn, set()).add(step.op)
        if step.old and step.old.urn and step.old.urn != step.urn:
            self.renamed[step.urn] = step.old.urn
        if step.keys:
            # A provider may name properties as the cause, and the paths in them only here.
            paths = (path for path, each in (step.detailed_diff or {}).items() if each.diff_kind.endswith("-replace"))
            self.forced[step.urn] = tuple(sorted(paths)) or tuple(dict.fromkeys(step.keys))
        if step.new and step.new.inputs is not None and step.op not in _UNCHANGED:
            self.declared[step.urn] = step.new
        if step.new and step.new.retain_on_delete:
            self.retained.add(step.urn)
        if not (step.new or step.old or Side()).custom:
            self.components.add(step.urn)

    def _ended(self, result: _Result) -> None:
        self.finished.add(result.urn)
        self.waiting.pop(result.urn, None)
        if result.op == "refresh":
            new = result.new or _Properties()
            exists = result.new is not None
            different = tuple(dict.fromkeys((*(result.diffs or ()), *(result.detailed_diff or ()))))
            self.refreshed[result.urn] = Refreshed(exists, different, new.inputs, new.outputs)

    def _diagnostic(self, diagnostic: Diagnostic) -> None:
        if diagnostic.ephemeral:
            self.waiting[diagnostic.urn] = diagnostic.message
        # The engine repeats an error at the end of its log.
        error = diagnostic.urn, diagnostic.message
        if diagnostic.severity == "error" and diagnostic.message and error not in self.errors:
            self.errors.append(error)


def parse(content: bytes, name: str) -> Events:
    """Summarise a whole event log.

    Raises:
        FormatError: a line is not an event of a known form.
    """
    events = Events()
    events.read(content, name)
    return events


class Follower:
    """Reader of an event log that the engine still writes."""

    def __init__(self, log: Path) -> None:
        self._log = log
        self._file: BinaryIO | None = None
        self._rest = b""
        self.events = Events()

    def poll(self) -> None:
        """Add the lines that were completed since the last call.

        Raises:
            FormatError: a line is not an event of a known form.
        """
        if self._file is None:
            if not self._log.exists():
                return
            self._file = self._log.open("rb")
        lines, newline, self._rest = (self._rest + self._file.read()).rpartition(b"\n")
        if newline:
            self.events.read(lines, self._log.name)

    def close(self) -> Events:
        """Add the rest, and return the summary."""
        self.poll()
        if self._file:
            self._file.close()
        return self.events
