"""Recorded plans as files: of each stack the state once, and of each case only what its plan changes.

Only what gate and digest read is kept. Encrypted values become a hash, and no value of the machine that recorded stays.
"""

import functools
import hashlib
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, cast

from engine import events, plans, states
from engine.urns import STACK
from lab.plans.case import Case
from lab.plans.cases import cases
from plan_gate.plan import Plan

Json = dict[str, Any]

RECORDED = Path(__file__).with_name("recorded")
DIGESTS = Path(__file__).with_name("digests")
_SECRET = "ciphertext"  # noqa: S105  the key of an encrypted value
_PORT = re.compile(r"(?<=localhost:)[0-9]+")
_SIDE = ("urn", "custom", "retainOnDelete")
_SHOWN = (*_SIDE, "type", "protect", "parent", "provider", "inputs")
_STATE = (
    "urn",
    "type",
    "id",
    "custom",
    "delete",
    "protect",
    "retainOnDelete",
    "deletedWith",
    "ignoreChanges",
    "parent",
    "provider",
)
_GOAL = ("type", "custom", "provider", "parent", "protect", "deleteBeforeReplace", "ignoreChanges", "inputDiff")
# Types of which outputs are read: contracts, and what is in use in a namespace.
_OUTPUTS = (STACK, "kubernetes:core/v1:ResourceQuota")


def write(raw: Path, into: Path = RECORDED) -> None:
    """Write the recordings of a folder: the state of each stack, and the differences of each case."""
    into.mkdir(exist_ok=True)
    for stack in sorted({case.stack for case in cases()}):
        file = raw / "base" / stack / "state.json"
        base = _resources(file.read_bytes()) if file.exists() else {}
        of_stack = {case.name: _case(raw / "cases" / case.name, base) for case in cases() if case.stack == stack}
        state = ",\n".join(map(_line, base.values()))
        listed = ",\n".join(f"{json.dumps(name)}: {_line(one)}" for name, one in sorted(of_stack.items()))
        (into / _name(stack)).write_text(f'{{"state": [\n{state}\n],\n"cases": {{\n{listed}\n}}}}\n', encoding="utf-8")


def read(case: Case) -> Plan:
    """Return the plan of a case, as the gate reads it from the files of a preview."""
    recorded = _read(case.stack)
    base = {resource["urn"]: resource for resource in recorded["state"]}
    of_case: Json = recorded["cases"][case.name]
    state = {**base, **of_case["state"]}
    planned, shown = ({**_unchanged(state, what), **of_case[what]} for what in ("plans", "events"))
    content = {"resourcePlans": {urn: plan for urn, plan in planned.items() if plan is not None}, "manifest": {}}
    lines = [line for own in shown.values() for line in own or ()]
    update = None if of_case["stopped"] else plans.parse(_bytes(content), "plan.json")
    deployment = {"version": 3, "deployment": {"resources": list(state.values())}}
    log = b"\n".join(map(_bytes, [*({"resourcePreEvent": {"metadata": line}} for line in lines), *of_case["rest"]]))
    return Plan(
        update=update,
        hash="",
        state=states.parse(_bytes(deployment), "state.json"),
        state_hash="",
        events=events.parse(log, "events.json"),
    )


def _name(stack: str) -> str:
    return f"{stack.replace('/', '-')}.json"


@functools.cache
def _read(stack: str) -> Json:
    return json.loads((RECORDED / _name(stack)).read_bytes())


