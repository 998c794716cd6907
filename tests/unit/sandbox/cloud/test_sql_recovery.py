"""Cloud SQL's way back: clones, points in time, what a deletion leaves, and who may move data."""

import time
from datetime import UTC, datetime

import pytest

import example_tenant as example
from sandbox.cloud.api import Cloud
from sandbox.cloud.errors import ApiError
from sandbox.cloud.iam import Caller
from sandbox.cloud.store import Json
from unit.sandbox.cloud.cases import ADMIN, DEVELOPER, PROJECT, bind

ORDERS, COPY = f"{PROJECT}/instances/orders", f"{PROJECT}/instances/orders-restored"
DAY = 24 * 3600
BODY: Json = {
    "name": "orders",
    "region": example.REGION,
    "databaseVersion": "POSTGRES_16",
    "settings": {
        "tier": "db-custom-1-3840",
        "edition": "ENTERPRISE",
        "maintenanceWindow": {"day": 7, "hour": 2},
        "retainBackupsOnDelete": True,
        "finalBackupConfig": {"enabled": True, "retentionDays": 90},
        "backupConfiguration": {"pointInTimeRecoveryEnabled": True, "transactionLogRetentionDays": 7},
    },
}


class Clock:
    """A clock that tests move."""

    def __init__(self) -> None:
        self.now = 1_800_000_000.0

    def __call__(self) -> float:
        return self.now

    def forward(self, seconds: float) -> str:
        """The time before it moved, as requests tell it."""
        before = datetime.fromtimestamp(self.now, UTC).isoformat()
        self.now += seconds
        return before


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock, real = Clock(), time.gmtime

    def gmtime(seconds: float | None = None) -> time.struct_time:
        return real(clock.now if seconds is None else seconds)

    monkeypatch.setattr(time, "time", clock)
    monkeypatch.setattr(time, "gmtime", gmtime)
    return clock


@pytest.fixture
def orders(cloud: Cloud, clock: Clock) -> Cloud:
    """An instance with one database and one user, a day old."""
    cloud.call("sql.instances.insert", ORDERS, ADMIN, BODY)
    add(cloud, "orders")
    user = {"name": "app@p.iam", "type": "CLOUD_IAM_SERVICE_ACCOUNT"}
    cloud.call("sql.users.insert", f"{ORDERS}/users/app@p.iam", ADMIN, user)
    clock.forward(DAY)
    return cloud


def add(cloud: Cloud, database: str) -> None:
    cloud.call("sql.databases.insert", f"{ORDERS}/databases/{database}", ADMIN, {"name": database})


def clone(cloud: Cloud, *, caller: Caller = ADMIN, to: str = "orders-restored", **context: str) -> Json:
    body = {"cloneContext": {"destinationInstanceName": to, **context}}
    return cloud.call("sql.instances.clone", ORDERS, caller, body)


def children(cloud: Cloud, instance: str, kind: str) -> list[str]:
    found = cloud.call(f"sql.{kind}.list", f"{instance}/{kind}/-", ADMIN)["items"]
    return [each["name"] for each in found]


def test_a_clone_has_the_settings_databases_and_users_of_its_source(orders: Cloud) -> None:
    created = clone(orders)

    assert created["name"] == "orders-restored"
    assert created["settings"]["backupConfiguration"] == BODY["settings"]["backupConfiguration"]
    assert "maintenanceWindow" not in created["settings"]
    assert children(orders, COPY, "databases") == ["orders"]
    assert children(orders, COPY, "users") == ["app@p.iam"]
    assert orders.call("sql.databases.get", f"{COPY}/databases/orders", ADMIN)["instance"] == "orders-restored"


def test_a_point_in_time_has_what_was_there_then_and_nothing_later(orders: Cloud, clock: Clock) -> None:
    add(orders, "invoices")
    before = clock.forward(60)
    orders.call("sql.databases.delete", f"{ORDERS}/databases/invoices", ADMIN)
    add(orders, "mistake")
    clock.forward(60)

    clone(orders, pointInTime=before)
    clone(orders, pointInTime=before, to="again")

    assert children(orders, COPY, "databases") == ["invoices", "orders"]
    assert children(orders, f"{PROJECT}/instances/again", "databases") == ["invoices", "orders"]
    assert children(orders, ORDERS, "databases") == ["mistake", "orders"]


def test_a_clone_goes_back_beyond_its_own_beginning_in_no_way(orders: Cloud, clock: Clock) -> None:
    with pytest.raises(ApiError, match="backup that was created before the restored timestamp can't be found"):
        clone(orders, pointInTime=datetime.fromtimestamp(clock.now - 2 * DAY, UTC).isoformat())


