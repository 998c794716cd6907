"""Rows to a bucket and back over HTTP: operations that are polled, and files that Cloud Storage hands out."""

from collections.abc import Iterator

import pytest

import example_tenant as example
from sandbox.cloud import settings
from sandbox.cloud.store import Json
from sandbox.sql import server
from unit.sandbox.google.clients import ADMIN, BUCKET, PROJECT, World
from waiting import eventually

API = f"https://sqladmin.googleapis.com/v1/{PROJECT}"
ORDERS = f"{PROJECT}/instances/exported"
OBJECTS = "https://storage.googleapis.com/storage/v1/b"


@pytest.fixture(scope="module")
def admin(world: World) -> Iterator[str]:
    """The token of the administrator, for whom the instance's own account may read and write the bucket."""
    world.cloud.call("serviceusage.services.enable", f"{PROJECT}/services/sqladmin.googleapis.com", ADMIN)
    body = {
        "name": "exported",
        "region": example.REGION,
        "databaseVersion": "POSTGRES_17",
        "settings": {"tier": "db-custom-1-3840", "edition": "ENTERPRISE"},
    }
    made = world.cloud.call("sql.instances.insert", ORDERS, ADMIN, body)
    world.cloud.call("sql.databases.insert", f"{ORDERS}/databases/orders", ADMIN, {"name": "orders"})
    world.allow(f"serviceAccount:{made['serviceAccountEmailAddress']}", "storage.objects.create", "storage.objects.get")
    yield world.token(ADMIN.member)
    server.stop(world.folder)


def sent(world: World, token: str, verb: str, name: str, **context: object) -> Json:
    """Export to an object or import from it; the operation when it is done."""
    context |= {"uri": f"gs://{BUCKET}/{name}", "fileType": "SQL"}
    response = world.send("POST", f"{API}/instances/exported/{verb}", token, json={f"{verb}Context": context})
    operation = response.json()
    assert (response.status_code, operation["operationType"]) == (200, verb.upper()), operation
    done: list[Json] = []

    def is_done() -> bool:
        done.append(world.send("GET", f"{API}/operations/{operation['name']}", token).json())
        return done[-1]["status"] == "DONE"

    eventually(is_done)
    return done[-1]


def test_a_dump_leaves_is_downloaded_and_comes_back(world: World, admin: str) -> None:
    settings.change(world.cloud.store, "operations.seconds", "0.2")
    left = sent(world, admin, "export", "orders.sql", databases=["orders"])
    settings.change(world.cloud.store, "operations.seconds", None)
    assert ("error" in left, left["exportContext"]["uri"]) == (False, f"gs://{BUCKET}/orders.sql")
    reader = world.account("dump-reader")
    world.allow(reader, "storage.objects.get")
    content = world.send("GET", f"{OBJECTS}/{BUCKET}/o/orders.sql?alt=media", world.token(reader)).text
    assert "PostgreSQL database dump" in content
    assert "error" not in sent(world, admin, "import", "orders.sql", database="orders")


def test_an_operation_that_failed_says_why(world: World, admin: str) -> None:
    failed = sent(
        world, admin, "export", "none.sql", databases=["orders"], sqlExportOptions={"tables": ["shop.nothing"]}
    )
    [error] = failed["error"]["errors"]
    assert error["code"] == "ERROR_RDBMS"
    assert "no matching tables were found" in error["message"]
