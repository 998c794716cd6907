"""States after plans have been carried out, so that a change of access is visible before it happens.

A plan is the file of `pulumi preview --save-plan`. Values that only the update knows stay unknown; a grant that depends
on one is reported as unknown. So are the changes that a layer will make because another layer's plan changes its
contract: its preview read the deployed contract.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from audit.merge import StateError
from engine import contracts, urns
from engine.document import FormatError
from engine.members import Member
from plan_gate import plan as gate
from plan_gate.access import readable
from plan_gate.blast_radius import blast_radius
from plan_gate.change import Operation, changes
from plan_gate.settings import settings


@dataclass(frozen=True)
class Plan:
    """Files of one stack's plan: the plan, the state before it, and the events of the preview."""

    plan: Path
    state: Path
    events: Path

    @cached_property
    def evidence(self) -> gate.Plan:
        """Content of the files.

        Raises:
            StateError: a file cannot be read, or the preview ended without a plan.
        """
        try:
            plan = gate.read(self.plan, self.state, self.events)
        except FormatError as error:
            raise StateError(str(error)) from error
        if plan.update is None:
            raise StateError(
                f"{self.plan.name} is missing: the preview ended without a plan, so nothing can be compared."
            )
        return plan

    @property
    def program(self) -> str:
        """Program of the stack."""
        return contracts.program_of(self.evidence.stack_urn)


def members(plan: Plan) -> Iterator[Member]:
    """Yield the resources that a stack will have.

    Raises:
        StateError: a file cannot be read, or the preview ended without a plan.
    """
    for change in changes(plan.evidence).all:
        if change.operation is not Operation.DELETE:
            before = change.old.outputs if change.old else {}
            yield _member(change.urn, change.type, {**before, **change.after})


def unsettled(plans: Iterable[Plan]) -> Iterator[str]:
    """Yield parts of the difference that no preview shows yet, a sentence each.

    Raises:
        engine.data.DataError: the file with the contracts' consumers cannot be used.
    """
    planned = list(plans)
    programs = {plan.program for plan in planned}
    handed_over = {
        (plan.program, reader): None
        for plan in planned
        for contract in blast_radius(plan.evidence, changes(plan.evidence), settings()).contracts
        for reader in contract.consumers
        if reader in programs
    }
    for program, reader in handed_over:
        yield (
            f"{program} will hand over another contract, and what {reader} makes of it is not compared here: ask "
            f"again when {program} is up."
        )


def _member(urn: str, kind: str, outputs: dict[str, object]) -> Member:
    known = readable(outputs)
    return Member(urn, kind, urns.parse(urn).name, lambda: known)