def test_logs_are_kept_for_the_days_that_are_set(orders: Cloud, clock: Clock) -> None:
    early = clock.forward(8 * DAY)
    with pytest.raises(ApiError, match="can't be found") as refused:
        clone(orders, pointInTime=early)
    assert refused.value.reason == "errorBackupNotFound"


def test_the_future_cannot_be_restored(orders: Cloud, clock: Clock) -> None:
    with pytest.raises(ApiError, match="after the latest recovery time"):
        clone(orders, pointInTime=datetime.fromtimestamp(clock.now + 60, UTC).isoformat())


@pytest.mark.parametrize("moment", ["yesterday", "2026-01-01T00:00:00"])
def test_a_point_in_time_is_a_timestamp_with_its_zone(orders: Cloud, moment: str) -> None:
    with pytest.raises(ApiError, match=r"Invalid value at 'clone_context\.point_in_time'"):
        clone(orders, pointInTime=moment)


def test_without_transaction_logs_there_is_no_point_in_time(orders: Cloud, clock: Clock) -> None:
    without = {"settings": {"backupConfiguration": {"pointInTimeRecoveryEnabled": False}}}
    orders.call("sql.instances.patch", ORDERS, ADMIN, without)
    with pytest.raises(ApiError, match="not enabled"):
        clone(orders, pointInTime=clock.forward(60))


def test_a_clone_takes_no_name_that_is_taken(orders: Cloud) -> None:
    with pytest.raises(ApiError, match="already exists"):
        clone(orders, to="orders")


def test_a_clone_is_protected_as_its_source_was(orders: Cloud) -> None:
    orders.call("sql.instances.patch", ORDERS, ADMIN, {"settings": {"deletionProtectionEnabled": True}})
    clone(orders)
    with pytest.raises(ApiError, match="protected"):
        orders.call("sql.instances.delete", COPY, ADMIN)


def test_a_deleted_instance_leaves_its_final_backup(orders: Cloud) -> None:
    orders.call("sql.instances.delete", ORDERS, ADMIN)

    [backup] = orders.call("sql.Backups.ListBackups", f"{PROJECT}/backups/-", ADMIN)["items"]
    assert (backup["type"], backup["state"], backup["instance"]) == ("FINAL", "SUCCESSFUL", ORDERS)
    kept = datetime.fromisoformat(backup["expiryTime"]) - datetime.fromisoformat(backup["instanceDeletionTime"])
    assert kept.days == 90
    assert orders.call("sql.Backups.GetBackup", backup["name"], ADMIN) == backup


def test_a_deleted_instance_is_restored_from_its_logs(orders: Cloud, clock: Clock) -> None:
    before = clock.forward(60)
    orders.call("sql.instances.delete", ORDERS, ADMIN)
    [backup] = orders.call("sql.Backups.ListBackups", f"{PROJECT}/backups/-", ADMIN)["items"]
    clock.forward(DAY)

    with pytest.raises(ApiError, match="was not found"):
        clone(orders, pointInTime=before)
    clone(orders, pointInTime=before, sourceInstanceDeletionTime=backup["instanceDeletionTime"])

    assert children(orders, COPY, "databases") == ["orders"]


def test_nothing_is_kept_that_was_not_asked_for(orders: Cloud, clock: Clock) -> None:
    without = {"settings": {"retainBackupsOnDelete": False, "finalBackupConfig": None}}
    orders.call("sql.instances.patch", ORDERS, ADMIN, without)
    before = clock.forward(60)
    orders.call("sql.instances.delete", ORDERS, ADMIN)

    assert orders.call("sql.Backups.ListBackups", f"{PROJECT}/backups/-", ADMIN)["items"] == []
    with pytest.raises(ApiError, match="was not found"):
        clone(orders, pointInTime=before, sourceInstanceDeletionTime=before)


def test_a_backup_is_made_on_demand(orders: Cloud) -> None:
    made = orders.call("sql.backupRuns.insert", f"{ORDERS}/backupRuns/-", ADMIN, {"description": "before the upgrade"})
    assert (made["type"], made["status"]) == ("ON_DEMAND", "SUCCESSFUL")
    assert orders.call("sql.backupRuns.get", f"{ORDERS}/backupRuns/{made['id']}", ADMIN) == made
    with pytest.raises(ApiError, match="was not found"):
        orders.call("sql.backupRuns.insert", f"{COPY}/backupRuns/-", ADMIN)


@pytest.mark.parametrize("verb", ["clone", "export", "import", "restoreBackup", "executeSql"])
def test_moving_data_is_a_permission_of_its_own(orders: Cloud, verb: str) -> None:
    bind(orders, "roles/monitoring.viewer", DEVELOPER.member)
    with pytest.raises(ApiError, match=rf"cloudsql\.instances\.{verb}"):
        orders.call(f"sql.instances.{verb}", ORDERS, DEVELOPER, {"cloneContext": {"destinationInstanceName": "x"}})


