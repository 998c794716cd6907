"""Planted violations, and the rules that the judges share."""

import pytest

from lab.judges.five import FIVE, NAMES
from lab.judges.judges import JUDGES
from lab.judges.planted import NEAR_MISSES, VIOLATIONS, planted
from pack.cases.table import VALID
from policy_pack import catalog
from policy_pack.rule import Resource, violations

_RULES = {rule.name: rule for rule in catalog.RULES if rule.name in NAMES}


@pytest.mark.parametrize("number", [100, 1000])
def test_one_resource_in_five_of_each_type_is_a_violation_of_its_rule(number: int) -> None:
    given = planted(number)
    assert len(given.resources) == number
    for rule in FIVE:
        positions = [position for position, name in given.violations if name == rule.name]
        assert len(positions) == number // 25
        assert {given.resources[position]["type"] for position in positions} == {rule.type}


def test_even_the_smallest_number_has_every_variant() -> None:
    given = planted(100)
    for rule in FIVE:
        planted_variants = [variant for (_, name), variant in given.violations.items() if name == rule.name]
        assert all(variant in planted_variants for variant in VIOLATIONS[rule.name])
        declared = [resource["inputs"] for resource in given.resources if resource["type"] == rule.type]
        accepted = VALID[rule.type].inputs
        assert all(variant.applied(accepted) in declared for variant in NEAR_MISSES[rule.name])


def test_names_are_unique_and_the_same_resources_come_again() -> None:
    given = planted(100)
    assert len({resource["name"] for resource in given.resources}) == 100
    assert planted(100) == given


def test_the_pack_finds_exactly_the_planted_violations() -> None:
    given = planted(100)
    found = {
        (position, rule.name)
        for position, declared in enumerate(given.resources)
        for rule in _RULES.values()
        if rule.concerns(declared["type"])
        and any(violations(rule, Resource("urn:pulumi:a::b::c::d", declared["type"], "d", declared["inputs"])))
    }
    assert found == set(given.violations)


def test_every_judge_has_the_five_rules() -> None:
    assert set(_RULES) == NAMES
    for judge in JUDGES:
        file = getattr(judge, "rules", None)
        assert file is None or all(f'"{name}"' in file.read_text(encoding="utf-8") for name in NAMES)
