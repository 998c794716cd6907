"""Backup for GKE: backup plans and restore plans; no backup is ever taken or restored."""

from typing import cast

from sandbox.cloud.errors import ApiError, invalid
from sandbox.cloud.references import user_of, value_at
from sandbox.cloud.resources import Call, Collection, new_etag, new_number, now
from sandbox.cloud.services import agents, kms
from sandbox.cloud.store import Json, StoredResource


class _PlanCollection(Collection):
    """Base of both kinds of plans."""

    service = "gkebackup.googleapis.com"
    has_policy = True
    immutable = frozenset({"backupPlan", "cluster"})

    def check(self, call: Call, body: Json) -> None:
        """Checks that the cluster exists."""
        cluster = str(body.get("cluster", ""))
        if call.cloud.store.get(f"//container.googleapis.com/{cluster}") is None:
            raise invalid(f"The cluster '{cluster}' does not exist or cannot be read.")

    def generate(self, call: Call) -> Json:
        """Returns name, unique id, state and times."""
        times = {"createTime": now(), "updateTime": now()}
        return {"name": call.name, "uid": new_number(), **times, "etag": new_etag(), "state": "READY"}

    def regenerate(self, call: Call, stored: StoredResource) -> Json:
        """Returns a new etag and the time of the change."""
        del call
        return {**stored.generated, "etag": new_etag(), "updateTime": now()}


class BackupPlans(_PlanCollection):
    """https://cloud.google.com/kubernetes-engine/docs/add-on/backup-for-gke/reference/rest/v1/projects.locations.backupPlans."""

    kind = "gkebackup.projects.locations.backupPlans"
    path = "projects/{project}/locations/{location}/backupPlans/{plan}"
    permission = "gkebackup.backupPlans"
    also = kms.USE

    def check(self, call: Call, body: Json) -> None:
        """Checks that the service's agent may use the key, and that no backup is locked for longer than it is kept."""
        super().check(call, body)
        key = value_at(body, "backupConfig.encryptionKey.gcpKmsEncryptionKey")
        kms.require_usable(call, key, agents.email(call, self.service))
        policy = cast("Json", body.get("retentionPolicy") or {})
        retained, locked = policy.get("backupRetainDays") or 0, policy.get("backupDeleteLockDays") or 0
        if retained and locked > retained:
            raise invalid("backup_retain_days must be greater than or equal to backup_delete_lock_days.")

    def on_update(self, call: Call) -> Json:
        """Changes the plan; a locked retention policy cannot be changed or unlocked."""
        retention = cast("Json", self.stored(call).body.get("retentionPolicy") or {})
        if retention.get("locked") and call.body.get("retentionPolicy", retention) != retention:
            message = f"The retention policy of backup plan {call.name} is locked and cannot be updated."
            raise ApiError("FAILED_PRECONDITION", message, "failedPrecondition")
        return super().on_update(call)

    def generate(self, call: Call) -> Json:
        """Returns the fields of every plan, and the number of protected pods: none."""
        return {**super().generate(call), "protectedNamespaceCount": 0, "protectedPodCount": 0}

    def before_delete(self, call: Call, stored: StoredResource) -> None:
        """Refuses to delete a plan that a restore plan refers to."""
        del stored
        user = user_of(call, {RestorePlans.kind: "backupPlan"})
        if user is not None:
            message = f"Backup plan {call.name} cannot be deleted: it is referenced by {user}."
            raise ApiError("FAILED_PRECONDITION", message, "failedPrecondition")


class RestorePlans(_PlanCollection):
    """https://cloud.google.com/kubernetes-engine/docs/add-on/backup-for-gke/reference/rest/v1/projects.locations.restorePlans."""

    kind = "gkebackup.projects.locations.restorePlans"
    path = "projects/{project}/locations/{location}/restorePlans/{plan}"
    permission = "gkebackup.restorePlans"

    def check(self, call: Call, body: Json) -> None:
        """Checks that the cluster and the backup plan exist."""
        super().check(call, body)
        plan = str(body.get("backupPlan", ""))
        if call.cloud.store.get(self.full(plan)) is None:
            raise invalid(f"The backup plan '{plan}' does not exist or cannot be read.")
