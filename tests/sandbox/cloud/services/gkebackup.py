"""Backup for GKE: backup plans; no backup is ever taken."""

from sandbox.cloud.errors import invalid
from sandbox.cloud.resources import Call, Collection, new_etag, new_number, now
from sandbox.cloud.store import Json, Stored


class BackupPlans(Collection):
    """https://cloud.google.com/kubernetes-engine/docs/add-on/backup-for-gke/reference/rest/v1/projects.locations.backupPlans."""

    service = "gkebackup.googleapis.com"
    kind = "gkebackup.projects.locations.backupPlans"
    path = "projects/{project}/locations/{location}/backupPlans/{plan}"
    permission = "gkebackup.backupPlans"
    has_policy = True
    immutable = frozenset({"cluster"})

    def check(self, call: Call, body: Json) -> None:
        """The cluster must exist."""
        cluster = str(body.get("cluster", ""))
        if call.cloud.store.get(f"//container.googleapis.com/{cluster}") is None:
            raise invalid(f"The cluster '{cluster}' does not exist or cannot be read.")

    def generate(self, call: Call) -> Json:
        """Name, unique id, state and times."""
        return {
            "name": call.name,
            "uid": new_number(),
            "createTime": now(),
            "updateTime": now(),
            "etag": new_etag(),
            "state": "READY",
            "protectedNamespaceCount": 0,
            "protectedPodCount": 0,
        }

    def regenerate(self, call: Call, stored: Stored) -> Json:
        """A new etag and the time of the change."""
        del call
        return {**stored.generated, "etag": new_etag(), "updateTime": now()}
