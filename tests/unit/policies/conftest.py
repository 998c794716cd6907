"""Previews for the tests of security's programs."""

from pathlib import Path

import pytest

import oracles
from unit.policies.plans import Preview

collect_ignore_glob = oracles.tests_without(oracles.ROLES)


@pytest.fixture
def preview(tmp_path: Path) -> Preview:
    """A preview of a platform stack with a protected database instance, in which nothing changes."""
    made = Preview(tmp_path)
    made.stack(contract={"version": 1, "registry": "old"})
    made.held("gcp:sql/databaseInstance:DatabaseInstance", "orders", protect=True)
    return made
