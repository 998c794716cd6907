"""The life of a datastore: restored to a point in time, taken over, and given up on purpose.

One sandbox lives through all of it, in the order of this file; what no step allows is tried beside it.
"""

import json
import signal
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from e2e.accepting import asked
from e2e.datastores import (
    BREAK_GLASS,
    DATABASE_ADMINISTRATOR,
    DEV,
    ON_DUTY,
    RESTORED,
    Life,
    another,
    changes,
    client,
    contents,
    counted,
    delete,
    execute,
    final_backup,
    protections,
    written,
)
from e2e.harness import ADMIN, NAMESPACES, PROJECT, STORAGE, Sandbox, acting_as, ended, kill_tree, until
from e2e.inventory import INSTANCE, instances
from e2e.lifecycle import choice
from e2e.person import Person
from e2e.sandboxes import Draft, copy_checkout, made
from e2e.snapshots import Snapshots
from sandbox.cloud.errors import ApiError
from sandbox.cloud.iam import Caller
from sandbox.sql.server import home_of
from toolchain.environments import CHECKOUT
from waiting import sparing


@pytest.fixture(scope="module")
def life(e2e_folder: Path, person: Person, snapshots: Snapshots) -> Iterator[Life]:
    """Identity and platform, a moment to go back to, and a mistake after it."""
    folder = e2e_folder / "life"
    copy_checkout(folder / "checkout")
    with made(Sandbox(folder / "sandbox", person, folder / "checkout")) as sandbox:
        draft = Draft(sandbox, snapshots)
        draft.bring_up("identity", "platform")
        begun = Life(draft)
        with sandbox.cloud() as cloud:
            cloud.store.add_membership(BREAK_GLASS, ON_DUTY.member)
            execute(cloud, INSTANCE, "CREATE TABLE counted AS SELECT generate_series(1, 3) AS n")
            time.sleep(0.01)
            begun.moment = datetime.now(UTC).isoformat()
            time.sleep(0.01)
            execute(cloud, INSTANCE, "DELETE FROM counted")
            cloud.call("sql.databases.insert", f"{INSTANCE}/databases/mistake", DATABASE_ADMINISTRATOR, {"name": "x"})
        yield begun


# Administering


@pytest.mark.parametrize("permission", ["get", "update", "restart", "failover", "connect", "login"])
def test_a_database_administrator_works_on_an_instance(shared: Sandbox, permission: str) -> None:
    assert _may(shared, DATABASE_ADMINISTRATOR, permission)


@pytest.mark.parametrize("verb", ["delete", "export", "import", "restoreBackup", "clone"])
def test_a_database_administrator_loses_and_carries_off_nothing(shared: Sandbox, verb: str) -> None:
    body = {"cloneContext": {"destinationInstanceName": "mine"}}
    with shared.cloud() as cloud, pytest.raises(ApiError, match=rf"cloudsql\.instances\.{verb}") as refused:
        cloud.call(f"sql.instances.{verb}", INSTANCE, DATABASE_ADMINISTRATOR, body)
    assert refused.value.status == "PERMISSION_DENIED"


def test_an_app_that_may_log_in_sends_no_sql_by_googles_api(shared: Sandbox) -> None:
    with shared.cloud() as cloud, pytest.raises(ApiError, match=r"cloudsql\.instances\.executeSql"):
        cloud.call("sql.instances.executeSql", INSTANCE, acting_as("app-storefront"))


def test_a_backup_by_hand_is_made_and_not_unmade_by_an_administrator(life: Life) -> None:
    with life.sandbox.cloud() as cloud:
        made = cloud.call("sql.backupRuns.insert", f"{INSTANCE}/backupRuns/-", DATABASE_ADMINISTRATOR)
        with pytest.raises(ApiError, match=r"cloudsql\.backupRuns\.delete"):
            cloud.call("sql.backupRuns.delete", f"{INSTANCE}/backupRuns/{made['id']}", DATABASE_ADMINISTRATOR)


@pytest.mark.parametrize(
    "account",
    [
        "storage-deploy",
        "storage-preview",
        "namespaces-deploy",
        "namespaces-preview",
        "platform-deploy",
        "platform-preview",
        "identity-deploy",
        "team-deploy",
        "apps-shop-deploy",
    ],
)
def test_no_account_of_ci_logs_in_to_a_database(shared: Sandbox, account: str) -> None:
    assert not any(_may(shared, acting_as(account), permission) for permission in ("connect", "login"))


