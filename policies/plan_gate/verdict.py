"""The verdict on a plan: what is refused, what an exception accepted, and the change's blast radius."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

from plan_gate import exceptions, rules, settings
from plan_gate.blast_radius import BlastRadius, blast_radius
from plan_gate.change import changes
from plan_gate.exceptions import Exceptions, PlanException
from plan_gate.plan import Evidence
from plan_gate.rules import Refusal
from policy_pack import urns


@dataclass(frozen=True)
class Accepted:
    """A refusal that an exception lifted."""

    refusal: Refusal
    exception: PlanException


@dataclass(frozen=True)
class Verdict:
    """What the gate says of a plan.

    Attributes:
        evidence: what it was judged on; its hashes name the only plan and state that the verdict is about.
        violations: what mandatory policies said in the preview: a plan that has any is refused as well.
        refusals: why it may not be carried out.
        accepted: what exceptions lifted.
        reach: the blast radius.
    """

    evidence: Evidence
    violations: int
    refusals: tuple[Refusal, ...]
    accepted: tuple[Accepted, ...]
    reach: BlastRadius

    @property
    def passed(self) -> bool:
        """Whether the plan may be carried out."""
        return not self.refusals and not self.violations


def today() -> date:
    """The day, the same everywhere."""
    return datetime.now(UTC).date()


def judge(evidence: Evidence, file: Path = exceptions.FILE, *, on: date | None = None) -> Verdict:
    """The verdict on the evidence.

    Args:
        evidence: plan, state and events of a preview.
        file: the exceptions.
        on: the day on which exceptions are judged; today by default.

    Raises:
        engine.data.DataError: a file of security's cannot be used.
    """
    known = settings.settings()
    granted = exceptions.load(file, on or today())
    found = changes(evidence)
    refused: list[Refusal] = []
    accepted: list[Accepted] = []
    for refusal in rules.refusals(evidence, found, known):
        exception = granted.accepting(refusal.urn, refusal.deed, refusal.count) if refusal.deed else None
        if exception:
            accepted.append(Accepted(refusal, exception))
        else:
            refused.append(refusal)
    refused += _unneeded(evidence, granted)
    violations = sum(1 for event in evidence.events.policies if event.enforcement_level == "mandatory")
    return Verdict(evidence, violations, tuple(refused), tuple(accepted), blast_radius(evidence, found, known))


def _unneeded(evidence: Evidence, granted: Exceptions) -> Iterator[Refusal]:
    if not evidence.stack_urn or evidence.plan is None:
        return
    stack = urns.parse(evidence.stack_urn)
    for exception, problem in granted.problems(stack.stack, stack.project):
        yield Refusal(rules.EXCEPTIONS, exception.resource, f"the {exception.title} {problem}.", None)
