"""Cloud Logging: log buckets, sinks and log-based metrics; no log entry is ever routed."""

import time
from datetime import datetime

from sandbox.cloud.errors import ApiError, invalid
from sandbox.cloud.resources import Call, Collection, Method, now
from sandbox.cloud.services import agents
from sandbox.cloud.store import Json, StoredResource

_DELETED_FOR = 7 * 24 * 3600.0  # seconds; https://cloud.google.com/logging/docs/buckets#delete-bucket
_DELETED = "DELETE_REQUESTED"
_BUILT_IN = {"_Default": (30, False), "_Required": (400, True)}  # bucket -> days of retention, locked


class Sinks(Collection):
    """https://cloud.google.com/logging/docs/reference/v2/rest/v2/projects.sinks."""

    service = "logging.googleapis.com"
    kind = "logging.projects.sinks"
    path = "projects/{project}/sinks/{sink}"
    permission = "logging.sinks"
    options = frozenset({"uniqueWriterIdentity", "customWriterIdentity"})
    update = "update"
    immutable = frozenset({"name"})

    def check(self, call: Call, body: Json) -> None:
        """Checks that the destination is one of the services that take logs."""
        del call
        services = ("storage", "bigquery", "pubsub", "logging")
        if not str(body.get("destination", "")).startswith(tuple(f"{service}.googleapis.com/" for service in services)):
            raise invalid(f"Unsupported destination '{body.get('destination')}'.")

    def generate(self, call: Call) -> Json:
        """Returns the account that writes into the destination, and that needs a grant on it."""
        unique = call.body.get("uniqueWriterIdentity", True)
        agent = agents.ensure(call, self.service) if unique else "cloud-logs@system.gserviceaccount.com"
        writer = call.body.get("customWriterIdentity") or f"serviceAccount:{agent}"
        return {"name": call.parameters["sink"], "writerIdentity": writer, "createTime": now(), "updateTime": now()}


class Metrics(Collection):
    """https://cloud.google.com/logging/docs/reference/v2/rest/v2/projects.metrics."""

    service = "logging.googleapis.com"
    kind = "logging.projects.metrics"
    path = "projects/{project}/metrics/{metric}"
    permission = "logging.logMetrics"
    update = "update"
    immutable = frozenset({"name"})

    def generate(self, call: Call) -> Json:
        """Returns name and creation time."""
        return {"name": call.parameters["metric"], "createTime": now()}


class Buckets(Collection):
    """https://cloud.google.com/logging/docs/reference/v2/rest/v2/projects.locations.buckets.

    Every project has `_Default` and `_Required`; the latter is locked. A deleted bucket stays for a week in the state
    DELETE_REQUESTED, in which it is read and listed, is not changed, and can be restored.
    """

    service = "logging.googleapis.com"
    kind = "logging.projects.locations.buckets"
    path = "projects/{project}/locations/{location}/buckets/{bucket}"
    permission = "logging.buckets"
    # The permission to read a bucket's entries is checked on its views, which are not simulated.
    also = frozenset({"logging.views.access"})

    def methods(self) -> list[Method]:
        """Returns the standard methods and undelete."""
        return [*super().methods(), self._method("undelete", self.on_undelete, f"{self.permission}.undelete")]

    def stored(self, call: Call) -> StoredResource:
        """Returns the bucket, also a built-in or deleted one."""
        self._purge(call, call.name)
        name = call.parameters["bucket"]
        if name in _BUILT_IN and call.cloud.store.get(self.full(call.name)) is None:
            days, locked = _BUILT_IN[name]
            generated = {**self.generate(call), "retentionDays": days, "locked": locked}
            return StoredResource(self.full(call.name), self.kind, {}, generated)
        return super().stored(call)

    def generate(self, call: Call) -> Json:
        """Returns name, state, times, and Google's default of thirty days."""
        times = {"createTime": now(), "updateTime": now()}
        return {"name": call.name, "lifecycleState": "ACTIVE", "retentionDays": 30, **times}

    def regenerate(self, call: Call, stored: StoredResource) -> Json:
        """Returns the time of the change."""
        del call
        return {**stored.generated, "updateTime": now()}

    def on_create(self, call: Call) -> Json:
        """Creates a bucket; refuses the names of built-in buckets."""
        if call.parameters["bucket"].startswith("_"):
            raise invalid("Bucket names that begin with an underscore are reserved.")
        self._purge(call, call.name)
        return super().on_create(call)

    def on_list(self, call: Call) -> Json:
        """Lists the buckets, deleted ones among them until they are purged."""
        for bucket in super().on_list(call)["items"]:
            self._purge(call, bucket["name"])
        return super().on_list(call)

    def on_update(self, call: Call) -> Json:
        """Changes a bucket; a locked one cannot be unlocked, and its retention cannot be changed."""
        before = self.stored(call)
        self._require_active(call, before, "updated")
        for field in ("locked", "retentionDays"):
            if before.body.get("locked") and field in call.body and call.body[field] != before.body.get(field):
                message = f"Cannot update {field} of locked bucket {call.name}."
                raise ApiError("FAILED_PRECONDITION", message, "failedPrecondition")
        return super().on_update(call)

    def on_delete(self, call: Call) -> Json:
        """Marks a bucket as deleted, from which it is purged after a week; refuses a locked or built-in one."""
        stored = self.stored(call)
        if stored.body.get("locked") or call.parameters["bucket"] in _BUILT_IN:
            raise ApiError("FAILED_PRECONDITION", f"Cannot delete bucket {call.name}.", "failedPrecondition")
        self._require_active(call, stored, "deleted")
        self._put(call, stored, _DELETED)
        return {}

    def on_undelete(self, call: Call) -> Json:
        """Restores a deleted bucket."""
        stored = self.stored(call)
        if not _is_deleted(stored):
            message = f"Bucket {call.name} is not in the state {_DELETED}."
            raise ApiError("FAILED_PRECONDITION", message, "failedPrecondition")
        self._put(call, stored, "ACTIVE")
        return {}

    def _put(self, call: Call, stored: StoredResource, state: str) -> None:
        generated = {**stored.generated, "lifecycleState": state, "updateTime": now()}
        call.cloud.store.put(StoredResource(stored.name, stored.collection, stored.declared, generated))

    def _purge(self, call: Call, name: str) -> None:
        """Removes a bucket that was deleted more than a week ago."""
        stored = call.cloud.store.get(self.full(name))
        if stored is not None and _is_deleted(stored):
            deleted = datetime.fromisoformat(stored.generated["updateTime"]).timestamp()
            if deleted + _DELETED_FOR < time.time():
                call.cloud.store.remove(stored.name)

    def _require_active(self, call: Call, stored: StoredResource, what: str) -> None:
        if _is_deleted(stored):
            message = f"Bucket {call.name} is in the state {_DELETED} and cannot be {what}."
            raise ApiError("FAILED_PRECONDITION", message, "failedPrecondition")


def _is_deleted(stored: StoredResource) -> bool:
    return stored.body["lifecycleState"] == _DELETED
