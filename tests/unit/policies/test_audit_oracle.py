"""The audit's table of predefined roles against Google's published one; collected where that list is at hand."""

import gzip
import json
from functools import cache

import oracles
from audit.settings import settings
from iam.escalation import PERMISSIONS
from iam.kinds import KINDS
from iam.names import plain_permission

# Permissions that pages of APIs name and no predefined role contains.
UNPUBLISHED = {"iam.serviceAccountKeys.upload", "serviceusage.apiKeys.create", "spanner.databases.delete"}


@cache
def published() -> dict[str, frozenset[str]]:
    """Google's roles and what each contains, as the audit names it."""
    listed: dict[str, list[str]] = json.loads(gzip.decompress(oracles.ROLES.read_bytes()))
    return {role: frozenset(map(plain_permission, permissions)) for role, permissions in listed.items()}


def test_the_permissions_of_predefined_roles_are_googles() -> None:
    for role, permissions in settings().roles.items():
        assert permissions == settings().vocabulary & published()[role], role


def test_every_permission_that_the_audit_and_the_pack_know_exists() -> None:
    known = settings().vocabulary | {name for entry in PERMISSIONS for name in entry.names if "*" not in name}
    assert known - frozenset[str]().union(*published().values()) == UNPUBLISHED


def test_the_policy_of_every_kind_is_set_by_a_permission_that_exists() -> None:
    known = {permission for role in published().values() for permission in role}
    sets = {plain_permission(kind.sets_policy) for kind in KINDS if kind.grants}
    assert sets - known == {"bigquery.routines.setIamPolicy"}  # of pages of its API; no predefined role has it
