"""Cloud SQL: recovery from transaction logs, backups, and retained data of a deleted instance.

The databases and users of an instance are kept with the times of their creation and deletion: a restore to a point in
time has the databases and users of that time. Their data, if anybody touched them, come from PostgreSQL's own log
(`sandbox/sql/history.py`).
"""

import time
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, cast

from sandbox.cloud import names
from sandbox.cloud.errors import ApiError, invalid, not_found
from sandbox.cloud.references import value_at
from sandbox.cloud.resources import Call, Collection, Method, now, stable_number
from sandbox.cloud.store import Json, StoredResource

_LOG = "sql.log"  # no collection of the API: events of one instance, in the order in which they happened
_DELETED = "sql.deleted"  # no collection either: deleted instances, by the time of their deletion
_DAY = 24 * 3600.0
_FINAL_BACKUP_DAYS = 30
_LOG_DAYS = 7


@dataclass(frozen=True)
class Source:
    """Source of a clone.

    Attributes:
        declared: the declared body of the instance.
        children: (collection, name) -> body of its databases and users at that time.
        moment: that time, in seconds since the epoch; None for now.
    """

    declared: Json
    children: dict[tuple[str, str], Json]
    moment: float | None


def note(call: Call, instance: str, kind: str, child: str, body: Json | None) -> None:
    """Notes in an instance's log that a child has the content `body` from now on, or is deleted (None)."""
    name = f"{instance}/log"
    events = _events(call.cloud.store.get(name))
    event = {"time": time.time(), "kind": kind, "name": child, "body": body}
    call.cloud.store.put(StoredResource(name, _LOG, {}, {"events": [*events, event]}))


def _events(log: StoredResource | None) -> list[Json]:
    return cast("list[Json]", log.generated["events"]) if log else []


def keep(call: Call, stored: StoredResource) -> str:
    """Keeps a deleted instance's final backup, and its log if backups are retained.

    Returns:
        The time of the deletion, under which a clone names what is retained; empty where nothing is.
    """
    log = call.cloud.store.get(f"{stored.name}/log")
    when = now()
    settings: Json = value_at(stored.declared, "settings") or {}
    final: Json = settings.get("finalBackupConfig") or {}
    if final.get("enabled"):
        days = int(final.get("retentionDays", _FINAL_BACKUP_DAYS))
        _put_backup(call, stored, when, days)
    if settings.get("retainBackupsOnDelete"):
        generated = {**stored.generated, "instanceDeletionTime": when, "events": _events(log)}
        call.cloud.store.put(StoredResource(f"{stored.name}/deleted/{when}", _DELETED, stored.declared, generated))
    if log:
        call.cloud.store.remove(log.name)
    return when if settings.get("retainBackupsOnDelete") else ""