def _line(document: Json) -> str:
    """Return a resource or a case as a line, so that a difference of two recordings shows which one changed."""
    return json.dumps(_plain(document), ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def _bytes(document: Json) -> bytes:
    return json.dumps(document, separators=(",", ":")).encode()


def _case(folder: Path, base: Mapping[str, Json]) -> Json:
    state = _resources((folder / "state.json").read_bytes())
    plan = folder / "plan.json"
    planned: dict[str, Json] = json.loads(plan.read_bytes())["resourcePlans"] if plan.exists() else {}
    log = [json.loads(line) for line in (folder / "events.json").read_bytes().splitlines() if line.startswith(b"{")]
    shown: dict[str, list[Json]] = {}
    for event in log:
        if "resourcePreEvent" in event:
            step: Json = event["resourcePreEvent"]["metadata"]
            shown.setdefault(step["urn"], []).append(_step(step, stopped=not plan.exists()))
    return {
        "stopped": not plan.exists(),
        "state": {urn: resource for urn, resource in state.items() if resource != base.get(urn)},
        # A preview that ended without a plan has none to be kept.
        "plans": _different({urn: _planned(one) for urn, one in planned.items()}, _unchanged(state, "plans"))
        if planned
        else {},
        "events": _different(shown, _unchanged(state, "events")),
        "rest": [rest for event in log for rest in _rest(event)],
    }


def _different(found: Mapping[str, Any], expected: Mapping[str, Any]) -> Json:
    """Return what differs from what is expected; None for what is missing."""
    missing = dict.fromkeys(expected.keys() - found.keys())
    return missing | {key: value for key, value in found.items() if value != expected.get(key)}


def _resources(content: bytes) -> dict[str, Json]:
    resources: dict[str, Json] = {}
    for one in states.resources(content, "state.json"):
        by_property: dict[str, list[str] | None] = one.get("propertyDependencies") or {}
        direct: list[str] = one.get("dependencies") or []
        uses = sorted({*direct, *(urn for urns in by_property.values() for urn in urns or ())} - {one["urn"]})
        outputs = {"outputs": one.get("outputs", {})} if one["type"] in _OUTPUTS else {}
        kept = {key: one[key] for key in _STATE if key in one}
        resources[one["urn"]] = {**kept, "dependencies": uses, "inputs": one.get("inputs", {}), **outputs}
    return resources


def _planned(plan: Json) -> Json:
    goal: Json | None = plan.get("goal")
    steps = {"steps": plan.get("steps", [])}
    if goal is None:
        return steps
    keys = (*_GOAL, "outputDiff") if goal["type"] == STACK else _GOAL
    return {**steps, "goal": {key: goal[key] for key in keys if goal.get(key) or key == "custom"}}


def _step(step: Json, *, stopped: bool) -> Json:
    def side(name: str) -> Json:
        keys = _SHOWN if stopped and name == "new" and step["op"] != "same" else _SIDE
        own = step.get(name)
        return {name: {key: own[key] for key in keys if own.get(key)}} if own else {}

    keys = {"keys": step["keys"]} if step.get("keys") else {}
    return {"op": step["op"], "urn": step["urn"], **keys, **side("old"), **side("new")}


def _rest(event: Json) -> Iterator[Json]:
    """Yield what the gate reads beside steps: findings of policies, errors, and how the preview ended."""
    if "policyEvent" in event:
        found = event["policyEvent"]
        keys = ("resourceUrn", "message", "policyName", "policyPackName", "enforcementLevel")
        yield {"policyEvent": {key: found[key] for key in keys if key in found}}
    elif event.get("diagnosticEvent", {}).get("severity") == "error":
        keys = ("urn", "severity", "message")
        yield {
            "diagnosticEvent": {key: event["diagnosticEvent"][key] for key in keys if key in event["diagnosticEvent"]}
        }
    elif "summaryEvent" in event:
        yield {"summaryEvent": {"result": event["summaryEvent"].get("result", "")}}


def _unchanged(state: Mapping[str, Json], what: str) -> Json:
    """Return the plans, or the steps that a preview shows, of a stack in which nothing changes."""
    make = _same_plan if what == "plans" else _same_steps
    return {urn: make(resource) for urn, resource in state.items()}


def _same_plan(resource: Json) -> Json:
    kept = ("type", "custom", "provider", "parent", "protect", "ignoreChanges")
    return {"steps": ["same"], "goal": {key: resource[key] for key in kept if resource.get(key) or key == "custom"}}


def _same_steps(resource: Json) -> list[Json]:
    side = {key: resource[key] for key in _SIDE if resource.get(key)}
    return [{"op": "same", "urn": resource["urn"], "old": side, "new": side}]


def _plain(value: Any) -> Any:
    """Return a value without what is secret, and without the ports of the machine that recorded."""
    if isinstance(value, dict):
        fields = cast("Json", value)
        return {key: _hash(inner) if key == _SECRET else _plain(inner) for key, inner in fields.items()}
    if isinstance(value, list):
        return [_plain(inner) for inner in cast("Iterable[Any]", value)]
    return _PORT.sub("6443", value) if isinstance(value, str) else value


def _hash(ciphertext: str) -> str:
    return hashlib.sha256(ciphertext.encode()).hexdigest()[:16]
