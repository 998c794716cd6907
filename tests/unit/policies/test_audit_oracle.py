"""The audit's table of predefined roles against Google's published one; collected where that list is at hand."""

import gzip
import json

from access_audit.settings import settings
from unit.sandbox.cloud.conftest import ROLES_ORACLE


def test_the_permissions_of_predefined_roles_are_googles() -> None:
    published: dict[str, list[str]] = json.loads(gzip.decompress(ROLES_ORACLE.read_bytes()))
    vocabulary = settings().vocabulary

    for role, permissions in settings().roles.items():
        assert permissions == vocabulary.intersection(published[role]), role


def test_every_permission_that_the_audit_knows_exists() -> None:
    published: dict[str, list[str]] = json.loads(gzip.decompress(ROLES_ORACLE.read_bytes()))

    assert settings().vocabulary - {permission for listed in published.values() for permission in listed} == set()
