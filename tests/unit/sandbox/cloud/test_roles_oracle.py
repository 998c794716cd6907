"""The role table against Google's published roles; collected where that list is at hand (see conftest.py)."""

import gzip
import json

import oracles
from sandbox.cloud import roles
from sandbox.cloud.api import Cloud


def test_the_role_table_equals_googles_roles_within_our_vocabulary(cloud: Cloud) -> None:
    oracle: dict[str, list[str]] = json.loads(gzip.decompress(oracles.ROLES.read_bytes()))
    wrong = {
        role: sorted(permissions ^ (cloud.vocabulary & set(oracle[role])))
        for role, permissions in roles.predefined().items()
        if permissions != cloud.vocabulary & set(oracle[role])
    }
    assert wrong == {}
