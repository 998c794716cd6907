"""Stacks of production, and the form of the list of environments."""

import copy
from typing import Any

import pytest
from pydantic import ValidationError

from pack.analyzer import Analyzer
from pack.cases import changed, sql, table
from policy_pack.environments import Environments

RULE = "sql-highly-available"
LISTED = Environments.model_validate(
    {"environments": [{"name": "test"}, {"name": "eu-live", "production": True}, {"name": "spare"}]}
)
ZONAL = changed(sql.VALID[sql.INSTANCE].inputs, "settings.availabilityType", "ZONAL")


@pytest.mark.parametrize(
    ("stack", "production"),
    [
        ("test", False),
        ("storefront-test", False),
        ("test-storage", False),
        ("spare", False),
        ("eu-live", True),
        ("eu-live-storage", True),
        ("storefront-eu-live", True),
        ("test-eu-live", True),
        ("latest", True),
        ("live", True),
        ("renamed", True),
    ],
)
def test_a_stack_is_of_production_unless_its_environment_is_listed_as_another_one(stack: str, production: bool) -> None:
    assert LISTED.is_production(stack) is production


def test_an_environment_that_nobody_listed_keeps_the_rules_of_production(analyzer: Analyzer) -> None:
    found = analyzer.check(sql.INSTANCE, copy.deepcopy(ZONAL), protect=True, stack="renamed")

    assert [finding.policy for finding in found] == [RULE]


def test_the_audit_log_is_locked_in_production_and_elsewhere_as_one_likes(analyzer: Analyzer) -> None:
    logs = "gcp:logging/projectBucketConfig:ProjectBucketConfig"
    unlocked = {**table.VALID[logs].inputs, "locked": False, "retentionDays": 30}

    def found(stack: str) -> list[str]:
        return sorted(
            finding.policy
            for finding in analyzer.check(logs, copy.deepcopy(unlocked), protect=True, stack=stack)
            if finding.policy.startswith("logging-")  # the name and the place are not those of the foundation
        )

    assert found("foundation-dev") == []
    assert found("foundation-prod") == ["logging-locked", "logging-retained"]
    for days in (0, 29):
        unlocked["retentionDays"] = days
        assert found("foundation-dev") == ["logging-retained"]


WRONG: list[dict[str, Any]] = [
    {},
    {"environments": []},
    {"environments": [{"name": "test"}, {"name": "test"}]},
    {"environments": [{"name": "test", "wait": 3}]},
    {"environments": [{"name": "Test"}]},
    {"environments": [{"name": "test", "production": "yes"}]},
    {"environments": [{}]},
    {"environments": [{"name": "test"}], "stages": 2},
]


@pytest.mark.parametrize("content", WRONG, ids=str)
def test_a_list_that_is_not_of_the_form_is_refused(content: Any) -> None:
    with pytest.raises(ValidationError):
        Environments.model_validate(content)