def _may(sandbox: Sandbox, caller: Caller, permission: str) -> bool:
    full = f"//sqladmin.googleapis.com/{INSTANCE}"
    with sandbox.cloud() as cloud, cloud.iam.recording(caller, full):
        return cloud.iam.decide(caller.member, f"cloudsql.instances.{permission}", full).allowed


# Restoring


def test_a_moment_that_no_log_reaches_is_refused_and_leaves_nothing(life: Life) -> None:
    source = {"datastore": "orders", "pointInTime": "2020-01-01T00:00:00Z"}
    stopped = life.up({"orders": life.orders, "orders-restored": life.orders | {"source": source}})

    stopped.refused(1, "backup that was created before the restored timestamp can't be found")
    assert instances(life.sandbox) == [INSTANCE]


@pytest.fixture(scope="module")
def killed(life: Life) -> int:
    """A restore that was killed while data were copied, and before it was recorded; the log's last entry before."""
    mark, sandbox = life.sandbox.mark(), life.sandbox
    life.declare({"orders": life.orders, "orders-restored": life.restored})

    def is_copied() -> bool:
        home = home_of(sandbox.path)
        return home is not None and any(home.glob("*.orders-restored/data.copied"))

    def is_done() -> bool:
        return any(call.method == "sql.instances.clone" and call.status == "OK" for call in sandbox.calls(mark))

    late = {"SANDBOX_FAULTS": json.dumps([{"method": "sql.instances.update", "kind": "latency", "seconds": 60}])}
    for moment, environment in ((is_copied, dict[str, str]()), (sparing(is_done), late)):
        running = sandbox.start("up", *choice(STORAGE), **environment)
        until(moment, running)
        kill_tree(running.pid, spare=sandbox.server_processes())
        assert ended(running).code == -signal.SIGKILL
    return mark


def test_a_restore_that_was_killed_goes_on_to_one_new_instance_with_what_was_there_then(
    life: Life, killed: int
) -> None:
    mark = killed
    life.up({"orders": life.orders, "orders-restored": life.restored}).succeeded()

    assert written(life.sandbox, mark) == ["sql.instances.clone orders"]  # which has the settings already
    assert "no changes; up in" in life.sandbox.run("up", *choice(STORAGE)).succeeded().out
    databases, users = contents(life.sandbox, RESTORED)
    assert databases == ["orders"]
    assert users == ["app-storefront@prodfirst-sandbox.iam", "database-team@example.com"]
    assert contents(life.sandbox, INSTANCE)[0] == ["mistake", "orders"]
    assert protections(life.sandbox, "orders-restored") == {"orders-restored": True}
    served = life.sandbox.outputs(NAMESPACES)["contract"]["apps"]["storefront"]["databases"]["orders"]
    assert served["connectionName"].endswith(":orders")


def test_a_restore_has_the_rows_of_that_time_and_the_original_its_own(life: Life) -> None:
    assert [counted(life.sandbox, instance) for instance in (INSTANCE, RESTORED)] == [0, 3]


def test_the_same_moment_gives_the_same_whatever_happened_since(life: Life) -> None:
    with life.sandbox.cloud() as cloud:
        body = {"cloneContext": {"destinationInstanceName": "again", "pointInTime": life.moment}}
        cloud.call("sql.instances.clone", INSTANCE, ADMIN, body)
    assert contents(life.sandbox, f"{PROJECT}/instances/again") == contents(life.sandbox, RESTORED)


def test_the_structure_of_a_restore_comes_to_another_datastore_without_a_row(life: Life, tmp_path: Path) -> None:
    file = tmp_path / "structure.sql"
    options = ("--schema-only", "--no-owner", "--no-privileges", "--restrict-key=structure", "orders")
    with life.sandbox.cloud() as cloud:
        another(cloud, "dev")
        dumped = client(cloud, RESTORED, "pg_dump", *options)
        assert client(cloud, RESTORED, "pg_dump", *options) == dumped
        file.write_text(f"SET ROLE cloudsqlsuperuser;\n{dumped}")
        client(cloud, DEV, "psql", "-X", "--single-transaction", "--set=ON_ERROR_STOP=1", f"--file={file}", "orders")
    assert [counted(life.sandbox, instance) for instance in (INSTANCE, RESTORED, DEV)] == [0, 3, 0]