def test_sql_by_the_api_is_let_in_by_the_instance_too(orders: Cloud) -> None:
    with pytest.raises(ApiError, match="Data API is not allowed on this instance"):
        orders.call("sql.instances.executeSql", ORDERS, ADMIN)
    orders.call("sql.instances.patch", ORDERS, ADMIN, {"settings": {"dataApiAccess": "ALLOW_DATA_API"}})
    with pytest.raises(ApiError, match="keeps no password"):
        orders.call("sql.instances.executeSql", ORDERS, ADMIN)


def test_a_backup_brings_back_the_databases_and_users_of_its_time_and_no_settings(orders: Cloud) -> None:
    run = orders.call("sql.backupRuns.insert", f"{ORDERS}/backupRuns/-", ADMIN)["id"]
    orders.call("sql.databases.insert", f"{ORDERS}/databases/mistake", ADMIN, {"name": "mistake"})
    orders.call("sql.databases.delete", f"{ORDERS}/databases/orders", ADMIN)
    orders.call("sql.instances.patch", ORDERS, ADMIN, {"settings": {"userLabels": {"kept": "yes"}}})
    users = children(orders, ORDERS, "users")

    orders.call("sql.instances.restoreBackup", ORDERS, ADMIN, {"restoreBackupContext": {"backupRunId": run}})
    assert (children(orders, ORDERS, "databases"), children(orders, ORDERS, "users")) == (["orders"], users)
    assert orders.call("sql.instances.get", ORDERS, ADMIN)["settings"]["userLabels"] == {"kept": "yes"}


@pytest.mark.parametrize(
    ("context", "words"),
    [
        ({}, "backupRunId is missing"),
        ({"backupRunId": "1"}, "backupRuns/1' was not found"),
        ({"backupRunId": "1", "instanceId": "nothing"}, "nothing/backupRuns/1' was not found"),
    ],
)
def test_a_backup_that_does_not_exist_is_not_restored(orders: Cloud, context: Json, words: str) -> None:
    with pytest.raises(ApiError, match=words):
        orders.call("sql.instances.restoreBackup", ORDERS, ADMIN, {"restoreBackupContext": context})
    assert children(orders, ORDERS, "databases") == ["orders"]


def test_a_backup_of_another_instance_is_for_whoever_may_read_it(orders: Cloud) -> None:
    clone(orders)
    run = orders.call("sql.backupRuns.insert", f"{ORDERS}/backupRuns/-", ADMIN)["id"]
    role = f"{PROJECT}/roles/restorer"
    orders.call("iam.projects.roles.create", role, ADMIN, {"includedPermissions": ["cloudsql.instances.restoreBackup"]})
    bind(orders, role, DEVELOPER.member)

    body = {"restoreBackupContext": {"backupRunId": run}}
    orders.call("sql.instances.restoreBackup", ORDERS, DEVELOPER, body)
    body["restoreBackupContext"]["instanceId"] = "orders"
    with pytest.raises(ApiError, match=r"cloudsql\.backupRuns\.get"):
        orders.call("sql.instances.restoreBackup", COPY, DEVELOPER, body)


def test_a_major_version_goes_up_in_place(orders: Cloud) -> None:
    upgraded = orders.call("sql.instances.patch", ORDERS, ADMIN, {"databaseVersion": "POSTGRES_17"})
    assert upgraded["databaseVersion"] == "POSTGRES_17"
    assert children(orders, ORDERS, "databases") == ["orders"]


def test_an_upgrade_is_checked_before_by_whoever_may(orders: Cloud) -> None:
    def check(caller: Caller, version: str) -> Json:
        body = {"preCheckMajorVersionUpgradeContext": {"targetDatabaseVersion": version}}
        return orders.call("sql.instances.preCheckMajorVersionUpgrade", ORDERS, caller, body)

    assert check(ADMIN, "POSTGRES_18")["databaseVersion"] == "POSTGRES_16"
    for version in ("POSTGRES_15", "POSTGRES_99", ""):
        with pytest.raises(ApiError, match="400"):
            check(ADMIN, version)
    bind(orders, "roles/monitoring.viewer", DEVELOPER.member)
    with pytest.raises(ApiError, match=r"cloudsql\.instances\.preCheckMajorVersionUpgrade"):
        check(DEVELOPER, "POSTGRES_18")


def test_a_major_version_never_goes_down(orders: Cloud) -> None:
    with pytest.raises(ApiError, match="cannot be changed from POSTGRES_16 to POSTGRES_9_6"):
        orders.call("sql.instances.patch", ORDERS, ADMIN, {"databaseVersion": "POSTGRES_9_6"})
