"""Attacks by an app, by another one of its database, and by people: refused by IAM or PostgreSQL."""

import subprocess

import psycopg
import pytest

from sandbox.cloud.iam import Caller
from sandbox.sql import programs
from sandbox.sql.connector import Connector
from sandbox.sql.server import Server
from unit.sandbox.sql.world import ADMIN, APP, DBA, INSTANCE, OTHER, PROJECT, TEAM, World

AUDITORS = "group:auditors@example.com"
BOTH = Caller("user:both@example.com")


@pytest.fixture(scope="module", autouse=True)
def rights(world: World) -> None:
    """Two apps in one database, as `make databases` sets their rights."""
    world.rows("REVOKE ALL ON DATABASE orders FROM PUBLIC; REVOKE ALL ON SCHEMA public FROM PUBLIC", DBA)
    for app in (APP, OTHER):
        world.rows(f'GRANT CONNECT, CREATE, TEMPORARY ON DATABASE orders TO "{world.login(app)}"', DBA)
    made = "CREATE SCHEMA shop; CREATE TABLE shop.carts (n int); SELECT lo_create(77)"
    trigger = "CREATE FUNCTION shop.e() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN END'"
    world.rows(f"{made}; {trigger}", world.caller(APP))


def refused(world: World, app: str, statement: str) -> str:
    """PostgreSQL's error for a statement of an app, whose login IAM has admitted."""
    with (
        Server(world.cloud.directory, f"{PROJECT}.orders").connect("orders", world.login(app)) as session,
        pytest.raises(psycopg.Error) as raised,
    ):
        session.execute(statement.format(project=PROJECT).encode())
    return str(raised.value)


@pytest.mark.parametrize(
    ("statement", "refusal"),
    [
        ("SET ROLE cloudsqlsuperuser", "permission denied to set role"),
        ("SET ROLE cloudsqlimportexport", "permission denied to set role"),
        ('SET ROLE "app-billing@{project}.iam"', "permission denied to set role"),
        ("SET SESSION AUTHORIZATION cloudsqladmin", "permission denied to set session authorization"),
        ("CREATE ROLE mine LOGIN", "permission denied to create role"),
        ('ALTER ROLE "app-billing@{project}.iam" VALID UNTIL \'2000-01-01\'', "permission denied to alter role"),
        ("GRANT pg_read_all_data TO \"app-storefront@{project}.iam\"", "permission denied to grant role"),
        ("ALTER DATABASE orders OWNER TO \"app-storefront@{project}.iam\"", "must be owner of database orders"),
        ("ALTER DATABASE orders RENAME TO mine", "must be owner of database orders"),
        ("CREATE DATABASE mine", "permission denied to create database"),
        ("CREATE EXTENSION dblink SCHEMA shop", 'permission denied to create extension "dblink"'),
        ("CREATE EXTENSION file_fdw SCHEMA shop", 'permission denied to create extension "file_fdw"'),
        ("COPY (SELECT 1) TO PROGRAM 'id'", "permission denied to COPY to or from an external program"),
        ("COPY shop.carts FROM '/etc/passwd'", "permission denied to COPY from a file"),
        ("SELECT pg_read_file('/etc/passwd')", "permission denied for function pg_read_file"),
        ("SELECT pg_ls_dir('/')", "permission denied for function pg_ls_dir"),
        ("SELECT lo_import('/etc/passwd')", "permission denied for function lo_import"),
        ("SELECT lo_export(77, '/tmp/x')", "permission denied for function lo_export"),
        ("ALTER SYSTEM SET log_statement = 'none'", "permission denied to set parameter"),
        ("SET session_preload_libraries = 'x'", "permission denied to set parameter"),
        ("LOAD '/tmp/x.so'", 'access to library "/tmp/x.so" is not allowed'),
        ("CREATE FUNCTION shop.f() RETURNS int LANGUAGE c AS 'x', 'y'", "permission denied for language c"),
        ("CREATE EVENT TRIGGER t ON ddl_command_end EXECUTE FUNCTION shop.e()", "permission denied to create event"),
        ("CREATE PUBLICATION p FOR ALL TABLES", "must be superuser to create FOR ALL TABLES publication"),
        ("CREATE SUBSCRIPTION s CONNECTION 'x' PUBLICATION p", "permission denied to create subscription"),
        ("SELECT pg_create_physical_replication_slot('x')", "permission denied to use replication slots"),
        ("SELECT rolpassword FROM pg_authid", "permission denied for table pg_authid"),
        ("SELECT * FROM pg_largeobject", "permission denied for table pg_largeobject"),
        ("CREATE TABLE public.mine (n int)", "permission denied for schema public"),
    ],
)  # fmt: skip
def test_an_app_stays_within_what_it_owns(world: World, statement: str, refusal: str) -> None:
    assert refusal in refused(world, APP, statement)


