"""Findings of checkov, Rego and Cedar on the violations that the pack finds: each difference has a reason."""

import pytest

from lab.judges import differences
from lab.judges.judges import JUDGES, Judge
from lab.judges.planted import planted

_GIVEN = planted(100)


@pytest.mark.parametrize("judge", JUDGES, ids=lambda judge: f"{judge.name}, {judge.how}")
def test_a_judge_finds_what_is_planted_but_for_explained_differences(judge: Judge) -> None:
    verdicts = judge.evaluate(_GIVEN.resources)

    assert differences.false(_GIVEN, verdicts.found) == []
    explained = [each.variant for each in differences.explained() if each.judge == judge.name]
    assert differences.missed(_GIVEN, verdicts.found) == sorted(explained)
    assert verdicts.start > 0
    assert verdicts.megabytes > 1
    assert judge.lines() > 5


def test_every_explained_difference_is_of_a_judge() -> None:
    assert {each.judge for each in differences.explained()} <= {judge.name for judge in JUDGES}
