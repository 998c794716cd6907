"""States as they will be when plans have been carried out, so that a change of access is seen before it happens.

A plan is what `pulumi preview --save-plan` wrote. What only the update knows stays unknown; a grant that depends on it
is told as a gap.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from access_audit.merge import StateError
from plan_gate.access import readable
from plan_gate.change import Operation, changes
from plan_gate.plan import DocumentError, read
from policy_pack import urns
from policy_pack.rule import Member


@dataclass(frozen=True)
class Plan:
    """A plan of one stack, with the state before and the events of the preview."""

    plan: Path
    state: Path
    events: Path

    @classmethod
    def parse(cls, text: str) -> "Plan":
        """From three paths, separated by commas."""
        return cls(*map(Path, text.split(",")))


def members(plan: Plan) -> Iterator[Member]:
    """Every resource that a stack will have.

    Raises:
        StateError: a file cannot be read, or the preview ended without a plan.
    """
    try:
        evidence = read(plan.plan, plan.state, plan.events)
    except DocumentError as error:
        raise StateError(str(error)) from error
    if evidence.plan is None:
        raise StateError(f"{plan.plan.name} is missing: the preview ended without a plan, so nothing can be compared.")
    for change in changes(evidence).all:
        if change.operation is not Operation.DELETE:
            before = change.old.outputs if change.old else {}
            yield _member(change.urn, change.type, {**before, **change.after})


def _member(urn: str, kind: str, outputs: dict[str, object]) -> Member:
    known = readable(outputs)
    return Member(urn, kind, urns.parse(urn).name, lambda: known)
