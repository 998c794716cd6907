"""Cloud Storage: buckets, and the names of objects; the content of objects is stored elsewhere (see `google/`).

Google's bucket names contain no project (`b/<bucket>`, and `projects/_/buckets/<bucket>` in IAM). Here the project is
part of the name, so that a bucket is in the hierarchy on which its permissions are checked. The name is still taken in
every project. Names of objects are percent-encoded, as in URLs: `state%2Fprod.json` is one segment.
"""

import time
from dataclasses import replace
from urllib.parse import unquote

from sandbox.cloud import names, policies
from sandbox.cloud.errors import ApiError, invalid, not_found
from sandbox.cloud.references import value_at
from sandbox.cloud.resources import Call, Collection, Method, new_etag, now
from sandbox.cloud.services import agents, kms, orgpolicy
from sandbox.cloud.store import Json, Store, StoredResource


def bucket(store: Store, name: str) -> str:
    """Returns the full name of a bucket, whose project its own name does not tell.

    Raises:
        ApiError: NOT_FOUND.
    """
    for stored in store.find(Buckets.kind, f"//{Buckets.service}/projects/"):
        if stored.name.endswith(f"/buckets/{name}"):
            return stored.name
    raise ApiError("NOT_FOUND", "The specified bucket does not exist.", "notFound")


class Buckets(Collection):
    """https://cloud.google.com/storage/docs/json_api/v1/buckets."""

    service = "storage.googleapis.com"
    kind = "storage.buckets"
    path = "projects/{project}/buckets/{bucket}"
    permission = "storage.buckets"
    create = "insert"
    has_policy = True
    also = kms.USE
    immutable = frozenset({"name", "location", "hierarchicalNamespace"})

    def check(self, call: Call, body: Json) -> None:
        """Checks that the name is free, the service agent may use the key, and organisation policies hold."""
        bucket = call.parameters["bucket"]
        # https://cloud.google.com/storage/docs/buckets#naming
        if bucket.startswith("goog") or "google" in bucket:
            raise invalid(f"Invalid bucket name: '{bucket}'")
        for other in call.cloud.store.find(self.kind, f"//{self.service}/projects/"):
            if other.name.endswith(f"/buckets/{bucket}") and other.name != self.full(call.name):
                raise ApiError("ALREADY_EXISTS", "The requested bucket name is not available.", "conflict")
        kms.require_usable(call, value_at(body, "encryption.defaultKmsKeyName"), agents.email(call, self.service))
        uniform = value_at(body, "iamConfiguration.uniformBucketLevelAccess.enabled")
        if not uniform and orgpolicy.enforced(call, "storage.uniformBucketLevelAccess"):
            raise orgpolicy.violated("storage.uniformBucketLevelAccess", call.parameters["project"])

    def on_create(self, call: Call) -> Json:
        """Creates a bucket with Google's default policy, which grants access to the project's basic roles."""
        body = super().on_create(_located(call, call.body.get("location") or "US"))
        uniform = bool(value_at(body, "iamConfiguration.uniformBucketLevelAccess.enabled"))
        policy = {"version": 1, "bindings": _default_bindings(call.parameters["project"], uniform), "etag": new_etag()}
        call.cloud.store.set_policy(self.full(call.name), policy)
        return body

    def generate(self, call: Call) -> Json:
        """Returns links, times and defaults."""
        bucket = call.parameters["bucket"]
        return {
            "id": bucket,
            "name": bucket,
            "selfLink": f"https://www.googleapis.com/storage/v1/b/{bucket}",
            "projectNumber": call.cloud.store.setting("project.number"),
            "timeCreated": now(),
            "updated": now(),
            "etag": new_etag(),
            "storageClass": "STANDARD",
            "iamConfiguration": {"publicAccessPrevention": "inherited"},
            "softDeletePolicy": {"retentionDurationSeconds": "604800"},
        }

    def regenerate(self, call: Call, stored: StoredResource) -> Json:
        """Returns the time of the change and a new etag."""
        del call
        return {**stored.generated, "updated": now(), "etag": new_etag()}

    def on_update(self, call: Call) -> Json:
        """Changes a bucket; a locked retention policy cannot be removed, unlocked or shortened."""
        if "location" in call.body:
            call = _located(call, call.body["location"])
        before: Json = self.stored(call).declared.get("retentionPolicy") or {}
        if before.get("isLocked") and "retentionPolicy" in call.body:
            after: Json = call.body["retentionPolicy"] or {}
            shorter = int(after.get("retentionPeriod", 0)) < int(before["retentionPeriod"])
            if shorter or not after.get("isLocked"):
                message = (
                    "Cannot reduce retention duration of a locked Retention Policy for bucket"
                    f" '{call.parameters['bucket']}'."
                )
                raise ApiError("PERMISSION_DENIED", message, "forbidden")
        return super().on_update(call)

    def on_set_policy(self, call: Call) -> Json:
        """Replaces the policy; refuses public members while public access prevention is enforced."""
        prevention = value_at(self.stored(call).body, "iamConfiguration.publicAccessPrevention")
        enforced = prevention == "enforced" or orgpolicy.enforced(call, "storage.publicAccessPrevention")
        members = {member for binding in call.body["policy"].get("bindings", []) for member in binding["members"]}
        if enforced and members & policies.PUBLIC:
            message = (
                "The member bindings allUsers and allAuthenticatedUsers are not allowed since public access prevention"
                " is enforced."
            )
            raise ApiError("FAILED_PRECONDITION", message, "conditionNotMet")
        return super().on_set_policy(call)

    def before_delete(self, call: Call, stored: StoredResource) -> None:
        """Refuses to delete a bucket with objects."""
        if call.cloud.store.find(Objects.kind, stored.name + "/objects/"):
            raise ApiError("ABORTED", "The bucket you tried to delete is not empty.", "conflict")


