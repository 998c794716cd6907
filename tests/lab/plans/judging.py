"""Judges recorded plans by gate and pack together, and writes what a person reads of each."""

import contextlib
import io
import os
import time
from collections.abc import Generator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from lab.plans.case import Case
from lab.plans.store import read
from plan_gate.terminal import show
from plan_gate.verdict import Verdict, evaluate
from policy_pack.catalog import POLICIES

_DAY = date(2026, 1, 1)
_NO_EXCEPTIONS = Path(__file__).with_name("no_exceptions.yaml")
_REMEDIES = {policy.name: policy.remediation for policy in POLICIES}


@dataclass(frozen=True)
class Judged:
    """A case with its verdict.

    Attributes:
        case: it.
        verdict: of the gate, with the findings of the pack that the engine recorded.
        seconds: how long the gate took.
    """

    case: Case
    verdict: Verdict
    seconds: float

    @property
    def is_right(self) -> bool:
        """Return whether exactly a dangerous plan is refused."""
        return self.verdict.passed != self.case.is_dangerous

    @property
    def judges(self) -> list[str]:
        """Names of the gate's rules and the pack's policies that refuse the plan."""
        gate = {
            refusal.policy.name for refusal in self.verdict.refusals if not self._is_of_the_pack(refusal.policy.name)
        }
        return sorted(gate | set(self._violated))

    @property
    def without_remedy(self) -> list[str]:
        """Names of what refuses the plan and does not say what to do."""
        remedies = {
            **_REMEDIES,
            **{refusal.policy.name: refusal.policy.remediation for refusal in self.verdict.refusals},
        }
        return [name for name in self.judges if not remedies.get(name)]

    @property
    def text(self) -> str:
        """Return the text for a person: the findings of the pack, then the gate's verdict with the digest."""
        policies = [event.line for event in self.verdict.plan.events.policies if event.is_violation]
        output = io.StringIO()
        with contextlib.redirect_stdout(output), _plain_terminal():
            show(self.verdict, self.case.stack, binding=False)
        return "".join(f"policy {line}\n" for line in policies) + output.getvalue()

    @property
    def _violated(self) -> list[str]:
        return [event.policy_name for event in self.verdict.plan.events.policies if event.is_violation]

    def _is_of_the_pack(self, rule: str) -> bool:
        """Return whether a refusal only says that the pack stopped the preview."""
        return rule == "plan-judgeable" and bool(self._violated)


def judge(case: Case) -> Judged:
    """Judge the plan of a case."""
    plan = read(case)
    started = time.perf_counter()
    verdict = evaluate(plan, _NO_EXCEPTIONS, on=_DAY)
    return Judged(case, verdict, time.perf_counter() - started)


@contextlib.contextmanager
def _plain_terminal() -> Generator[None]:
    before = {name: os.environ.pop(name, None) for name in ("COLUMNS", "FORCE_COLOR", "NO_COLOR")}
    os.environ["NO_COLOR"] = "1"
    try:
        yield
    finally:
        os.environ.pop("NO_COLOR")
        os.environ.update({name: value for name, value in before.items() if value is not None})