def test_an_app_gives_nobody_the_database(world: World) -> None:
    world.rows("GRANT ALL ON DATABASE orders TO PUBLIC", world.caller(APP))
    assert world.rows("SELECT has_database_privilege('cloudsqliamuser', 'orders', 'CONNECT')", DBA) == [("f",)]


@pytest.mark.parametrize(
    ("statement", "refusal"),
    [
        ("SELECT * FROM shop.carts", "permission denied for schema shop"),
        ("CREATE TABLE shop.mine (n int)", "permission denied for schema shop"),
        ("DROP SCHEMA shop CASCADE", "must be owner of schema shop"),
        ("SELECT lo_get(77)", "permission denied for large object 77"),
        (
            'ALTER DEFAULT PRIVILEGES FOR ROLE "app-storefront@{project}.iam" GRANT SELECT ON TABLES TO PUBLIC',
            "permission denied to change default privileges",
        ),
    ],
)
def test_another_app_of_the_database_has_its_own_schemas_alone(world: World, statement: str, refusal: str) -> None:
    assert refusal in refused(world, OTHER, statement)


def test_an_app_sees_that_others_are_there_and_not_what_they_run(world: World) -> None:
    with world.admin("orders") as session:
        session.execute(b"SELECT 'secret'")
        seen = world.rows("SELECT query FROM pg_stat_activity WHERE usename = 'cloudsqladmin'", world.caller(APP))
    assert ("<insufficient privilege>",) in seen
    assert not any("secret" in str(row) for row in seen)


def test_an_administrator_becomes_no_app(world: World) -> None:
    assert "permission denied to set role" in world.refusal(f'SET ROLE "{world.login(APP)}"', DBA)
    role = f'SET ROLE cloudsqlsuperuser; GRANT "{world.login(APP)}" TO "dba@example.com"'
    assert "permission denied to grant role" in world.refusal(role, DBA)


def roles(world: World, caller: Caller) -> set[str | None]:
    """The groups that a session of a person is a member of."""
    query = "SELECT g.rolname FROM pg_roles g WHERE g.rolname LIKE '%@example.com' AND pg_has_role(g.oid, 'MEMBER')"
    return {row[0] for row in world.rows(query, caller, "postgres")} - {caller.email}


def test_a_member_of_several_groups_has_the_rights_of_those_that_are_left(world: World) -> None:
    world.add_user(AUDITORS.partition(":")[2], "CLOUD_IAM_GROUP")
    groups = {TEAM, AUDITORS}
    for group in groups:
        world.cloud.store.add_membership(group, BOTH.member)
    assert roles(world, BOTH) == {group.partition(":")[2] for group in groups}

    policy = world.cloud.call("cloudresourcemanager.projects.getIamPolicy", f"projects/{PROJECT}", ADMIN)
    policy["bindings"][-1]["members"].append(AUDITORS)
    world.cloud.call("cloudresourcemanager.projects.setIamPolicy", f"projects/{PROJECT}", ADMIN, {"policy": policy})
    world.cloud.store.remove_membership(TEAM, BOTH.member)
    assert roles(world, BOTH) == {AUDITORS.partition(":")[2]}
    assert "permission denied to set role" in world.refusal("SET ROLE cloudsqlsuperuser", BOTH, "postgres")


def test_an_expired_token_opens_no_session(world: World) -> None:
    token, _ = world.cloud.issue_token(DBA, lifetime=0)
    stored = world.cloud.store.get(f"//sqladmin.googleapis.com/{INSTANCE}")
    assert stored is not None
    with Connector(world.cloud, token) as connected:
        address = f"host={connected.folder(stored)} user=dba@example.com dbname=orders"
        command = [str(programs.program("psql")), "-c", "SELECT 1", address]
        done = subprocess.run(command, env={}, capture_output=True, text=True, check=False, timeout=60)
    assert (done.returncode, "the access token is unknown or has expired" in done.stderr) == (2, True)
