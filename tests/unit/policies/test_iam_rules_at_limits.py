"""Rules on roles, keys, deny policies and organisation policies: what restricts, and what only looks like it."""

from typing import Any

import pytest

from engine.inputs import UNKNOWN
from unit.policies.test_rules_at_limits import messages

KEY = "gcp:kms/cryptoKey:CryptoKey"
DENY, ORGANIZATION = "gcp:iam/denyPolicy:DenyPolicy", "gcp:orgpolicy/policy:Policy"
ROLE = "gcp:projects/iAMCustomRole:IAMCustomRole"
GROUP, OTHER = "principalSet://goog/group/glass@example.com", "principalSet://goog/group/other@example.com"
ANN, BOB = "principal://goog/subject/ann@example.com", "principal://goog/subject/bob@example.com"


@pytest.mark.parametrize(
    ("rule", "number"),
    [
        ({"enforce": "TRUE"}, 0),
        ({"denyAll": "TRUE"}, 0),
        ({"values": {"allowedValues": ["is:example.com"]}}, 0),
        ({"values": {"deniedValues": ["is:example.com"]}}, 0),
        ({"enforce": "TRUE", "allowAll": "FALSE"}, 0),
        ({"enforce": "FALSE"}, 1),
        ({"values": {}}, 1),
        ({"values": {"allowedValues": []}}, 1),
        ({"values": {"allowedValues": UNKNOWN}}, 1),
        ({"values": {"allowedValues": ["is:example.com", UNKNOWN]}}, 1),
        ({"values": UNKNOWN}, 1),
        ({"enforce": "TRUE", "allowAll": "TRUE"}, 1),
        ({"enforce": "TRUE", "condition": {"expression": "false"}}, 1),
        ({}, 1),
    ],
)
def test_an_organisation_policy_restricts(rule: dict[str, Any], number: int) -> None:
    assert len(messages("iam-organization-policy-enforced", ORGANIZATION, {"spec": {"rules": [rule]}})) == number


@pytest.mark.parametrize(
    ("excepted", "number"),
    [([], 0), ([GROUP], 0), ([ANN], 0), ([ANN, BOB], 0), ([GROUP, ANN], 0), ([GROUP, OTHER], 1), (["allUsers"], 1)],
)
def test_a_deny_policy_excepts_one_group_and_people(excepted: list[str], number: int) -> None:
    inputs = {"rules": [{"denyRule": {"exceptionPrincipals": excepted}}]}

    assert len(messages("iam-guard-rails-kept", DENY, inputs)) == number


def test_a_permission_that_nobody_can_read_is_refused_and_the_next_one_is_judged() -> None:
    found = messages("iam-custom-role-limited", ROLE, {"roleId": "own", "permissions": [UNKNOWN, "iam.roles.update"]})

    assert len(found) == 2
    assert "nobody can review the role" in found[0]
    assert "iam.roles.update" in found[1]


@pytest.mark.parametrize(("days", "number"), [(30, 0), (120, 0), (29, 1), (121, 1), (None, 1)])
def test_the_destruction_of_a_key_waits_for_one_month_to_four(days: int | None, number: int) -> None:
    inputs = {} if days is None else {"destroyScheduledDuration": f"{days * 86400}s"}

    assert len(messages("kms-destruction-delayed", KEY, inputs)) == number


@pytest.mark.parametrize(
    ("inputs", "number"),
    [
        ({"rotationPeriod": "86400s"}, 0),
        ({"rotationPeriod": "7776000s"}, 0),
        ({"rotationPeriod": "86399s"}, 1),
        ({"rotationPeriod": "7776001s"}, 1),
        ({"rotationPeriod": "nans"}, 1),
        ({"rotationPeriod": "7776000"}, 1),
        ({}, 1),
        ({"purpose": "ENCRYPT_DECRYPT"}, 1),
        ({"purpose": "ASYMMETRIC_SIGN"}, 0),
    ],
)
def test_a_key_that_encrypts_is_rotated(inputs: dict[str, Any], number: int) -> None:
    assert len(messages("kms-rotated", KEY, inputs)) == number
