"""PostgreSQL's own client through the connector: as oneself with a token, and refused as anybody else."""

import subprocess

import pytest

from example_tenant import REGION
from sandbox.cloud.iam import Caller
from sandbox.sql import connector, programs
from sandbox.sql.connector import Connector
from unit.sandbox.sql.world import ADMIN, APP, DBA, INSTANCE, OTHER, PROJECT, STRANGER, World

FULL = f"//sqladmin.googleapis.com/{INSTANCE}"


@pytest.fixture(scope="module", autouse=True)
def rights(world: World) -> None:
    """The app owns a schema of `orders`; nobody else may connect to it."""
    role = f"projects/{PROJECT}/roles/sqlUser"
    body = {"includedPermissions": [f"cloudsql.instances.{verb}" for verb in ("connect", "executeSql", "login")]}
    world.cloud.call("iam.projects.roles.patch", role, ADMIN, body)
    world.rows(
        f'REVOKE ALL ON DATABASE orders FROM PUBLIC; GRANT CONNECT, CREATE ON DATABASE orders TO "{world.login(APP)}"',
        DBA,
    )


def psql(world: World, caller: Caller, statement: str, user: str = "", database: str = "orders") -> tuple[str, str]:
    """Run a statement by `psql` with a token of a caller; what it prints, and its errors."""
    token, _ = world.cloud.issue_token(caller)
    stored = world.cloud.store.get(FULL)
    assert stored is not None
    with Connector(world.cloud, token) as connected:
        name = user or caller.email.removesuffix(".gserviceaccount.com")
        address = f"host={connected.folder(stored)} user={name} dbname={database}"
        command = [str(programs.program("psql")), "-XAtq", "--set=ON_ERROR_STOP=1", "-c", statement, address]
        done = subprocess.run(command, env={}, capture_output=True, text=True, check=False, timeout=60)
    return done.stdout.strip(), done.stderr.strip()


def test_an_app_reads_and_writes_its_own_database(world: World) -> None:
    made = (
        "CREATE SCHEMA storefront; CREATE TABLE storefront.carts (n int); INSERT INTO storefront.carts VALUES (1), (2)"
    )
    assert psql(world, world.caller(APP), made) == ("", "")
    assert psql(world, world.caller(APP), "SELECT current_user, count(*) FROM storefront.carts") == (
        f"{world.login(APP)}|2",
        "",
    )


def test_another_app_is_admitted_to_the_instance_and_refused_by_the_database(world: World) -> None:
    assert "permission denied for database" in psql(world, world.caller(OTHER), "SELECT 1")[1]
    assert psql(world, world.caller(OTHER), "SELECT 1", database="invoices") == ("1", "")


def test_an_administrator_connects_and_reads_no_table_of_an_app(world: World) -> None:
    assert psql(world, DBA, "SELECT session_user") == ("dba@example.com", "")
    assert "permission denied for schema storefront" in psql(world, DBA, "SELECT * FROM storefront.carts")[1]


@pytest.mark.parametrize("user", ["cloudsqladmin", "cloudsqlsuperuser", "database-team@example.com", "postgres"])
def test_nobody_logs_in_under_another_name(world: World, user: str) -> None:
    assert "the access token is of dba@example.com" in psql(world, DBA, "SELECT 1", user)[1]


def test_an_app_logs_in_as_no_other_app(world: World) -> None:
    refused = psql(world, world.caller(OTHER), "SELECT 1", world.login(APP))[1]
    assert f'authentication failed for user "{world.login(APP)}"' in refused
    assert f"the access token is of {world.login(OTHER)}" in refused


def test_whoever_is_no_user_of_the_instance_is_refused_by_name(world: World) -> None:
    assert "stranger@example.com is no user of the instance 'orders'" in psql(world, STRANGER, "SELECT 1")[1]


def test_to_connect_is_a_permission_of_its_own(world: World) -> None:
    nobody = world.account("app-nobody")
    assert "cloudsql.instances.connect" in psql(world, nobody, "SELECT 1")[1]


def test_a_token_ends_with_its_account(world: World) -> None:
    gone = world.account("app-gone")
    world.add_user(world.login("app-gone"), "CLOUD_IAM_SERVICE_ACCOUNT")
    token, _ = world.cloud.issue_token(gone)
    world.cloud.call(
        "iam.projects.serviceAccounts.disable", f"projects/{PROJECT}/serviceAccounts/{gone.email}", ADMIN, {}
    )
    stored = world.cloud.store.get(FULL)
    assert stored is not None
    with Connector(world.cloud, token) as connected:
        address = f"host={connected.folder(stored)} user={world.login('app-gone')} dbname=orders"
        command = [str(programs.program("psql")), "-c", "SELECT 1", address]
        done = subprocess.run(command, env={}, capture_output=True, text=True, check=False, timeout=60)
    assert "the access token is unknown or has expired" in done.stderr


def test_every_login_is_in_the_audit_log(world: World) -> None:
    psql(world, world.caller(APP), "SELECT 1")
    entries = [entry for entry in world.cloud.store.calls() if entry.principal == world.caller(APP).member]
    assert [(entry.method, entry.status) for entry in entries[-2:]] == [
        ("cloudsql.instances.connect", "OK"),
        ("cloudsql.instances.login", "OK"),
    ]


def test_the_instance_of_a_database_is_found(world: World) -> None:
    for database in ("orders", "invoices", "anything"):
        found = connector.instance_of(world.cloud, database)
        assert found is not None
        assert found.name == FULL


def test_an_app_that_was_sent_to_an_instance_finds_that_one(world: World) -> None:
    world.create("orders-november")
    for connections, name in (((), "orders"), ((f"{PROJECT}:{REGION}:orders-november",), "orders-november")):
        found = connector.instance_of(world.cloud, "orders", connections)
        assert found is not None
        assert found.name.endswith(f"/{name}")