def _put_backup(call: Call, stored: StoredResource, when: str, days: int) -> None:
    project, instance = call.parameters["project"], names.split(stored.name)[1]
    name = f"projects/{project}/backups/{stable_number(stored.name + when, 19)}"
    body = {
        "name": name,
        "kind": "sql#backup",
        "type": "FINAL",
        "state": "SUCCESSFUL",
        "instance": instance,
        "location": value_at(stored.declared, "settings.backupConfiguration.location") or "eu",
        "databaseVersion": stored.declared.get("databaseVersion"),
        "kmsKey": value_at(stored.declared, "diskEncryptionConfiguration.kmsKeyName"),
        "instanceDeletionTime": when,
        "instanceSettings": stored.declared,
        "expiryTime": datetime.fromtimestamp(time.time() + days * _DAY, UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
    }
    call.cloud.store.put(StoredResource(f"//{Backups.service}/{name}", Backups.kind, {}, body))


def source(call: Call, instance: str, context: Json) -> Source:
    """Returns the source of a clone request.

    Args:
        call: the request.
        instance: full name of the instance to clone.
        context: the request's cloneContext.

    Raises:
        ApiError: the instance does not exist, or cannot be restored to the time.
    """
    deleted = context.get("sourceInstanceDeletionTime")
    stored = call.cloud.store.get(f"{instance}/deleted/{deleted}" if deleted else instance)
    if stored is None:
        raise not_found(names.split(instance)[1])
    log = stored if deleted else call.cloud.store.get(f"{instance}/log")
    events = _events(log)
    moment = _moment(context["pointInTime"]) if context.get("pointInTime") else None
    if moment is not None:
        _require_recoverable(stored, moment)
    before = [event for event in events if moment is None or event["time"] <= moment]
    return Source(stored.declared, _children(before), moment)


def backup(call: Call, context: Json) -> tuple[str, Source]:
    """Returns the full name of the instance of a backup on demand, and what the backup holds.

    Args:
        call: the request to restore it.
        context: the request's restoreBackupContext.

    Raises:
        ApiError: the request names no backup, or one that does not exist.
    """
    if not context.get("backupRunId"):
        raise invalid("Invalid request: restoreBackupContext.backupRunId is missing; a final backup is cloned from.")
    project, own = call.parameters["project"], call.parameters["instance"]
    name = f"projects/{context.get('project') or project}/instances/{context.get('instanceId') or own}"
    run, full = f"{name}/backupRuns/{context['backupRunId']}", f"//{BackupRuns.service}/{name}"
    if (context.get("project") or project, context.get("instanceId") or own) != (project, own):
        call.cloud.iam.require(call.caller.member, f"{BackupRuns.permission}.get", full)
    stored = call.cloud.store.get(full)
    if stored is None or call.cloud.store.get(f"//{BackupRuns.service}/{run}") is None:
        raise not_found(run)
    events = _events(call.cloud.store.get(f"{full}/log"))
    made = [(event["kind"], event["name"]) for event in events].index((BackupRuns.kind, str(context["backupRunId"])))
    return full, Source(stored.declared, _children(events[:made]), float(events[made]["time"]))


def _children(events: list[Json]) -> dict[tuple[str, str], Json]:
    """Returns the databases and users after some events."""
    children: dict[tuple[str, str], Json] = {}
    for event in events:
        key = (str(event["kind"]), str(event["name"]))
        children.pop(key, None)
        if event["body"] is not None and event["kind"] != BackupRuns.kind:
            children[key] = event["body"]
    return children


def _moment(text: Any) -> float:
    try:
        moment = datetime.fromisoformat(str(text))
    except ValueError as error:
        raise invalid(f"Invalid value at 'clone_context.point_in_time': {text}") from error
    if moment.tzinfo is None:
        raise invalid(f"Invalid value at 'clone_context.point_in_time': {text} has no time zone.")
    return moment.timestamp()


def _require_recoverable(stored: StoredResource, moment: float) -> None:
    """Checks that the logs exist and cover the moment: https://cloud.google.com/sql/docs/postgres/backup-recovery/pitr."""
    settings: Json = value_at(stored.declared, "settings.backupConfiguration") or {}
    if not settings.get("pointInTimeRecoveryEnabled"):
        message = "Point-in-time recovery is not enabled for the source instance."
        raise ApiError("FAILED_PRECONDITION", message, "failedPrecondition")
    ended = stored.generated.get("instanceDeletionTime")
    latest = _moment(ended) if ended else time.time()
    if moment > latest:
        raise invalid(f"Invalid request: the point in time lies after the latest recovery time {_formatted(latest)}.")
    days = int(settings.get("transactionLogRetentionDays", _LOG_DAYS))
    if moment < max(_moment(stored.generated["createTime"]), time.time() - days * _DAY):
        raise ApiError(
            "INVALID_ARGUMENT",
            "A successful backup that's required for carrying out the CLONE operation can't be found, or a backup that"
            " was created before the restored timestamp can't be found. Modify the ID or timestamp for the backup.",
            "errorBackupNotFound",
        )


def _formatted(moment: float) -> str:
    return datetime.fromtimestamp(moment, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


class Backups(Collection):
    """https://cloud.google.com/sql/docs/postgres/admin-api/rest/v1/Backups; backups that outlive their instance."""

    service = "sqladmin.googleapis.com"
    kind = "sql.Backups"
    path = "projects/{project}/backups/{backup}"
    permission = "cloudsql.backupRuns"

    def methods(self) -> list[Method]:
        """Returns the methods that read and delete; an instance's deletion makes final backups."""
        return [
            Method(f"{self.kind}.GetBackup", self, (f"{self.permission}.get",), self.on_get),
            Method(f"{self.kind}.ListBackups", self, (f"{self.permission}.list",), self.on_list, on_parent=True),
            Method(f"{self.kind}.DeleteBackup", self, (f"{self.permission}.delete",), self.on_delete),
        ]


class BackupRuns(Collection):
    """https://cloud.google.com/sql/docs/postgres/admin-api/rest/v1/backupRuns; backups on demand."""

    service = "sqladmin.googleapis.com"
    kind = "sql.backupRuns"
    path = "projects/{project}/instances/{instance}/backupRuns/{run}"
    permission = "cloudsql.backupRuns"
    create = "insert"
    update = ""

    def check(self, call: Call, body: Json) -> None:
        """Checks that the instance exists."""
        del body
        instance = call.name.partition("/backupRuns/")[0]
        if call.cloud.store.get(self.full(instance)) is None:
            raise not_found(instance)

    def on_create(self, call: Call) -> Json:
        """Makes a backup, whose time in the instance's log is what a restore goes back to."""
        made = super().on_create(call)
        note(call, self.full(call.name.partition("/backupRuns/")[0]), self.kind, str(made["id"]), {})
        return made

    def generate(self, call: Call) -> Json:
        """Returns the state of a backup that is done at once."""
        return {"id": call.parameters["run"], "type": "ON_DEMAND", "status": "SUCCESSFUL", "endTime": now()}
