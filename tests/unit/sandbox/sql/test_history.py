"""Rows of an instance as of a time: in a clone, in a clone of a clone, and after the instance was deleted."""

import time
from datetime import UTC, datetime
from pathlib import Path

import pytest

from sandbox.cloud.errors import ApiError
from sandbox.sql import login, programs
from sandbox.sql.programs import PostgresError
from sandbox.sql.server import home_of
from unit.sandbox.sql.world import ADMIN, DBA, PROJECT, World


@pytest.fixture(scope="module")
def moments(world: World) -> dict[str, str]:
    """The instance `ledger`: three rows, then two, then none; the times between them."""
    world.create(
        "ledger",
        retainBackupsOnDelete=True,
        backupConfiguration={"pointInTimeRecoveryEnabled": True, "transactionLogRetentionDays": 7},
    )
    instance = f"projects/{PROJECT}/instances/ledger"
    world.add_user("database-team@example.com", "CLOUD_IAM_GROUP", ["cloudsqlsuperuser"], instance)
    world.cloud.call("sql.databases.insert", f"{instance}/databases/ledger", ADMIN, {"name": "ledger"})
    execute(world, "ledger", "CREATE TABLE entries AS SELECT generate_series(1, 3) AS n")
    taken: dict[str, str] = {}
    for name, statement in (("three", "DELETE FROM entries WHERE n = 3"), ("two", "DELETE FROM entries")):
        time.sleep(0.02)
        taken[name] = datetime.now(UTC).isoformat()
        time.sleep(0.02)
        execute(world, "ledger", statement)
    return taken


def execute(world: World, instance: str, statement: str) -> list[str]:
    """Execute SQL in the database `ledger` of an instance as its owner; the first value of each row."""
    body = {"database": "ledger", "sqlStatement": f"SET ROLE cloudsqlsuperuser; {statement}", "autoIamAuthn": True}
    name = f"projects/{PROJECT}/instances/{instance}"
    answer = world.cloud.call("sql.instances.executeSql", name, DBA, body)
    assert "status" not in answer, answer["status"]
    return [row["values"][0]["value"] for row in answer["results"][-1].get("rows", [])]


def clone(world: World, source: str, target: str, **context: str) -> None:
    """Clone an instance."""
    body = {"cloneContext": {"destinationInstanceName": target, **context}}
    world.cloud.call("sql.instances.clone", f"projects/{PROJECT}/instances/{source}", ADMIN, body)


def count(world: World, instance: str) -> str:
    """The number of entries in an instance."""
    return execute(world, instance, "SELECT count(*) FROM entries")[0]


@pytest.mark.parametrize(("moment", "rows"), [("three", "3"), ("two", "2")])
def test_a_clone_as_of_a_time_has_the_rows_of_that_time(
    world: World, moments: dict[str, str], moment: str, rows: str
) -> None:
    clone(world, "ledger", f"as-of-{moment}", pointInTime=moments[moment])

    assert count(world, f"as-of-{moment}") == rows
    assert count(world, "ledger") == "0"


def test_a_clone_of_now_has_the_rows_of_now_and_goes_on_alone(world: World, moments: dict[str, str]) -> None:
    assert moments
    clone(world, "ledger", "copy")
    execute(world, "copy", "INSERT INTO entries VALUES (9)")

    assert (count(world, "copy"), count(world, "ledger")) == ("1", "0")
    clone(world, "copy", "copy-of-the-copy")
    assert count(world, "copy-of-the-copy") == "1"


def test_a_backup_brings_back_the_rows_of_its_time_and_the_instance_goes_on(world: World) -> None:
    world.create("journal", dataApiAccess="ALLOW_DATA_API")
    instance = f"projects/{PROJECT}/instances/journal"
    world.add_user("database-team@example.com", "CLOUD_IAM_GROUP", ["cloudsqlsuperuser"], instance)
    world.cloud.call("sql.databases.insert", f"{instance}/databases/ledger", ADMIN, {"name": "ledger"})
    empty = world.cloud.call("sql.backupRuns.insert", f"{instance}/backupRuns/-", ADMIN)["id"]
    execute(world, "journal", "CREATE TABLE entries AS SELECT generate_series(1, 3) AS n")
    full = world.cloud.call("sql.backupRuns.insert", f"{instance}/backupRuns/-", ADMIN)["id"]
    execute(world, "journal", "DELETE FROM entries")

    for _ in range(2):
        restore(world, "journal", full)
        assert count(world, "journal") == "3"
        execute(world, "journal", "INSERT INTO entries VALUES (9)")
    clone(world, "journal", "journal-copy")
    assert count(world, "journal-copy") == "4"
    restore(world, "journal", empty)
    assert execute(world, "journal", "SELECT count(*) FROM pg_class WHERE relname = 'entries'") == ["0"]


