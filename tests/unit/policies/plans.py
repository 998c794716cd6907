"""Synthetic files of a preview: a state, a plan and an event log that agree; then one thing is broken."""

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import yaml

from plan_gate.plan import read
from plan_gate.verdict import Verdict, evaluate

TODAY = date(2026, 3, 2)
UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
STACK = "urn:pulumi:dev::platform::pulumi:pulumi:Stack::platform-dev"
INSTANCE = "gcp:sql/databaseInstance:DatabaseInstance"
MEMBER = "gcp:projects/iAMMember:IAMMember"
FIREWALL = "gcp:compute/firewall:Firewall"

Json = dict[str, Any]


def urn(kind: str, name: str, project: str = "platform", above: str = "", stack: str = "dev") -> str:
    """A resource's URN."""
    return f"urn:pulumi:{stack}::{project}::{above}{kind}::{name}"


@dataclass
class Preview:
    """A preview of a platform stack in which nothing changes, until told otherwise."""

    folder: Path
    resources: list[Json] = field(default_factory=list[Json])
    plans: dict[str, Json] = field(default_factory=dict[str, Json])
    events: list[Json] = field(default_factory=list[Json])
    found: list[Json] = field(default_factory=list[Json])
    exceptions: list[Json] = field(default_factory=list[Json])
    acceptances: list[Json] = field(default_factory=list[Json])
    failed: bool = False

    def stack(self, project: str = "platform", name: str = "dev", **outputs: Any) -> None:
        """The stack itself, with its outputs before."""
        held = f"{project}-{name}"
        self.held("pulumi:pulumi:Stack", held, project=project, stack=name, custom=False, outputs=outputs)

    def held(
        self, kind: str, name: str, *, project: str = "platform", above: str = "", stack: str = "dev", **more: Any
    ) -> str:
        """A resource of the state that stays as it is; returns its URN."""
        named = urn(kind, name, project, above, stack)
        self.resources.append({"urn": named, "type": kind, "custom": True, "inputs": {}, **more})
        held = self.resources[-1]
        self.planned(named, "same", protect=bool(held.get("protect")), custom=held["custom"])
        return named

    def planned(self, named: str, *steps: str, renamed_from: str = "", shown: tuple[str, ...] = (), **goal: Any) -> str:
        """Add an operation on a resource to the plan, and to the preview's events: the same one, unless it is given."""
        kind = named.split("::")[2].rpartition("$")[2]
        custom = goal.get("custom", True)
        told = {"type": kind, "custom": True, "protect": False, **goal}
        self.plans[named] = {"steps": list(steps)} | ({} if "delete" in steps else {"goal": told})
        side = {"urn": named, "custom": custom, "retainOnDelete": goal.get("retain", False)}
        old = {**side, "urn": renamed_from or named, "retainOnDelete": False}
        self.events = [each for each in self.events if each["resourcePreEvent"]["metadata"]["urn"] != named]
        for step in shown or steps:
            new = {} if step == "delete" else {"new": side}
            before = {} if step == "create" else {"old": old}
            self.events.append({"resourcePreEvent": {"metadata": {"op": step, "urn": named, **before, **new}}})
        return named

    def refreshed(
        self, named: str, *different: str, gone: bool = False, detailed: Iterable[str] = (), **found: Any
    ) -> str:
        """A resource as the refresh before the plan found it: its inputs and outputs, or that it is gone.

        A provider names the properties in which it differs, paths in them (`detailed`), or both.
        """
        result: Json = {"op": "refresh", "urn": named} | ({} if gone else {"new": found})
        result["diffs"] = list(different) or None
        result["detailedDiff"] = {path: {"diffKind": "update", "inputDiff": False} for path in detailed} or None
        self.found.append({"resourcePreEvent": {"metadata": {"op": "refresh", "urn": named, "old": {"custom": True}}}})
        self.found.append({"resOutputsEvent": {"metadata": result}})
        return named

    def accept(self, named: str, operation: str, expires: str = "2026-03-09", **more: Any) -> None:
        """An exception."""
        told = {"reason": "The data were moved to the new instance.", "owner": "platform", "expires": expires, **more}
        self.exceptions.append({"resource": named, "operation": operation, **told})

    def agree(self, named: str, path: str, value: Any, expires: str = "2026-03-09") -> None:
        """Accepted drift."""
        told = {"reason": "The name is read by a tool that is retired in May.", "owner": "platform", "expires": expires}
        self.acceptances.append({"resource": named, "path": path, "value": value, **told})

    def judged(self, *, unattended: bool = False) -> Verdict:
        """Verdict of the gate."""
        plan, state, events = self.written()
        exceptions = self.folder / "plan_exceptions.yaml"
        exceptions.write_text(yaml.safe_dump({"exceptions": self.exceptions}))
        acceptances = self.folder / "drift_acceptances.yaml"
        acceptances.write_text(yaml.safe_dump({"acceptances": self.acceptances}))
        read_in = read(plan, state, events)
        return evaluate(read_in, exceptions, acceptances=acceptances, on=TODAY, unattended=unattended)

    def written(self) -> tuple[Path, Path, Path]:
        """The three files."""
        plan, state, events = (self.folder / name for name in ("plan.json", "state.json", "events.json"))
        if not self.failed:
            plan.write_text(json.dumps({"manifest": {}, "resourcePlans": self.plans}))
        state.write_text(json.dumps({"version": 3, "deployment": {"resources": self.resources}}))
        ending = {"summaryEvent": {"result": "failed" if self.failed else "succeeded"}}
        lines = [{"sequence": 1, "timestamp": 1, **event} for event in (*self.found, *self.events, ending)]
        events.write_text("".join(json.dumps(line, separators=(",", ":")) + "\n" for line in lines))
        return plan, state, events


def refused(verdict: Verdict) -> set[tuple[str, str]]:
    """Rule and resource of each refusal."""
    return {(refusal.policy.name, refusal.urn) for refusal in verdict.refusals}
