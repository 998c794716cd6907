"""Reading the engine's event log: what a preview or update would do or did, and what the policies said."""

import json
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TextIO

_ENDED = {"create": "created", "update": "updated", "delete": "deleted", "replace": "replaced", "refresh": "refreshed"}


@dataclass
class Outcome:
    """What the events of one command told.

    `changes` counts resources by operation (`create`, `update`, `same`, …); `violations` are the messages of
    mandatory policies, `advisories` of the others; `errors` are pairs of a resource's name (empty for none) and text;
    `started` and `finished` are the URNs of resources that differ, `waiting` is what a resource waits for by its URN.
    """

    changes: Counter[str] = field(default_factory=Counter[str])
    violations: list[str] = field(default_factory=list[str])
    advisories: list[str] = field(default_factory=list[str])
    errors: list[tuple[str, str]] = field(default_factory=list[tuple[str, str]])
    packs: set[str] = field(default_factory=set[str])
    started: set[str] = field(default_factory=set[str])
    finished: set[str] = field(default_factory=set[str])
    waiting: dict[str, str] = field(default_factory=dict[str, str])

    @property
    def changed(self) -> int:
        """How many resources differ from what is deployed."""
        return sum(count for operation, count in self.changes.items() if operation not in ("same", "read"))

    def take(self, event: dict[str, Any]) -> None:
        """Count one event in."""
        if "policyEvent" in event:
            self._policy(event["policyEvent"])
        elif "diagnosticEvent" in event:
            self._diagnostic(event["diagnosticEvent"])
        elif "resourcePreEvent" in event:
            metadata = event["resourcePreEvent"]["metadata"]
            if metadata["op"] not in ("same", "read"):
                self.started.add(metadata["urn"])
        elif "resOutputsEvent" in event:
            urn = event["resOutputsEvent"]["metadata"]["urn"]
            self.finished.add(urn)
            self.waiting.pop(urn, None)
        elif "summaryEvent" in event:
            summary = event["summaryEvent"]
            self.changes.update({str(key): int(value) for key, value in summary["resourceChanges"].items()})
            self.packs.update(summary.get("PolicyPacks") or {})

    def _policy(self, event: dict[str, Any]) -> None:
        where = name_of(event.get("resourceUrn", ""))
        line = f"{event['policyName']}: {f'{where}: ' if where else ''}{event['message'].strip()}"
        (self.violations if event["enforcementLevel"] == "mandatory" else self.advisories).append(line)

    def _diagnostic(self, event: dict[str, Any]) -> None:
        text = str(event["message"]).strip()
        if event.get("ephemeral"):
            self.waiting[event.get("urn", "")] = text
        told = (event.get("urn", ""), text)
        if event["severity"] == "error" and text and told not in self.errors:
            self.errors.append(told)


def name_of(urn: str) -> str:
    """`sql:DatabaseInstance orders` from a URN; empty for an empty one."""
    parts = urn.split("::")
    if len(parts) < 4:
        return ""
    kind = parts[2].rsplit("$", 1)[-1]
    return f"{kind.partition(':')[2].replace('/', ':').rpartition(':')[2] or kind} {parts[3]}"


def summary(changes: Counter[str], *, planned: bool) -> str:
    """`3 created, 1 updated, 12 unchanged`; planned ones as `3 to create`."""
    parts = [
        f"{count} to {operation}" if planned else f"{count} {_ENDED.get(operation, operation)}"
        for operation, count in sorted(changes.items())
        if operation not in ("same", "read")
    ]
    if changes["same"]:
        parts.append(f"{changes['same']} unchanged")
    return ", ".join(parts) or "nothing"


class Follower:
    """Reads an event log while the engine still writes it."""

    def __init__(self, log: Path) -> None:
        self._log = log
        self._file: TextIO | None = None
        self._rest = ""
        self.outcome = Outcome()

    def poll(self) -> None:
        """Take in what was written since the last call."""
        if self._file is None:
            if not self._log.exists():
                return
            self._file = self._log.open(encoding="utf-8")
        *lines, self._rest = (self._rest + self._file.read()).split("\n")
        for line in lines:
            if line:
                self.outcome.take(json.loads(line))

    def close(self) -> Outcome:
        """Take in the rest and return what all of it told."""
        self.poll()
        if self._file:
            self._file.close()
        return self.outcome
