"""The verdict in words: the same sections for a terminal, for Markdown and for machines."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from plan_gate import digest
from plan_gate.blast_radius import BlastRadius, Contract
from plan_gate.change import Operation
from plan_gate.rules import RULES
from plan_gate.verdict import Verdict
from reports.markdown import escaped

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
    return (
        ", ".join(f"{reach.counts[operation]} {_DONE[operation]}" for operation in Operation if reach.counts[operation])
        or "nothing"
    )


def sections(verdict: Verdict) -> list[Section]:
    """Return the sections of a verdict that have lines."""
    reach = verdict.reach
    listed = [
        Section("changes", tuple(digest.lines(reach.digest))),
        Section("cannot be undone", _some(reach.irreversible), grave=True),
        Section("who may do what", _some(reach.access)),
        *map(_contract, reach.contracts),
        Section("only an administrator may apply this", _administrators(reach.administrators), grave=True),
        Section("accepted by exception", tuple(_accepted(verdict)), grave=True),
        Section("refused", tuple(_refused(verdict)), grave=True),
        Section("what plan_exceptions.yaml would have to accept", _some(tuple(_acceptable(verdict)))),
    ]
    return [section for section in listed if section.lines]


def _some(lines: Sequence[str]) -> tuple[str, ...]:
    if len(lines) <= _LINES:
        return tuple(lines)
    return (*lines[:_LINES], f"… and {len(lines) - _LINES} more")


def _contract(contract: Contract) -> Section:
    title = f"contract, read by {', '.join(contract.consumers)}"
    if contract.unknown:
        return Section(title, ("changes; what in it, only the update will tell",))
    return Section(title, _some(contract.paths))


def _administrators(labels: Sequence[str]) -> tuple[str, ...]:
    return (f"{len(labels)} resources, with make bootstrap: {digest.named(labels)}",) if labels else ()


def _accepted(verdict: Verdict) -> Iterator[str]:
    for accepted in verdict.accepted:
        granted = accepted.exception
        yield f"{accepted.refusal.message} Until {granted.expires}, by {granted.owner}: {granted.reason}"


def _refused(verdict: Verdict) -> Iterator[str]:
    for policy in RULES:
        messages = [refusal.message for refusal in verdict.refusals if refusal.policy is policy]
        yield from (f"{policy.name}: {message}" for message in _some(messages))
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
            lines = "\n".join(f"- {escaped(line)}" for line in section.lines)
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
        "counts": {str(operation): count for operation, count in reach.counts.items()},
        "sections": {section.title: list(section.lines) for section in sections(verdict)},
        "digest": [digest.document(entry) for entry in reach.digest],
        "needsAdministrator": bool(reach.administrators),
        "refusals": [
            {"policy": refusal.policy.name, "resource": refusal.urn, "message": refusal.message}
            for refusal in verdict.refusals
        ],
        "violations": verdict.violations,
    }
