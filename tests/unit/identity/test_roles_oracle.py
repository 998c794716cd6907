"""Our roles against Google's published ones; collected where that list is available (see conftest.py)."""

import gzip
import json
from functools import cache

import pytest

import oracles
from identity_layer.foundation import deny_policy, organization_access
from identity_layer.foundation.custom_roles import ROLES
from sandbox.cloud import deny
from unit.identity.test_delegation import ESCALATION, LISTED


@cache
def published() -> dict[str, frozenset[str]]:
    """Google's roles and what each contains."""
    listed: dict[str, list[str]] = json.loads(gzip.decompress(oracles.ROLES.read_bytes()))
    return {role: frozenset(permissions) for role, permissions in listed.items()}


@cache
def existing() -> frozenset[str]:
    """Every permission that is in any role of Google's."""
    return frozenset[str]().union(*published().values())


@pytest.mark.parametrize("role", ROLES)
def test_every_permission_of_a_custom_role_exists(role: str) -> None:
    assert ROLES[role].permissions - existing() == set()


@pytest.mark.parametrize("role", [role for role in LISTED if role.startswith("roles/")])
def test_no_predefined_role_that_may_be_granted_leads_further_in_any_service(role: str) -> None:
    assert {name for name in published()[role] if ESCALATION.fullmatch(name)} == set()


@pytest.mark.parametrize(
    "denial", [deny_policy.DESTRUCTION, deny_policy.DISABLING, deny_policy.KEYS, deny_policy.IMPERSONATION]
)
def test_every_denied_permission_exists(denial: deny_policy.Denial) -> None:
    known = {deny.denied_permission(name) for name in existing()}
    assert set(denial.permissions) - known == set()


@pytest.mark.parametrize("role", organization_access.PREDEFINED)
def test_what_is_granted_on_the_organisation_only_reads(role: str) -> None:
    reading = {"get", "list", "getIamPolicy", "listEffectiveTags", "listTagBindings"}
    assert {name.rpartition(".")[2] for name in published()[role]} <= reading


def test_every_permission_of_the_organisations_custom_role_exists() -> None:
    assert organization_access.READER.permissions - existing() == set()
