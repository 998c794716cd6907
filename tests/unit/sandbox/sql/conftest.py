"""A seeded cloud with one PostgreSQL instance that admits SQL by the API, shared by the tests of a file."""

from collections.abc import Iterator
from pathlib import Path

import pytest

import example_tenant as example
from sandbox import servers
from sandbox.cloud import seed
from sandbox.cloud.api import Cloud
from unit.sandbox.sql.world import ADMIN, APP, INSTANCE, OTHER, PROJECT, TEAM, World


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """The instance `orders` with two databases, two apps and the administrators' group as users."""
    folder: Path = tmp_path_factory.mktemp("sandbox")
    seed.seed(folder, 6443, example.TENANT)
    cloud = Cloud(folder / "cloud.db")
    for service in ("iam", "sqladmin"):
        cloud.call("serviceusage.services.enable", f"projects/{PROJECT}/services/{service}.googleapis.com", ADMIN)
    made = World(cloud)
    made.create()
    for database in ("orders", "invoices"):
        cloud.call("sql.databases.insert", f"{INSTANCE}/databases/{database}", ADMIN, {"name": database})
    for app in (APP, OTHER):
        made.account(app)
        made.add_user(made.login(app), "CLOUD_IAM_SERVICE_ACCOUNT")
    made.add_user(TEAM.partition(":")[2], "CLOUD_IAM_GROUP", ["cloudsqlsuperuser"])
    made.permit()
    yield made
    servers.stop(folder)
    cloud.store.close()
