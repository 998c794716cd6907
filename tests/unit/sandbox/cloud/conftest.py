"""A seeded cloud in a folder of its own.

The published list of Google's roles is no part of the repository. Where a copy lies beside the checkout, or
GCP_ROLES_ORACLE names one, the role table is compared with it; elsewhere that one file is not collected.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest

import example_tenant as example
import oracles
from sandbox.cloud import seed
from sandbox.cloud.api import Cloud
from sandbox.cloud.iam import Caller
from unit.sandbox import no_defaults

ADMIN = Caller(seed.ADMIN)
collect_ignore_glob = oracles.tests_without(oracles.ROLES)

SERVICES = ("iam", "iamcredentials", "secretmanager", "compute", "container", "sqladmin", "servicenetworking")


@pytest.fixture
def cloud(tmp_path: Path) -> Iterator[Cloud]:
    """The cloud after seeding, with the APIs on that the layers use."""
    seed.seed(tmp_path, 6443, example.TENANT)
    (tmp_path / "pki").mkdir()
    (tmp_path / "pki" / "ca.crt").write_text("-----BEGIN CERTIFICATE-----\n")
    opened = Cloud(tmp_path / "cloud.db")
    no_defaults.prevent(opened.store)
    for service in SERVICES:
        opened.call(
            "serviceusage.services.enable",
            f"projects/{example.PROJECT}/services/{service}.googleapis.com",
            ADMIN,
        )
    yield opened
    opened.store.close()
