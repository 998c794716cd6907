"""The verdict in words: the same sections for a terminal, for Markdown and for machines."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from engine import paths
from engine.text import visible
from plan_gate import digest
from plan_gate.blast_radius import BlastRadius, Contract
from plan_gate.change import Operation
from plan_gate.drift import DriftedProperty
from plan_gate.requirements import Needs
from plan_gate.rules import RULES
from plan_gate.verdict import Verdict
from reports.locations import ROOT, Locations
from reports.markdown import escaped

_ACCESS = "who may do what"
_OPTIONS = "options, in the state alone"
_ASSUMED = "taken as published, so this stack may change more once the stacks before it are updated"
# A long list of these is never cut: each line can take access or protection.
_WHOLE = frozenset({_ACCESS, _OPTIONS})
_LINES = 30
_DONE = {
    Operation.CREATE: "to create",
    Operation.UPDATE: "to update",
    Operation.REPLACE: "to replace",
    Operation.DELETE: "to delete",
    Operation.SAME: "unchanged",
}


@dataclass(frozen=True)
class Section:
    """Lines under a heading; `grave` when somebody has to act on them."""

    title: str
    lines: tuple[str, ...]
    grave: bool = False


def counted(reach: BlastRadius) -> str:
    """Return the number of resources by operation: `2 to create, 1 to delete, 57 unchanged`."""
    counted = [f"{reach.counts[operation]} {_DONE[operation]}" for operation in Operation if reach.counts[operation]]
    options = [f"{len(reach.options)} options to set"] if reach.options else []
    return ", ".join([*counted, *options]) or "nothing"


def sections(verdict: Verdict) -> list[Section]:
    """Return the sections of a verdict that have lines."""
    reach = verdict.reach
    listed = [
        Section("weakens, opens, stops", reach.weakened, grave=True),
        Section("cannot be undone", reach.irreversible, grave=True),
        Section("stopped by a person, and left so", reach.stopped, grave=True),
        Section("no longer fits its quota", reach.exceeded, grave=True),
        Section("changed out of band, and undone", reach.undone, grave=True),
        Section("changed out of band, and accepted", verdict.kept, grave=True),
        Section(_ASSUMED, verdict.assumed, grave=True),
        *_needs(verdict.needs),
        Section(_ACCESS, reach.access),
        Section(_OPTIONS, reach.options),
        *map(_contract, reach.contracts),
        Section("changes", tuple(digest.lines(reach.digest))),
        Section("only an administrator may apply this", _administrators(reach.administrators), grave=True),
        Section("accepted by exception", tuple(_accepted(verdict)), grave=True),
        Section("refused", tuple(_refused(verdict)), grave=True),
        Section("what plan_exceptions.yaml would have to accept", tuple(dict.fromkeys(_acceptable(verdict)))),
    ]
    return [replace(section, lines=tuple(map(visible, section.lines))) for section in listed if section.lines]


def short(section: Section) -> tuple[str, ...]:
    """Return the lines of a section for people: a long list is cut, unless it is whole or somebody has to weigh it."""
    whole = section.grave or section.title in _WHOLE
    return section.lines if whole else _some(section.lines)


def _some(lines: Sequence[str]) -> tuple[str, ...]:
    if len(lines) <= _LINES:
        return tuple(lines)
    return (*lines[:_LINES], f"… and {len(lines) - _LINES} more")


def _needs(needs: Needs | None) -> Iterator[Section]:
    if needs:
        yield Section(f"the update would be refused to {needs.account}", needs.refused, grave=True)


def _contract(contract: Contract) -> Section:
    title = f"contract, read by {', '.join(contract.consumers)}"
    if contract.unknown:
        return Section(title, ("changes; what in it, only the update will tell",))
    return Section(title, contract.paths)


def _administrators(labels: Sequence[str]) -> tuple[str, ...]:
    return (f"with make bootstrap: {digest.named(labels)}",) if labels else ()


def _accepted(verdict: Verdict) -> Iterator[str]:
    for accepted in verdict.accepted:
        granted = accepted.exception
        yield f"{accepted.refusal.message} Until {granted.expires}, by {granted.owner}: {granted.reason}"


def _refused(verdict: Verdict) -> Iterator[str]:
    for policy in RULES:
        messages = [refusal.message for refusal in verdict.refusals if refusal.policy is policy]
        yield from (f"{policy.name}: {message}" for message in messages)
        if messages:
            yield f"  → {policy.remediation}"
    if verdict.violations:
        yield f"{verdict.violations} violations of the policy pack, shown with the preview."


def _acceptable(verdict: Verdict) -> Iterator[str]:
    """Yield the beginning of each exception that would be needed; people add reason, owner and end."""
    for refusal in verdict.refusals:
        if refusal.operation:
            upto = f", upto: {refusal.count}" if refusal.count else ""
            yield f'- {{resource: "{refusal.urn}", operation: {refusal.operation}{upto}, …}}'


def markdown(verdict: Verdict) -> str:
    """Return the summary as Markdown; refusals and accepted exceptions are among the findings."""
    parts = [f"{counted(verdict.reach)}\n"]
    for section in sections(verdict):
        if section.title not in ("refused", "accepted by exception"):
            lines = "\n".join(f"- {escaped(line)}" for line in short(section))
            parts.append(f"**{section.title.capitalize()}**\n\n{lines}\n")
    parts.append(f"<sub>plan {verdict.plan.hash or 'none'}, state {verdict.plan.state_hash}</sub>\n")
    return "\n".join(parts)


def document(verdict: Verdict) -> dict[str, Any]:
    """Return the verdict for machines. An update compares the two hashes first."""
    reach = verdict.reach
    return {
        "passed": verdict.passed,
        "plan": verdict.plan.hash,
        "state": verdict.plan.state_hash,
        "counts": {
            **{str(operation): count for operation, count in reach.counts.items()},
            "options": len(reach.options),
        },
        "changes": [
            {"operation": str(change.operation), "resource": visible(change.urn), "stays": change.stays}
            for change in verdict.reach.changes
        ],
        "sections": {section.title: list(section.lines) for section in sections(verdict)},
        "drift": [_drifted(found) for found in verdict.drift],
        "digest": [digest.document(entry) for entry in reach.digest],
        "needsAdministrator": bool(reach.administrators),
        "needs": needed(verdict.needs) if verdict.needs else None,
        "refusals": [
            {"policy": refusal.policy.name, "resource": visible(refusal.urn), "message": visible(refusal.message)}
            for refusal in verdict.refusals
        ],
        "violations": verdict.violations,
    }


def _drifted(found: DriftedProperty) -> dict[str, Any]:
    """Return a drifted property for machines, with the line of code that declares the resource."""
    recorded = found.change.recorded
    urn = found.change.urn
    location = Locations(ROOT, {urn: recorded.source_position if recorded else ""}).of(urn)
    return {
        "resource": urn,
        "path": paths.text(found.path),
        "declared": found.declared,
        "live": found.live,
        "untouchable": found.untouchable,
        "place": f"{location.file}:{location.line}" if location else "",
    }


def needed(needs: Needs) -> dict[str, Any]:
    """Return for machines what an update requires."""
    return {
        "account": needs.account,
        "refused": [visible(line) for line in needs.refused],
        "unknown": [visible(line) for line in needs.uncertain],
        "permissions": {visible(place): list(permissions) for place, permissions in needs.least_role.items()},
        "required": needs.askable,
    }
