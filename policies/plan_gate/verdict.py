"""The verdict on a plan: refusals, accepted exceptions, and the blast radius of the change."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

from engine import urns
from plan_gate import drift, exceptions, harmless, rules, settings
from plan_gate.blast_radius import BlastRadius, blast_radius
from plan_gate.change import Changes, changes
from plan_gate.drift import DriftedProperty
from plan_gate.exceptions import Exceptions, PlanException
from plan_gate.needs import Environment, required
from plan_gate.plan import Plan
from plan_gate.requirements import Needs
from plan_gate.rules import Refusal
from policy_pack import acceptances
from policy_pack.acceptances import Acceptances, load


@dataclass(frozen=True)
class Accepted:
    """Refusal that an exception lifted."""

    refusal: Refusal
    exception: PlanException


@dataclass(frozen=True)
class Verdict:
    """The gate's verdict on a plan.

    Attributes:
        plan: the plan that was evaluated; its hashes name the only plan and state that the verdict is about.
        violations: number of findings of mandatory policies in the preview: a plan with any is refused as well.
        refusals: reasons why the plan may not be carried out.
        accepted: refusals that exceptions lifted.
        reach: the blast radius.
        needs: what the update requires, and what it would be refused for; None where nothing of the cloud was read.
            It is a prediction, and no reason for a refusal of the gate.
        drift: drifted properties that the update would put back.
        kept: accepted drift that stays, a line each.
        assumed: parts of contracts that the preview took as published, although updates before this one may change
            them, a line each: the plan may change more than it shows.
    """

    plan: Plan
    violations: int
    refusals: tuple[Refusal, ...]
    accepted: tuple[Accepted, ...]
    reach: BlastRadius
    needs: Needs | None = None
    drift: tuple[DriftedProperty, ...] = ()
    kept: tuple[str, ...] = ()
    assumed: tuple[str, ...] = ()

    @property
    def passed(self) -> bool:
        """Return whether the plan may be carried out."""
        return not self.refusals and not self.violations


def today() -> date:
    """Return today in UTC, the same everywhere."""
    return datetime.now(UTC).date()


def evaluate(
    plan: Plan,
    file: Path = exceptions.FILE,
    *,
    acceptances: Path = acceptances.FILE,
    on: date | None = None,
    around: Environment | None = None,
    unattended: bool = False,
    assumed: tuple[str, ...] = (),
) -> Verdict:
    """Evaluate a plan.

    Args:
        plan: update plan, state and events of a preview.
        file: the file of exceptions.
        acceptances: the file of accepted drift.
        on: the day on which exceptions and acceptances have to be valid; today by default.
        around: what is known of the environment, for what the update requires.
        unattended: whether nobody reads the plan, so that it may do nothing but put harmless drift back.
        assumed: parts of contracts that the preview took as published.

    Raises:
        engine.data.DataError: a file of security's cannot be used.
    """
    known = settings.settings()
    granted = exceptions.load(file, on or today())
    agreed = load(acceptances, on=on)
    changed = changes(plan, agreed)
    refused = [*_of_drift(plan, changed, agreed, unattended=unattended)]
    accepted: list[Accepted] = []
    for refusal in rules.refusals(plan, changed, known):
        exception = granted.accepting(refusal.urn, refusal.operation, refusal.count) if refusal.operation else None
        if exception:
            accepted.append(Accepted(refusal, exception))
        else:
            refused.append(refusal)
    refused += _unneeded(plan, granted)
    violations = len(plan.events.violations)
    needed = required(plan, changed, around) if around else None
    return Verdict(
        plan,
        violations,
        tuple(refused),
        tuple(accepted),
        blast_radius(plan, changed, known),
        needed,
        tuple(drift.drifted(changed)),
        tuple(drift.kept(changed, agreed, plan)),
        assumed,
    )


def _of_drift(plan: Plan, changed: Changes, agreed: Acceptances, *, unattended: bool) -> Iterator[Refusal]:
    for urn, problem in drift.refused(changed, agreed, plan):
        yield Refusal(rules.ACCEPTED_STAYS, urn, f"{problem}.", None)
    if unattended:
        for urn, other in harmless.others(changed, harmless.load()):
            yield Refusal(rules.HARMLESS_ALONE, urn, f"{other}.", None)


def _unneeded(plan: Plan, granted: Exceptions) -> Iterator[Refusal]:
    if not plan.stack_urn or plan.update is None:
        return
    stack = urns.parse(plan.stack_urn)
    for exception, problem in granted.problems(stack.stack, stack.project):
        yield Refusal(rules.EXCEPTIONS, exception.resource, f"the {exception.title} {problem}.", None)
