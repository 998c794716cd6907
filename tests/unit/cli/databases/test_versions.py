"""A datastore with the data of one time: every session begins without the right to write, on a real PostgreSQL."""

from collections.abc import Iterator

import pytest

from cli.databases import actual, compare
from cli.databases.actual import Send
from cli.databases.declared import Instance
from unit.cli.databases.only import declared_only
from unit.sandbox.sql.world import APP, DBA, OTHER, TEAM, World, opened

ROWS = "CREATE SCHEMA shop; CREATE TABLE shop.carts AS SELECT generate_series(1, 3) AS n"


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """An instance with rows of an app, which it lets another one read."""
    with opened(tmp_path_factory.mktemp("sandbox")) as made:
        grants = (
            f'GRANT USAGE ON SCHEMA shop TO "{made.login(OTHER)}"; GRANT SELECT ON shop.carts TO "{made.login(OTHER)}"'
        )
        made.rows(f'SET ROLE cloudsqlsuperuser; GRANT CREATE ON DATABASE orders TO "{made.login(APP)}"', DBA)
        made.rows(f"{ROWS}; {grants}", made.caller(APP))
        yield made


@pytest.fixture(scope="module")
def instance(world: World) -> Instance:
    """The declared rights of the version."""
    apps = {"invoices": (), "orders": (world.login(APP), world.login(OTHER))}
    return Instance("orders", apps, (TEAM.partition(":")[2],), read_only=True)


@pytest.fixture(scope="module", autouse=True)
def applied(instance: Instance, send: Send) -> None:
    """Set the rights of the version."""
    with declared_only(instance):
        assert compare.run("sandbox", send, DBA.email, check=False) == 0


@pytest.mark.parametrize("app", [APP, OTHER])
def test_an_app_reads_it_and_writes_nothing_also_what_it_owns(world: World, app: str) -> None:
    caller = world.caller(app)
    assert world.rows("SELECT count(*) FROM shop.carts", caller) == [("3",)]
    for statement in ("INSERT INTO shop.carts VALUES (4)", "DELETE FROM shop.carts", "DROP TABLE shop.carts"):
        assert "in a read-only transaction" in world.refusal(statement, caller)
    assert world.rows("SELECT count(*) FROM shop.carts", caller) == [("3",)]


def test_nobody_may_create_anything_in_it(world: World) -> None:
    refused = world.refusal("SET TRANSACTION READ WRITE; CREATE SCHEMA mine", world.caller(APP))
    assert "permission denied for database orders" in refused


def test_the_end_of_read_only_is_a_difference_and_is_ended(world: World, instance: Instance, send: Send) -> None:
    world.rows("SET ROLE cloudsqlsuperuser; ALTER DATABASE orders RESET ALL", DBA, "postgres")
    found = compare.differences(instance, actual.read(send, "orders", instance.apps))
    assert [str(difference) for difference in found] == ["+ database orders: PUBLIC READ-ONLY"]

    with declared_only(instance):
        assert compare.run("sandbox", send, DBA.email, check=False) == 0
    assert "in a read-only transaction" in world.refusal("DELETE FROM shop.carts", world.caller(APP))


def test_rights_inside_of_it_are_still_set(world: World, instance: Instance, send: Send) -> None:
    given = "SET TRANSACTION READ WRITE; SET ROLE cloudsqlsuperuser; GRANT USAGE ON SCHEMA public TO PUBLIC"
    world.rows(given, DBA)
    with declared_only(instance):
        assert compare.run("sandbox", send, DBA.email, check=False) == 0
    assert compare.differences(instance, actual.read(send, "orders", instance.apps)) == []


def test_a_datastore_that_serves_again_is_writable_again(world: World, instance: Instance, send: Send) -> None:
    serving = Instance("orders", instance.apps, instance.administrators)
    found = compare.differences(serving, actual.read(send, "orders", serving.apps))
    assert "- database orders: PUBLIC READ-ONLY" in map(str, found)

    with declared_only(serving):
        assert compare.run("sandbox", send, DBA.email, check=False) == 0
    world.rows("INSERT INTO shop.carts VALUES (4)", world.caller(APP))