def test_another_moment_is_another_datastore(life: Life) -> None:
    mark = life.sandbox.mark()
    later = {"datastore": "orders", "pointInTime": datetime.now(UTC).isoformat()}
    stopped = life.up({"orders": life.orders, "orders-restored": life.orders | {"source": later}})

    stopped.refused(1, "unable to replace resource", "orders-restored", "marked for protection")
    assert written(life.sandbox, mark) == []


def test_a_restored_datastore_is_taken_over_and_then_serves(life: Life) -> None:
    mark = life.sandbox.mark()
    life.up({"orders": life.orders | {"standby": True}, "orders-restored": life.adopted}).succeeded()

    assert written(life.sandbox, mark) == []
    assert protections(life.sandbox, "orders") == dict.fromkeys(
        (
            f"{datastore}{part}"
            for datastore in ("orders", "orders-restored")
            for part in ("", "-orders", "-user-storefront", "-administrators-database")
        ),
        True,
    )
    served = life.sandbox.outputs(NAMESPACES)["contract"]["apps"]["storefront"]["databases"]["orders"]
    assert served["connectionName"].endswith(":orders-restored")
    assert changes(life.sandbox.run("preview", "--layer", "platform", "--refresh", "yes").succeeded().out) == []


# Giving up


def test_a_datastore_that_leaves_the_configuration_at_once_stays(life: Life) -> None:
    mark = life.sandbox.mark()
    stopped = life.up({"orders-restored": life.adopted})

    stopped.refused(1, "Database::orders-orders", "cannot be deleted", "because it is protected")
    assert written(life.sandbox, mark) == []


@pytest.mark.parametrize(
    "line",
    [
        "                protect=not retired,\n                # The provider",
        pytest.param("            deletion_protection=not retired,", marks=pytest.mark.sweep),
    ],
)
def test_protection_that_goes_alone_is_refused_by_the_policies(life: Life, line: str) -> None:
    life.declare({"orders": life.orders | {"standby": True}, "orders-restored": life.adopted})
    mark, file = life.sandbox.mark(), "platform/platform_layer/storage/datastore.py"
    with life.draft.changed(file, line, line.replace("not retired", "False")):
        stopped = life.sandbox.run("up", *choice(STORAGE))

    stopped.refused(1, "policy sql-protected: ")
    assert written(life.sandbox, mark) == []


def test_neither_step_is_done_without_security(life: Life) -> None:
    mark = life.sandbox.mark()
    stopped = life.up({"orders": life.retired, "orders-restored": life.adopted})

    stopped.refused(1, "plan-protection-kept: gcp:sql/databaseInstance:DatabaseInstance 'orders' would lose")
    assert [deed for _, deed in asked(stopped)] == ["unprotect"] * 3
    assert written(life.sandbox, mark) == []


def test_the_first_step_lifts_protections_and_changes_nothing_else(life: Life) -> None:
    with life.sandbox.cloud() as cloud:
        execute(cloud, INSTANCE, "INSERT INTO counted VALUES (4), (5)")
    mark = life.sandbox.mark()
    accepted = life.accepted_up({"orders": life.retired, "orders-restored": life.adopted})

    assert accepted == [["unprotect"] * 3, ["unprotect"]]  # the instance with its parts; the login, in the team's stack
    assert written(life.sandbox, mark) == ["sql.instances.update orders"]
    protected = protections(life.sandbox, "orders")
    lifted = {name for name in protected if not protected[name]}
    assert lifted == {"orders", "orders-orders", "orders-user-storefront", "orders-administrators-database"}
    with life.sandbox.cloud() as cloud:
        settings = cloud.call("sql.instances.get", INSTANCE, ADMIN)["settings"]
    assert settings["deletionProtectionEnabled"] is False
    assert settings["userLabels"]["retire-after"] == life.retired["retire"]["after"]
    assert counted(life.sandbox, INSTANCE) == 2


def test_the_second_step_forgets_and_deletes_nothing(life: Life) -> None:
    mark = life.sandbox.mark()
    accepted = life.accepted_up({"orders-restored": life.adopted})

    assert accepted == [["delete"] * 3, ["delete"]]
    assert written(life.sandbox, mark) == []
    assert INSTANCE in instances(life.sandbox)
    assert counted(life.sandbox, INSTANCE) == 2
    assert all(name.startswith("orders-restored") for name in protections(life.sandbox, "orders"))


