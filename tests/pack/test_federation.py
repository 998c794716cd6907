"""A federation that lets an owner's repositories in, to build: only where the repository itself must be bound."""

from typing import Any

import pytest

from pack.cases.identity import FEDERATION
from policy_pack.rule import Resource, violations
from policy_pack.rules.iam_accounts import federation_conditioned

MAPPING = {
    "google.subject": 'assertion.repository_id + ":" + assertion.run_id',
    "attribute.build": 'assertion.repository_id + ":" + assertion.ref',
}
CONDITION = 'assertion.repository_owner_id == "700800900" && assertion.event_name == "push"'
REPOSITORY = "assertion.repository_id"


def complaints(mapping: Any, condition: str) -> list[str]:
    """What the rule says of a provider with this mapping and this condition."""
    inputs = {
        "attributeMapping": mapping,
        "attributeCondition": condition,
        "oidc": {"issuerUri": "https://token.actions.githubusercontent.com"},
    }
    return list(violations(federation_conditioned, Resource("urn", FEDERATION, "builds", inputs, protect=True)))


def test_an_owners_repositories_may_build() -> None:
    assert complaints(MAPPING, CONDITION) == []


@pytest.mark.parametrize(
    "mapping",
    [
        {"google.subject": 'assertion.repository_id + ":" + assertion.run_id'},
        {**MAPPING, "attribute.build": "assertion.ref"},
        {**MAPPING, "attribute.build": 'assertion.repository + ":" + assertion.ref'},
        {**MAPPING, "attribute.actor": "assertion.actor"},
        {**MAPPING, "google.groups": "[assertion.repository_owner]"},
    ],
)
def test_they_may_not_where_something_else_can_be_bound(mapping: dict[str, str]) -> None:
    [message] = complaints(mapping, CONDITION)
    assert REPOSITORY in message


@pytest.mark.parametrize(
    "condition", ['assertion.event_name == "push"', 'assertion.repository_owner == "example"', f"{CONDITION} || true"]
)
def test_strangers_may_not_build(condition: str) -> None:
    [message] = complaints(MAPPING, condition)
    assert "assertion.repository_owner_id" in message