def _located(call: Call, location: object) -> Call:
    """Returns the call with a location in capital letters (https://cloud.google.com/storage/docs/locations)."""
    return replace(call, body={**call.body, "location": str(location).upper()})


def _default_bindings(project: str, uniform: bool) -> list[Json]:
    """Returns the default bindings of a bucket (https://cloud.google.com/storage/docs/access-control/iam-roles#basic-roles-modifiable)."""
    kinds = ("Bucket", "Object") if uniform else ("Bucket",)
    writers, readers = [f"projectEditor:{project}", f"projectOwner:{project}"], [f"projectViewer:{project}"]
    return [
        {"role": f"roles/storage.legacy{kind}{level}", "members": members}
        for kind in kinds
        for level, members in (("Owner", writers), ("Reader", readers))
    ]


class AnywhereCaches(Collection):
    """https://cloud.google.com/storage/docs/json_api/v1/anywhereCaches; none can be created."""

    service = "storage.googleapis.com"
    kind = "storage.anywhereCaches"
    path = "projects/{project}/buckets/{bucket}/anywhereCaches/{cache}"
    permission = "storage.anywhereCaches"

    def methods(self) -> list[Method]:
        """Returns the listing method."""
        return [self._method("list", self.on_list, f"{self.permission}.list", on_parent=True)]


class ServiceAccounts(Collection):
    """https://cloud.google.com/storage/docs/json_api/v1/projects/serviceAccount."""

    service = "storage.googleapis.com"
    kind = "storage.projects.serviceAccount"
    path = "projects/{project}/serviceAccount"
    permission = "resourcemanager.projects"

    def methods(self) -> list[Method]:
        """Returns the method that reads the agent, and makes it if needed."""
        permissions = ("resourcemanager.projects.get",)
        return [Method(f"{self.kind}.get", self, permissions, self.on_get, on_parent=True)]

    def policy_target(self, method: Method, name: str) -> str:
        """Returns the project itself."""
        del method
        return names.project(names.project_of(name))

    def on_get(self, call: Call) -> Json:
        """Returns the agent's email."""
        return {"email_address": agents.ensure(call, self.service)}


class Objects(Collection):
    """https://cloud.google.com/storage/docs/json_api/v1/objects; https://cloud.google.com/storage/docs/access-control/iam-json."""

    service = "storage.googleapis.com"
    kind = "storage.objects"
    path = "projects/{project}/buckets/{bucket}/objects/{object}"
    permission = "storage.objects"
    create = "insert"
    update = ""

    def policy_target(self, method: Method, name: str) -> str:
        """Returns the object itself, also for a new one: conditions may limit a role to a prefix of objects' names."""
        return self.full(name) if method.id == f"{self.kind}.insert" else super().policy_target(method, name)

    def on_list(self, call: Call) -> Json:
        """Returns the objects whose names begin with the prefix in the body."""
        prefix = str(call.body.get("prefix", ""))
        return {"items": [item for item in super().on_list(call)["items"] if str(item["name"]).startswith(prefix)]}

    def check(self, call: Call, body: Json) -> None:
        """Checks that the bucket exists."""
        del body
        self._bucket(call)

    def generate(self, call: Call) -> Json:
        """Returns name, bucket and the time from which retention counts."""
        return {
            "name": unquote(call.parameters["object"]),
            "bucket": call.parameters["bucket"],
            "timeCreated": now(),
            "created": time.time(),
        }

    def on_create(self, call: Call) -> Json:
        """Creates an object; replacing one requires the permission to delete it, and that no retention protects it."""
        present = call.cloud.store.get(self.full(call.name))
        if present is not None:
            call.cloud.iam.require(call.caller.member, "storage.objects.delete", present.name)
            self.before_delete(call, present)
            call.cloud.store.remove(present.name)
        return super().on_create(call)

    def before_delete(self, call: Call, stored: StoredResource) -> None:
        """Refuses to delete an object under retention."""
        period = value_at(self._bucket(call).body, "retentionPolicy.retentionPeriod")
        if period and stored.generated["created"] + float(period) > time.time():
            message = (
                f"Object '{call.parameters['bucket']}/{call.parameters['object']}' is subject to bucket's retention"
                " policy and cannot be deleted or overwritten until its retention expires."
            )
            raise ApiError("PERMISSION_DENIED", message, "retentionPolicyNotMet")

    def _bucket(self, call: Call) -> StoredResource:
        name = f"projects/{call.parameters['project']}/buckets/{call.parameters['bucket']}"
        bucket = call.cloud.store.get(self.full(name))
        if bucket is None:
            raise not_found(name)
        return bucket
