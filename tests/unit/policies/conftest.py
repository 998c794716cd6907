"""Previews for the tests of security's programs."""

from pathlib import Path

import pytest

from unit.policies.plans import Preview
from unit.sandbox.cloud.conftest import ROLES_ORACLE

collect_ignore_glob = [] if ROLES_ORACLE.is_file() else ["*_oracle.py"]


@pytest.fixture
def preview(tmp_path: Path) -> Preview:
    """A preview of a platform stack with a protected database instance, in which nothing changes."""
    made = Preview(tmp_path)
    made.stack(contract={"version": 1, "registry": "old"})
    made.held("gcp:sql/databaseInstance:DatabaseInstance", "orders", protect=True)
    return made
