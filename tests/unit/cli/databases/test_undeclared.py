"""Traces of attackers and hasty administrators in an instance: each is found, and named with who can end it."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import pytest

from cli.databases import actual, compare
from cli.databases.actual import Send
from cli.databases.declared import Instance
from cli.databases.rights import Right
from unit.cli.databases.only import declared_only
from unit.sandbox.sql.world import APP, DBA, OTHER, TEAM, World

ADMINISTRATORS = (TEAM.partition(":")[2],)
SUPERUSER = "SET ROLE cloudsqlsuperuser; "


@pytest.fixture(scope="module")
def instance(world: World, send: Send) -> Instance:
    """The instance as it is declared, with a schema of the app."""
    made = Instance("orders", {"invoices": (world.login(OTHER),), "orders": (world.login(APP),)}, ADMINISTRATORS)
    with declared_only(made):
        assert compare.run("sandbox", send, "dba@example.com", check=False) == 0
    world.rows("CREATE SCHEMA shop; CREATE TABLE shop.carts (n int); SELECT lo_create(77)", world.caller(APP))
    return made


def found(instance: Instance, send: Send) -> list[str]:
    """The differences."""
    return [str(each) for each in compare.differences(instance, actual.read(send, "orders", instance.apps))]


@dataclass(frozen=True)
class Deed:
    """Statements, others that take them back, and the beginning of the difference that they make."""

    give: str
    take: str
    line: str

    def told(self, run: Callable[[str], object], differences: Callable[[], list[str]]) -> bool:
        """Execute it and take it back; whether the difference was found, and none is left."""
        run(self.give)
        try:
            told = differences()
        finally:
            run(self.take)
        assert any(each.startswith(self.line) for each in told), told
        return differences() == []


@pytest.mark.parametrize(
    "deed",
    [
        Deed(
            "GRANT SELECT (n) ON shop.carts TO PUBLIC",
            "REVOKE SELECT (n) ON shop.carts FROM PUBLIC",
            "- column shop.carts.n: PUBLIC SELECT (in orders: its owner revokes it; until then everybody who connects",
        ),
        Deed(
            "GRANT SELECT ON LARGE OBJECT 77 TO PUBLIC",
            "REVOKE SELECT ON LARGE OBJECT 77 FROM PUBLIC",
            "- large object 77: PUBLIC SELECT (in orders: its owner revokes it",
        ),
        Deed(
            "CREATE FUNCTION shop.f() RETURNS int LANGUAGE sql AS $$SELECT 1$$; "
            'GRANT EXECUTE ON FUNCTION shop.f() TO "dba@example.com"',
            "DROP FUNCTION shop.f()",
            "- function shop.f: dba@example.com EXECUTE (in orders: its owner revokes it",
        ),
        Deed(
            "CREATE SEQUENCE shop.numbers; GRANT USAGE ON SEQUENCE shop.numbers TO PUBLIC",
            "DROP SEQUENCE shop.numbers",
            "- table shop.numbers: PUBLIC USAGE (in orders: its owner revokes it",
        ),
        Deed(
            "ALTER DEFAULT PRIVILEGES IN SCHEMA shop GRANT SELECT ON TABLES TO PUBLIC",
            "ALTER DEFAULT PRIVILEGES IN SCHEMA shop REVOKE SELECT ON TABLES FROM PUBLIC",
            "- default privileges of {app} in schema shop on TABLES: PUBLIC SELECT (in orders: its owner revokes it",
        ),
    ],
)
def test_what_an_app_gives_away_is_found(world: World, send: Send, instance: Instance, deed: Deed) -> None:
    deed = replace(deed, line=deed.line.format(app=world.login(APP)))
    assert deed.told(lambda statement: world.rows(statement, world.caller(APP)), lambda: found(instance, send))


@pytest.mark.parametrize(
    "deed",
    [
        Deed(
            "CREATE ROLE back LOGIN PASSWORD 'x'",
            "DROP ROLE back",
            "- role back: back PASSWORD (it logs in by a password, past IAM: `gcloud sql users delete`",
        ),
        Deed(
            "CREATE ROLE helper CREATEDB",
            "DROP ROLE helper",
            '- role helper: helper CREATEDB (an administrator executes `ALTER ROLE "helper" NOCREATEDB`)',
        ),
        Deed(
            "ALTER DATABASE orders RENAME TO elsewhere",
            "ALTER DATABASE elsewhere RENAME TO orders",
            "- database elsewhere: cloudsqlsuperuser OWNER (platform:datastores has no such database",
        ),
        Deed(
            "ALTER DATABASE orders SET search_path = trap",
            "ALTER DATABASE orders RESET search_path",
            "- database orders: PUBLIC SEARCH-PATH",
        ),
    ],
)
def test_what_an_administrator_leaves_is_found(world: World, send: Send, instance: Instance, deed: Deed) -> None:
    assert deed.told(
        lambda statement: world.rows(SUPERUSER + statement, DBA, "postgres"), lambda: found(instance, send)
    )


@pytest.mark.parametrize(
    "deed",
    [
        Deed(
            'ALTER ROLE "{app}" REPLICATION',
            'ALTER ROLE "{app}" NOREPLICATION',
            '- role {app}: {app} REPLICATION (an administrator executes `ALTER ROLE "{app}" NOREPLICATION`)',
        ),
        Deed('ALTER ROLE "{app}" BYPASSRLS', 'ALTER ROLE "{app}" NOBYPASSRLS', "- role {app}: {app} BYPASSRLS"),
        Deed(
            "GRANT pg_read_all_data TO cloudsqlsuperuser",
            "REVOKE pg_read_all_data FROM cloudsqlsuperuser",
            "- role pg_read_all_data: cloudsqlsuperuser MEMBER (whoever granted it revokes it",
        ),
        Deed(
            'GRANT "{app}" TO cloudsqlsuperuser',
            'REVOKE "{app}" FROM cloudsqlsuperuser',
            "- role {app}: cloudsqlsuperuser MEMBER (whoever granted it",
        ),
        Deed(
            'GRANT pg_read_all_data TO "database-team@example.com"',
            'REVOKE pg_read_all_data FROM "database-team@example.com"',
            "- role pg_read_all_data: database-team@example.com MEMBER",
        ),
        Deed(
            "GRANT cloudsqlsuperuser TO cloudsqliamserviceaccount",
            "REVOKE cloudsqlsuperuser FROM cloudsqliamserviceaccount",
            "- role cloudsqlsuperuser: cloudsqliamserviceaccount MEMBER",
        ),
        Deed(
            'ALTER TABLE shop.carts OWNER TO cloudsqlsuperuser; ALTER TABLE shop.carts OWNER TO "{app}"; '
            'ALTER SCHEMA shop OWNER TO "dba@example.com"',
            'ALTER SCHEMA shop OWNER TO "{app}"',
            "- schema shop: dba@example.com OWNER (in orders: its owner, or a superuser's role, gives it",
        ),
        Deed(
            "CREATE EXTENSION postgres_fdw; CREATE SERVER other FOREIGN DATA WRAPPER postgres_fdw; "
            "GRANT USAGE ON FOREIGN SERVER other TO PUBLIC; ALTER SERVER other OWNER TO cloudsqlsuperuser",
            "DROP EXTENSION postgres_fdw CASCADE",
            "- foreign server other: PUBLIC USAGE (in orders: its owner revokes it",
        ),
        Deed(
            "ALTER ROLE cloudsqlsuperuser SUPERUSER; SET ROLE cloudsqlsuperuser; CREATE FUNCTION public.t() RETURNS "
            "event_trigger LANGUAGE plpgsql AS 'BEGIN END'; CREATE EVENT TRIGGER trap ON ddl_command_end EXECUTE "
            "FUNCTION public.t(); RESET ROLE; ALTER ROLE cloudsqlsuperuser NOSUPERUSER",
            "DROP EVENT TRIGGER trap; DROP FUNCTION public.t()",
            "- event trigger trap: cloudsqlsuperuser FIRE (in orders: it runs as whoever changes a definition",
        ),
        Deed(
            "CREATE PUBLICATION leak FOR ALL TABLES",
            "DROP PUBLICATION leak",
            "- publication leak: cloudsqladmin PUBLISH (in orders: whoever replicates gets the rows",
        ),
    ],
)
def test_what_google_lets_administrators_do_beyond_postgresql_is_found(
    world: World, send: Send, instance: Instance, deed: Deed
) -> None:
    """Cloud SQL lets them make event triggers, publications and users for replication; before version 16, any role."""
    app = world.login(APP)

    def run(statements: str) -> None:
        with world.admin("orders") as session:
            session.execute(statements.format(app=app).encode())

    assert replace(deed, line=deed.line.format(app=app)).told(run, lambda: found(instance, send))


def test_a_database_that_was_renamed_stops_nothing_else(
    world: World, send: Send, instance: Instance, capsys: pytest.CaptureFixture[str]
) -> None:
    world.rows(f"{SUPERUSER}ALTER DATABASE orders RENAME TO elsewhere", DBA, "postgres")
    world.rows(f"{SUPERUSER}GRANT CONNECT ON DATABASE invoices TO PUBLIC", DBA, "postgres")
    with declared_only(instance):
        assert compare.run("sandbox", send, "dba@example.com", check=False) == 1
    told = capsys.readouterr().out
    assert f"+ database orders: {world.login(APP)} CONNECT (there is no such database" in told
    assert not any("invoices" in each for each in found(instance, send))
    world.rows(f"{SUPERUSER}ALTER DATABASE elsewhere RENAME TO orders", DBA, "postgres")
    with declared_only(instance):
        assert compare.run("sandbox", send, "dba@example.com", check=False) == 0


def test_no_name_reaches_the_terminal_as_a_command() -> None:
    assert str(Right("schema \x1b[2K\norders: as declared", "é", "USAGE")) == (
        "schema \\x1b[2K\\norders: as declared: é USAGE"
    )


def test_what_names_must_be_quoted_for_is_shown_and_taken_back(world: World, send: Send, instance: Instance) -> None:
    odd = 'A "b"; DROP-me'
    quoted = '"' + odd.replace('"', '""') + '"'
    world.rows(f"{SUPERUSER}CREATE ROLE {quoted}; GRANT CONNECT ON DATABASE orders TO {quoted}", DBA, "postgres")
    assert found(instance, send) == [f"- database orders: {odd} CONNECT"]
    with declared_only(instance):
        assert compare.run("sandbox", send, "dba@example.com", check=False) == 0
    world.rows(f"{SUPERUSER}DROP ROLE {quoted}", DBA, "postgres")
