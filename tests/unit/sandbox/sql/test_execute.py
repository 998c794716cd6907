"""SQL over the API against a real PostgreSQL: who it runs as, what it answers, and what is refused before."""

from pathlib import Path

import pytest

from sandbox import servers
from sandbox.cloud.errors import ApiError
from sandbox.google import definitions, schemas
from unit.sandbox.sql.world import ADMIN, APP, DBA, INSTANCE, OTHER, PROJECT, STRANGER, World


def test_nothing_runs_before_data_are_touched(world: World) -> None:
    assert not list((world.cloud.directory / "run").glob("sql/*"))


def test_a_group_member_runs_sql_as_themselves_with_the_groups_rights(world: World) -> None:
    assert world.rows("SELECT session_user, current_user", DBA) == [("dba@example.com", "dba@example.com")]
    assert world.rows("SET ROLE cloudsqlsuperuser; SELECT current_user", DBA) == [("cloudsqlsuperuser",)]


def test_the_servers_state_and_name_are_listed(world: World) -> None:
    world.rows("SELECT 1", DBA)
    listed = {status.name: status for status in servers.status(world.cloud.directory)}
    assert listed["PostgreSQL of orders"].state == "running"


def test_an_app_has_what_is_granted_to_it_and_nothing_else(world: World) -> None:
    app, other = world.caller(APP), world.caller(OTHER)
    world.rows(
        f'REVOKE ALL ON DATABASE orders FROM PUBLIC; GRANT CONNECT, CREATE ON DATABASE orders TO "{world.login(APP)}"',
        DBA,
    )
    world.rows("CREATE SCHEMA storefront; CREATE TABLE storefront.t (n int); INSERT INTO storefront.t VALUES (1)", app)
    assert world.rows("SELECT n FROM storefront.t", app) == [("1",)]
    assert "permission denied for database" in world.refusal("SELECT 1", other)
    assert "permission denied for schema storefront" in world.refusal("SELECT n FROM storefront.t", DBA)


def test_a_response_has_the_form_that_google_describes(world: World) -> None:
    answer = world.sql("SELECT 1 AS one, NULL::text AS nothing; DO $$ BEGIN RAISE NOTICE 'hello'; END $$", DBA)

    assert answer["results"][0]["columns"] == [{"name": "one", "type": "INT4"}, {"name": "nothing", "type": "TEXT"}]
    assert answer["results"][0]["rows"] == [{"values": [{"value": "1"}, {"nullValue": True}]}]
    assert answer["messages"] == [{"severity": "NOTICE", "message": "NOTICE: hello"}]
    definition = definitions.find("sqladmin.googleapis.com", "POST", f"/v1/{INSTANCE}/executeSql")
    assert definition is not None
    assert list(schemas.misfits(definition.api, definition.response or {}, answer)) == []


def test_an_error_of_the_database_is_the_status_of_the_response(world: World) -> None:
    assert 'relation "nothing" does not exist' in world.refusal("SELECT * FROM nothing", DBA)
    assert "status" not in world.sql("SELECT 1", DBA)


def test_rows_are_limited_and_large_results_are_refused_or_cut(world: World) -> None:
    answer = world.sql("SELECT generate_series(1, 9)", DBA, rowLimit="2")
    assert [row["values"][0]["value"] for row in answer["results"][0]["rows"]] == ["1", "2"]
    large = "SELECT repeat('x', 1024 * 1024) FROM generate_series(1, 12)"
    with pytest.raises(ApiError, match="exceeds 10 MB"):
        world.sql(large, DBA)
    part = world.sql(large, DBA, partialResultMode="ALLOW_PARTIAL_RESULT")["results"][0]
    assert (part["partialResult"], len(part["rows"])) == (True, 10)


def test_whoever_is_no_user_of_the_instance_is_refused(world: World) -> None:
    with pytest.raises(ApiError, match=r"stranger@example\.com is no user of the instance 'orders'") as refused:
        world.sql("SELECT 1", STRANGER)
    assert refused.value.status == "PERMISSION_DENIED"


def test_login_is_a_permission_of_its_own(world: World) -> None:
    with pytest.raises(ApiError, match=r"cloudsql\.instances\.(executeSql|login)"):
        world.sql("SELECT 1", world.account("app-other"))


def test_a_login_ends_with_the_membership(world: World) -> None:
    world.rows("SELECT 1", DBA)
    world.cloud.store.remove_membership("group:database-team@example.com", DBA.member)
    try:
        with pytest.raises(ApiError, match=r"cloudsql\.instances\.(executeSql|login)"):
            world.sql("SELECT 1", DBA)
    finally:
        world.cloud.store.add_membership("group:database-team@example.com", DBA.member)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"autoIamAuthn": False, "user": "postgres"}, "keeps no password"),
        ({"sqlStatement": ""}, "sqlStatement is missing"),
        ({"database": ""}, "database is missing"),
        ({"database": "nothing"}, "was not found"),
    ],
    ids=str,
)
def test_a_malformed_request_is_refused(world: World, change: dict[str, object], message: str) -> None:
    body = {"database": "orders", "sqlStatement": "SELECT 1", "autoIamAuthn": True, **change}
    with pytest.raises(ApiError, match=message):
        world.cloud.call("sql.instances.executeSql", INSTANCE, DBA, body)