@pytest.mark.parametrize(
    "caller",
    [
        *map(acting_as, ("storage-deploy", "namespaces-deploy", "platform-deploy")),
        DATABASE_ADMINISTRATOR,
        ADMIN,
        ON_DUTY,
    ],
    ids=lambda caller: caller.email,
)
def test_outside_of_a_window_nobody_deletes_it(life: Life, caller: Caller) -> None:
    with life.sandbox.cloud() as cloud, pytest.raises(ApiError, match=r"cloudsql\.instances\.delete") as refused:
        delete(cloud, caller, INSTANCE)
    assert refused.value.status == "PERMISSION_DENIED"


def test_break_glass_restores_a_backup_over_an_instance_and_nobody_else_does(life: Life) -> None:
    life.grant_break_glass().succeeded()
    with life.sandbox.cloud() as cloud:
        execute(cloud, INSTANCE, "INSERT INTO counted VALUES (6)")
        rows = counted(life.sandbox, INSTANCE)
        run = cloud.call("sql.backupRuns.insert", f"{INSTANCE}/backupRuns/-", DATABASE_ADMINISTRATOR)["id"]
        execute(cloud, INSTANCE, "DELETE FROM counted")
        asked = {"restoreBackupContext": {"backupRunId": run}}
        for other in (ADMIN, DATABASE_ADMINISTRATOR, *map(acting_as, ("storage-deploy", "app-storefront"))):
            with pytest.raises(ApiError, match=r"cloudsql\.instances\.restoreBackup"):
                cloud.call("sql.instances.restoreBackup", INSTANCE, other, asked)
        assert counted(life.sandbox, INSTANCE) == 0
        cloud.call("sql.instances.restoreBackup", INSTANCE, ON_DUTY, asked)
    assert counted(life.sandbox, INSTANCE) == rows


def test_break_glass_deletes_what_is_retired_and_that_alone(life: Life) -> None:
    with life.sandbox.cloud() as cloud:
        with pytest.raises(ApiError, match="The instance is protected"):
            delete(cloud, ON_DUTY, RESTORED)
        for other in (ADMIN, DATABASE_ADMINISTRATOR):
            with pytest.raises(ApiError, match=r"cloudsql\.instances\.delete"):
                delete(cloud, other, INSTANCE)
        delete(cloud, ON_DUTY, INSTANCE)
    assert INSTANCE not in instances(life.sandbox)
    assert RESTORED in instances(life.sandbox)
    assert counted(life.sandbox, RESTORED) == 3


def test_a_final_backup_stays_for_as_long_as_was_promised(life: Life) -> None:
    backup = final_backup(life.sandbox)
    assert (backup["type"], backup["state"]) == ("FINAL", "SUCCESSFUL")
    kept = datetime.fromisoformat(backup["expiryTime"]) - datetime.fromisoformat(backup["instanceDeletionTime"])
    assert kept.days == 90


def test_the_name_of_a_deleted_instance_stays_taken(life: Life) -> None:
    stopped = life.up({"orders": life.orders | {"standby": True}, "orders-restored": life.adopted})
    stopped.refused(1, "is reserved until")


def test_a_deleted_datastore_is_restored_under_another_name(life: Life) -> None:
    life.up({"orders-restored": life.adopted, "orders-back": life.returned}).succeeded()

    back = f"{PROJECT}/instances/orders-back"
    assert contents(life.sandbox, back) == contents(life.sandbox, RESTORED)
    assert counted(life.sandbox, back) == 3


# Upgrading


def test_a_new_major_version_is_an_update_in_place(life: Life) -> None:
    mark, before = life.sandbox.mark(), contents(life.sandbox, RESTORED)
    upgraded = {"orders-restored": life.adopted | {"version": "POSTGRES_18"}, "orders-back": life.returned}
    life.declare(upgraded)
    plan = life.sandbox.run("preview", *choice(STORAGE)).succeeded().out
    life.up(upgraded).succeeded()

    instance = "DatabaseInstance orders-restored of datastore orders-restored"
    assert changes(plan) == [f"~ {instance}: databaseVersion: POSTGRES_17 => POSTGRES_18"]
    assert changes(plan)[0].replace("orders-restored", "orders") in (CHECKOUT / "platform/DATASTORES.md").read_text()
    assert written(life.sandbox, mark) == ["sql.instances.patch orders-restored"]
    assert contents(life.sandbox, RESTORED) == before
    assert counted(life.sandbox, RESTORED) == 3


def test_an_older_major_version_is_refused(life: Life) -> None:
    stopped = life.up({"orders-restored": life.adopted, "orders-back": life.returned})
    stopped.refused(1, "the update downgrades", "'orders-restored', databaseVersion: Cloud SQL knows no way back")
