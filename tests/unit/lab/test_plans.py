"""The benchmark of plans: every recorded plan of the engine is judged, and its digest is what a person has read."""

import functools
from collections import Counter
from dataclasses import replace

import pytest

from engine import urns
from lab.plans.case import DANGERS, EVERYDAY, Case
from lab.plans.cases import cases
from lab.plans.judging import Judged, judge
from lab.plans.store import DIGESTS, RECORDED
from plan_gate import digest, summary
from plan_gate.access import access
from plan_gate.change import Operation, changes
from toolchain.environments import CHECKOUT

CASES = {case.name: case for case in cases()}
# What the benchmark holds at least: of each kind, and in all.
LEAST_EVERYDAY, LEAST_DANGEROUS = 60, 40
RECALL, FALSE_REFUSALS = 0.98, 0.02
MOST_LINES = 30
PROJECT = "prodfirst-sandbox"


@functools.cache
def judged(name: str) -> Judged:
    """The verdict on a case."""
    return judge(CASES[name])


@pytest.mark.parametrize("name", CASES)
def test_a_digest_is_what_a_person_has_read(name: str) -> None:
    file = DIGESTS / f"{name}.txt"
    assert file.is_file(), "cd tests && .venv/bin/python -m lab.plans --accept, and read it"
    assert judged(name).text == file.read_text(encoding="utf-8"), (
        "cd tests && .venv/bin/python -m lab.plans --accept, and read the difference"
    )


@pytest.mark.parametrize("name", CASES)
def test_exactly_dangerous_plans_are_refused_each_with_a_remedy(name: str) -> None:
    case, of = CASES[name], judged(name)
    assert of.is_right != bool(case.known), of.text
    assert of.without_remedy == []
    # A stack's own settings refuse before there is a plan, and such a case would prove nothing about gate and pack.
    assert of.judges != ["plan-judgeable"], of.text


def test_the_programs_still_have_what_the_cases_change() -> None:
    """Otherwise the plans could not be made again."""
    edits = {edit for case in CASES.values() for edit in case.edits if edit.file.endswith(".py")}
    for edit in edits:
        content = (CHECKOUT / edit.file).read_text(encoding="utf-8")
        assert edit.change(content) != content


def test_the_benchmark_has_enough_of_each_kind_and_nothing_is_left_over() -> None:
    labels = Counter(case.label for case in CASES.values())
    assert set(labels) == {EVERYDAY, *DANGERS}
    assert labels[EVERYDAY] >= LEAST_EVERYDAY
    assert labels.total() - labels[EVERYDAY] >= LEAST_DANGEROUS
    assert {"rename", "provider", "two steps"} <= {case.way for case in CASES.values()}
    assert {file.stem for file in DIGESTS.glob("*.txt")} == set(CASES)
    assert sum(file.stat().st_size for file in RECORDED.iterdir()) < 2_000_000


def test_gate_and_pack_find_what_is_dangerous_and_let_pass_what_is_not() -> None:
    def share(of: list[Case]) -> float:
        return sum(judged(case.name).is_right for case in of) / len(of)

    dangerous = [case for case in CASES.values() if case.is_dangerous]
    everyday = [case for case in CASES.values() if not case.is_dangerous]
    assert share(dangerous) >= RECALL
    assert 1 - share(everyday) <= FALSE_REFUSALS


@pytest.mark.parametrize("name", [case.name for case in CASES.values() if not case.is_dangerous])
def test_a_change_of_a_days_work_is_read_in_thirty_lines(name: str) -> None:
    assert len(judged(name).text.splitlines()) <= MOST_LINES


@pytest.mark.parametrize("name", CASES)
def test_nothing_that_the_engine_plans_is_missing_in_the_digest(name: str) -> None:
    """Counted from the engine's own steps: every create, update, replacement, deletion, unprotection and access."""
    verdict = judged(name).verdict
    plan = verdict.plan
    expected: Counter[tuple[str, str]] = Counter()
    for urn, steps in plan.events.operations.items():
        if urn not in plan.events.components and (operation := _operation(steps)):
            expected[operation, urns.parse(urn).kind] += 1
    found: Counter[tuple[str, str]] = Counter()
    for entry in verdict.reach.digest:
        for operation, kind, count in digest.counts(entry):
            found[str(operation), kind.removesuffix(" provider")] += count
    assert found == expected
    counts = {str(operation): count for operation, count in verdict.reach.counts.items() if operation != "same"}
    assert Counter(counts) == Counter({op: sum(n for (own, _), n in expected.items() if own == op) for op in counts})

    read = {section.title: summary.short(section) for section in summary.sections(verdict)}
    lines = read.get("who may do what", ())
    for one in (one for change in changes(plan).real if not change.is_component for one in access(change, PROJECT)):
        of_subject = [line for line in lines if line[0] == one.sign and f"{one.subject}: " in line]
        assert any(one.what in line or "permits, in its own namespace" in line for line in of_subject), one
    for urn, planned in plan.update.resource_plans.items() if plan.update else ():
        old = plan.state.by_urn.get(plan.events.renamed.get(urn, urn))
        if planned.goal and old and old.protect and not planned.goal.protect:
            assert any(f"{urns.label(urn)}: protect on → off" in line for line in read["options, in the state alone"])


def _operation(steps: set[str]) -> str:
    """Return what the engine's steps are together, told apart from the gate's own reading."""
    plain = {step for step in steps if step not in ("same", "read", "refresh", "discard")}
    if any("replac" in step for step in plain):
        return "replace"
    return next((step for step in ("delete", "update", "create") if step in plain), "")


def test_a_resource_that_the_digest_leaves_out_is_found() -> None:
    of = judged("a-new-datastore").verdict.reach
    less = replace(of, digest=of.digest[1:])
    assert sum(count for entry in less.digest for _, _, count in digest.counts(entry)) < sum(
        count for operation, count in of.counts.items() if operation is not Operation.SAME
    )
