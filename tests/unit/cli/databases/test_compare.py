"""Rights inside of the databases, compared and applied on a real PostgreSQL as an administrator."""

import pytest

from cli.databases import actual, compare, declared
from cli.databases.actual import Send
from cli.databases.declared import Instance
from cli.embedded.cloud import SimulatedCloud
from toolchain.errors import ToolError
from unit.sandbox.sql.world import APP, DBA, OTHER, STRANGER, TEAM, World

ADMINISTRATORS = (TEAM.partition(":")[2],)


@pytest.fixture(scope="module")
def instance(world: World) -> Instance:
    """Declared rights: an app for each database."""
    apps = {"invoices": (world.login(OTHER),), "orders": (world.login(APP),)}
    return Instance("orders", apps, ADMINISTRATORS)


@pytest.fixture
def run(instance: Instance, send: Send, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> "Run":
    """The command on this instance."""

    def declare(environment: str) -> list[Instance]:
        assert environment == "sandbox"
        return [instance]

    monkeypatch.setattr(declared, "instances", declare)
    return Run(send, capsys)


class Run:
    """The command, with its output."""

    def __init__(self, send: Send, capsys: pytest.CaptureFixture[str]) -> None:
        self._send = send
        self._capsys = capsys

    def __call__(self, *, check: bool = False) -> tuple[int, str]:
        """Run it; its exit code and output."""
        code = compare.run("sandbox", self._send, "dba@example.com", check=check)
        return code, self._capsys.readouterr().out


def connects(world: World, app: str, database: str) -> bool:
    """Return whether an app can connect to a database."""
    answer = world.sql("SELECT 1", world.caller(app), database)
    assert "status" not in answer or "permission denied for database" in answer["status"]["message"]
    return "status" not in answer


def test_a_new_instance_differs_and_check_changes_nothing(run: Run, world: World) -> None:
    code, output = run(check=True)

    assert code == 1
    assert "- database orders: PUBLIC CONNECT" in output
    assert f"+ database orders: {world.login(APP)} CONNECT" in output
    assert run(check=True) == (code, output)
    assert connects(world, OTHER, "orders")


def test_applying_makes_it_as_declared_and_again_changes_nothing(run: Run, world: World) -> None:
    code, output = run()

    assert (code, output.splitlines()[-1]) == (0, "orders: now as declared")
    assert run() == (0, "orders: as declared\n")
    assert connects(world, APP, "orders")
    for app, database in ((OTHER, "orders"), (APP, "invoices"), (APP, "postgres")):
        assert not connects(world, app, database)


def test_an_app_owns_what_it_makes_and_shares_it_within_its_database(run: Run, world: World) -> None:
    run()
    app = world.caller(APP)
    world.rows("CREATE SCHEMA IF NOT EXISTS storefront; CREATE TABLE storefront.t (n int)", app)

    assert run() == (0, "orders: as declared\n")
    assert "permission denied for schema storefront" in world.refusal("SELECT * FROM storefront.t", DBA)
    assert "permission denied for schema public" in world.refusal("CREATE TABLE public.x (n int)", app)


@pytest.mark.parametrize(
    ("statement", "database", "line"),
    [
        ("GRANT CONNECT ON DATABASE orders TO PUBLIC", "postgres", "- database orders: PUBLIC CONNECT"),
        (
            'GRANT CREATE ON DATABASE orders TO "dba@example.com"',
            "postgres",
            "- database orders: dba@example.com CREATE",
        ),
        ("GRANT USAGE ON SCHEMA public TO PUBLIC", "orders", "- schema public: PUBLIC USAGE"),
        ("GRANT CREATE ON SCHEMA public TO PUBLIC", "invoices", "- schema public: PUBLIC CREATE"),
    ],
)
def test_what_an_administrator_gave_away_is_found_and_taken_back(
    run: Run, world: World, statement: str, database: str, line: str
) -> None:
    run()
    world.rows(f"SET ROLE cloudsqlsuperuser; {statement}", DBA, database)

    code, output = run(check=True)
    assert (code, f"  {line}" in output.splitlines()) == (1, True)
    assert run()[0] == 0
    assert run(check=True) == (0, "orders: as declared\n")


def test_a_privilege_that_an_app_lost_is_given_back(run: Run, world: World) -> None:
    run()
    world.rows(
        f'SET ROLE cloudsqlsuperuser; REVOKE CONNECT ON DATABASE orders FROM "{world.login(APP)}"', DBA, "postgres"
    )
    assert not connects(world, APP, "orders")

    assert "+ database orders: app-storefront" in run()[1]
    assert connects(world, APP, "orders")


@pytest.mark.parametrize(
    ("give", "take", "line"),
    [
        (
            "GRANT USAGE ON SCHEMA storefront TO PUBLIC",
            "REVOKE USAGE ON SCHEMA storefront FROM PUBLIC",
            "- schema storefront: PUBLIC USAGE (in orders: its owner revokes it",
        ),
        (
            "GRANT SELECT ON storefront.given TO PUBLIC",
            "REVOKE SELECT ON storefront.given FROM PUBLIC",
            "- table storefront.given: PUBLIC SELECT (in orders: its owner revokes it",
        ),
        (
            'GRANT SELECT ON storefront.given TO "dba@example.com"',
            'REVOKE SELECT ON storefront.given FROM "dba@example.com"',
            "- table storefront.given: dba@example.com SELECT (in orders",
        ),
        (
            "ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO PUBLIC",
            "ALTER DEFAULT PRIVILEGES REVOKE SELECT ON TABLES FROM PUBLIC",
            "PUBLIC SELECT (in orders",
        ),
    ],
)
def test_what_an_app_gave_away_is_found_and_its_owner_named_as_who_takes_it_back(
    run: Run, world: World, give: str, take: str, line: str
) -> None:
    run()
    app = world.caller(APP)
    made = "CREATE SCHEMA IF NOT EXISTS storefront; CREATE TABLE IF NOT EXISTS storefront.given (n int)"
    world.rows(f"{made}; {give}", app)

    code, output = run()
    assert (code, line in output, "1 difference left" in output) == (1, True, True)
    world.rows(take, app)
    assert run(check=True) == (0, "orders: as declared\n")


def test_a_membership_that_nobody_declared_is_found(run: Run, world: World) -> None:
    run()
    with world.admin() as session:
        session.execute(f'GRANT cloudsqlsuperuser TO "{world.login(APP)}"'.encode())
    assert f"- role cloudsqlsuperuser: {world.login(APP)} MEMBER (whoever granted it" in run()[1]
    with world.admin() as session:
        session.execute(f'REVOKE cloudsqlsuperuser FROM "{world.login(APP)}"'.encode())


def test_what_google_makes_in_a_database_is_no_difference(run: Run, world: World) -> None:
    run()
    with world.admin("orders") as session:
        session.execute(b"CREATE SCHEMA google_maintenance; GRANT USAGE ON SCHEMA google_maintenance TO PUBLIC")
    assert run(check=True) == (0, "orders: as declared\n")


def test_a_database_that_nobody_declared_is_found(run: Run, world: World) -> None:
    run()
    with world.admin() as session:
        session.execute(b"CREATE DATABASE private OWNER cloudsqlsuperuser")

    code, output = run()
    assert code == 1
    assert "- database private: cloudsqlsuperuser OWNER (platform:datastores has no such database" in output
    with world.admin() as session:
        session.execute(b"DROP DATABASE private")
    assert run(check=True) == (0, "orders: as declared\n")


def test_an_app_without_a_login_waits_for_its_teams_stack(run: Run, instance: Instance, send: Send) -> None:
    run()
    more = Instance("orders", {**instance.apps, "orders": (*instance.apps["orders"], "app-new@p.iam")}, ADMINISTRATORS)
    found = compare.differences(more, actual.read(send, "orders", dict(more.apps)))

    assert {difference.statement for difference in found} == {None}
    assert "deploy its team's namespaces" in str(found[0])


def test_whoever_may_not_send_sql_is_refused_by_name(world: World) -> None:
    refused = SimulatedCloud.sender(world.cloud, STRANGER.member)
    with pytest.raises(
        ToolError, match=r"stranger@example\.com could not send SQL to orders[\s\S]*no user of the instance"
    ):
        refused("orders", "postgres", "SELECT 1")


def test_an_error_of_postgresql_names_the_instance_and_the_database(send: Send) -> None:
    with pytest.raises(
        ToolError, match=r"PostgreSQL of orders refused in the database invoices[^:]*: .*does not exist"
    ):
        actual.rows(send, "orders", "invoices", "SELECT * FROM nothing")
