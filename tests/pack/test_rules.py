"""Every rule, through the pack's own server: what it accepts, what it refuses, and what it cannot see."""

from typing import Any

import pytest

from pack.analyzer import UNKNOWN_OBJECT, UNKNOWN_STRING, Analyzer, secret
from pack.cases import REMOVED, Broken, Valid, changed, table
from policy_pack import catalog

# What may be unknown or secret in a resource that is accepted, since no rule needs it or the update decides.
PLACES = list({(case.type, case.path): case for case in table.BROKEN if case.path not in ("", *table.OPTIONS)}.values())


ADVISORY = {rule.name for rule in catalog.RULES if rule.advisory}


@pytest.mark.parametrize(("kind", "valid"), table.VALID.items(), ids=[kind.rpartition(":")[2] for kind in table.VALID])
def test_a_valid_resource_is_accepted(analyzer: Analyzer, kind: str, valid: Valid) -> None:
    assert analyzer.check(kind, valid.inputs, protect=valid.protect, stack=valid.stack) == []


@pytest.mark.parametrize("case", table.ACCEPTED, ids=lambda case: case.title)
def test_another_way_to_be_right_is_accepted(analyzer: Analyzer, case: Broken) -> None:
    assert analyzer.check(case.type, table.inputs(case), stack=table.start(case).stack, **table.options(case)) == []


@pytest.mark.parametrize("case", table.BROKEN, ids=lambda case: case.title)
def test_one_broken_thing_is_refused_by_its_rules_alone(analyzer: Analyzer, case: Broken) -> None:
    stack = table.start(case).stack
    found = analyzer.check(case.type, table.inputs(case), name="broken", stack=stack, **table.options(case))
    assert {finding.policy for finding in found} == case.policies
    assert all(finding.mandatory is (finding.policy not in ADVISORY) for finding in found)
    assert all(finding.message.startswith(f"{case.type} 'broken': ") for finding in found)
    assert any(case.words in finding.message for finding in found), [finding.message for finding in found]


@pytest.mark.parametrize("unreadable", [UNKNOWN_STRING, secret("hunter2")], ids=["unknown", "secret"])
@pytest.mark.parametrize("case", PLACES, ids=lambda case: case.title)
def test_what_cannot_be_read_where_a_rule_looks_is_refused(analyzer: Analyzer, case: Broken, unreadable: Any) -> None:
    inputs = table.with_value(case, unreadable)
    assert inputs is not None
    found = analyzer.check(case.type, inputs, **table.options(case), stack=table.start(case).stack)
    assert found, f"{case.path} can be hidden"
    assert all(finding.mandatory is (finding.policy not in ADVISORY) for finding in found)
    assert not any("hunter2" in finding.message for finding in found)


def test_every_rule_on_resources_has_cases() -> None:
    tried = {policy for case in table.BROKEN for policy in case.policies}
    elsewhere = {
        rule.name for rule in catalog.RULES if rule.name.startswith(("iam-safeguards-", "layer-", "secret-", "team-"))
    }
    assert tried | elsewhere >= {rule.name for rule in catalog.RULES}
    assert tried <= {rule.name for rule in catalog.RULES}


def test_numbers_arrive_as_floats_and_count_as_numbers(analyzer: Analyzer) -> None:
    inputs = changed(table.VALID["gcp:logging/projectBucketConfig:ProjectBucketConfig"].inputs, "retentionDays", 400.0)
    assert analyzer.check("gcp:logging/projectBucketConfig:ProjectBucketConfig", inputs, protect=True) == []


@pytest.mark.parametrize("path", ["name", "settings.userLabels"])
def test_an_unknown_value_that_no_rule_needs_does_not_matter(analyzer: Analyzer, path: str) -> None:
    kind = "gcp:sql/databaseInstance:DatabaseInstance"
    inputs = changed(table.VALID[kind].inputs, path, UNKNOWN_OBJECT)
    assert analyzer.check(kind, inputs, protect=True) == []


def test_a_removed_value_is_not_an_empty_one() -> None:
    assert changed({"a": {"b": 1}}, "a.b", REMOVED) == {"a": {}}