def test_nobody_becomes_the_superuser(world: World) -> None:
    assert "permission denied to set role" in world.refusal("SET ROLE cloudsqladmin", DBA)
    assert "permission denied" in world.refusal("COPY (SELECT 1) TO '/tmp/x'", DBA)
    assert "permission denied" in world.refusal("SELECT pg_read_file('/etc/passwd')", DBA)


def test_a_user_is_granted_roles_that_exist(world: World) -> None:
    with pytest.raises(ApiError, match="'pg_nonsense' does not exist"):
        world.add_user("readers@example.com", "CLOUD_IAM_GROUP", ["pg_nonsense"])
    world.add_user("readers@example.com", "CLOUD_IAM_GROUP", ["pg_read_all_data"])
    assert world.rows("SELECT pg_has_role('readers@example.com', 'pg_read_all_data', 'MEMBER')", DBA) == [("t",)]


def test_what_belongs_to_a_user_keeps_the_user(world: World) -> None:
    world.account("app-leaving")
    world.add_user(world.login("app-leaving"), "CLOUD_IAM_SERVICE_ACCOUNT")
    user = f"{INSTANCE}/users/{world.login('app-leaving')}"
    world.rows(f'GRANT CREATE ON DATABASE invoices TO "{world.login("app-leaving")}"', DBA, "invoices")
    with pytest.raises(ApiError, match="cannot be dropped because some objects depend on it"):
        world.cloud.call("sql.users.delete", user, ADMIN)
    world.rows(f'REVOKE CREATE ON DATABASE invoices FROM "{world.login("app-leaving")}"', DBA, "invoices")
    world.cloud.call("sql.users.delete", user, ADMIN)
    assert (world.login("app-leaving"),) not in world.rows("SELECT rolname FROM pg_roles", DBA)


def test_a_database_that_is_made_again_is_empty(world: World) -> None:
    database = f"{INSTANCE}/databases/again"
    world.cloud.call("sql.databases.insert", database, ADMIN, {"name": "again"})
    world.rows("SET ROLE cloudsqlsuperuser; CREATE TABLE t (n int)", DBA, "again")
    world.cloud.call("sql.databases.delete", database, ADMIN)
    world.cloud.call("sql.databases.insert", database, ADMIN, {"name": "again"})
    assert 'relation "t" does not exist' in world.refusal("SELECT * FROM t", DBA, "again")


def test_what_sql_dropped_or_renamed_is_not_made_again_by_the_next_touch(world: World) -> None:
    for name in ("dropped", "renamed"):
        world.cloud.call("sql.databases.insert", f"{INSTANCE}/databases/{name}", ADMIN, {"name": name})
    with world.admin() as session:
        session.execute(b"DROP DATABASE dropped")
        session.execute(b"ALTER DATABASE renamed RENAME TO other")
    names = "SELECT datname FROM pg_database WHERE datname IN ('dropped', 'renamed', 'other')"
    assert world.rows(names, DBA, "postgres") == [("other",)]
    assert 'database "renamed" does not exist' in world.refusal("SELECT 1", DBA, "renamed")


def test_roles_of_a_user_that_sql_revoked_stay_revoked_until_the_user_is_updated(world: World) -> None:
    group, user = "auditors@example.com", f"{INSTANCE}/users/auditors@example.com"
    world.add_user(group, "CLOUD_IAM_GROUP", ["pg_read_all_stats"])
    member = f"SELECT pg_has_role('{group}', 'pg_read_all_stats', 'MEMBER')"
    with world.admin() as session:
        session.execute(f'REVOKE pg_read_all_stats FROM "{group}"'.encode())
    assert world.rows(member, DBA) == [("f",)]
    world.cloud.call("sql.users.update", user, ADMIN, {"databaseRoles": ["pg_read_all_stats"]})
    assert world.rows(member, DBA) == [("t",)]


def test_changed_flags_restart_the_server_and_keep_the_data(world: World) -> None:
    world.rows("SET ROLE cloudsqlsuperuser; CREATE SCHEMA kept", DBA)
    flags = {"settings": {"databaseFlags": [{"name": "work_mem", "value": "8192"}]}}
    world.cloud.call("sql.instances.patch", INSTANCE, ADMIN, flags)
    assert world.rows("SHOW work_mem", DBA) == [("8MB",)]
    assert world.rows("SELECT 1 FROM pg_namespace WHERE nspname = 'kept'", DBA) == [("1",)]


def test_a_deleted_instance_leaves_no_data(world: World) -> None:
    world.create("short-lived")
    instance = f"projects/{PROJECT}/instances/short-lived"
    world.add_user("database-team@example.com", "CLOUD_IAM_GROUP", ["cloudsqlsuperuser"], instance)
    body = {"database": "postgres", "sqlStatement": "SELECT 1", "autoIamAuthn": True}
    world.cloud.call("sql.instances.executeSql", instance, DBA, body)
    home = Path((world.cloud.directory / "run" / "sql" / "home").read_text())
    assert (home / f"{PROJECT}.short-lived" / "data").is_dir()
    world.cloud.call("sql.instances.delete", instance, ADMIN)
    assert not (home / f"{PROJECT}.short-lived").exists()
    assert "PostgreSQL of short-lived" not in [status.name for status in servers.status(world.cloud.directory)]