def test_a_backup_of_another_instance_takes_the_place_of_all_rows(world: World, moments: dict[str, str]) -> None:
    assert moments
    source, target = (f"projects/{PROJECT}/instances/{name}" for name in ("ledger", "target"))
    clone(world, "ledger", "target")
    run = world.cloud.call("sql.backupRuns.insert", f"{source}/backupRuns/-", ADMIN)["id"]
    execute(world, "target", "INSERT INTO entries VALUES (1), (2)")
    assert (count(world, "target"), count(world, "ledger")) == ("2", "0")

    body = {"restoreBackupContext": {"backupRunId": run, "instanceId": "ledger", "project": PROJECT}}
    world.cloud.call("sql.instances.restoreBackup", target, ADMIN, body)
    assert (count(world, "target"), count(world, "ledger")) == ("0", "0")


def restore(world: World, instance: str, run: str) -> None:
    """Restore a backup of an instance over it."""
    body = {"restoreBackupContext": {"backupRunId": run}}
    world.cloud.call("sql.instances.restoreBackup", f"projects/{PROJECT}/instances/{instance}", ADMIN, body)


def test_a_deleted_instance_comes_back_with_its_rows(world: World, moments: dict[str, str]) -> None:
    instance = f"projects/{PROJECT}/instances/ledger"
    world.cloud.call("sql.instances.delete", instance, ADMIN)
    [deleted] = world.cloud.store.find("sql.deleted", f"//sqladmin.googleapis.com/{instance}/deleted/")
    when = deleted.generated["instanceDeletionTime"]
    clone(world, "ledger", "restored", pointInTime=moments["two"], sourceInstanceDeletionTime=when)

    assert count(world, "restored") == "2"


@pytest.fixture
def broken(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine on which no data can be copied."""

    def give(path: Path) -> None:
        raise PostgresError(f"no space left for {path}")

    monkeypatch.setattr(programs, "give", give)


@pytest.mark.usefixtures("broken")
def test_a_clone_that_fails_leaves_no_instance(world: World, moments: dict[str, str]) -> None:
    assert moments
    with pytest.raises(ApiError, match="no space left"):
        clone(world, "journal-copy", "half")
    assert world.cloud.store.get(f"//sqladmin.googleapis.com/projects/{PROJECT}/instances/half") is None


def test_the_next_clone_under_that_name_has_all_rows(world: World) -> None:
    clone(world, "journal-copy", "half")
    assert count(world, "half") == "4"


def test_a_restore_that_fails_leaves_the_rows_that_were_there_and_the_next_one_works(
    world: World, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> None:
    run = world.cloud.call("sql.backupRuns.insert", f"projects/{PROJECT}/instances/half/backupRuns/-", ADMIN)["id"]
    execute(world, "half", "DELETE FROM entries WHERE n = 9")
    request.getfixturevalue("broken")
    with pytest.raises(ApiError, match="no space left"):
        restore(world, "half", run)
    monkeypatch.undo()
    assert count(world, "half") == "3"

    restore(world, "half", run)
    assert count(world, "half") == "4"


def folder(world: World, name: str) -> Path:
    """The folder of an instance's data."""
    home = home_of(world.cloud.directory)
    assert home is not None
    return home / f"{PROJECT}.{name}"


@pytest.mark.parametrize("moved", ["replaced", "2026-01-01T00:00:00Z"], ids=["by-a-restore", "by-a-deletion"])
def test_data_that_a_killed_process_moved_away_are_there_again(
    world: World, moments: dict[str, str], moved: str
) -> None:
    assert moments
    login.of(world.cloud, f"//sqladmin.googleapis.com/projects/{PROJECT}/instances/journal-copy").daemon.stop()
    data = folder(world, "journal-copy")
    data.rename(f"{data}@{moved}")

    assert count(world, "journal-copy") == "4"


def test_a_new_instance_has_no_data_of_one_that_was_never_recorded(world: World) -> None:
    (folder(world, "never") / "data").mkdir(parents=True)
    (folder(world, "never@replaced") / "data").mkdir(parents=True)
    world.create("never")
    assert not list(folder(world, "never").parent.glob(f"{PROJECT}.never*"))


def test_a_clone_of_an_instance_that_nobody_touched_has_no_data(world: World) -> None:
    world.create("untouched")
    clone(world, "untouched", "untouched-copy")
    for name in ("untouched", "untouched-copy"):
        assert not login.of(world.cloud, f"//sqladmin.googleapis.com/projects/{PROJECT}/instances/{name}").exists
