"""Secret Manager: secrets, their versions and payloads. It returns names with the project's number."""

import base64
from collections.abc import Callable

from sandbox.cloud import checksums
from sandbox.cloud.errors import ApiError, invalid, not_found
from sandbox.cloud.resources import Call, Collection, Method, new_etag, now
from sandbox.cloud.store import Json, StoredResource

_MOST_PAYLOAD = 64 * 1024  # bytes; https://cloud.google.com/secret-manager/quotas


class Secrets(Collection):
    """https://cloud.google.com/secret-manager/docs/reference/rest/v1/projects.secrets."""

    service = "secretmanager.googleapis.com"
    kind = "secretmanager.projects.secrets"
    path = "projects/{project}/secrets/{secret}"
    permission = "secretmanager.secrets"
    has_policy = True
    immutable = frozenset({"replication"})

    def generate(self, call: Call) -> Json:
        """Returns name, creation time and etag."""
        name = call.cloud.iam.hierarchy.with_number(call.name)
        return {"name": name, "createTime": now(), "etag": new_etag()}

    def methods(self) -> list[Method]:
        """Returns the standard methods and addVersion, which is a method of the secret."""
        add = Method(f"{self.kind}.addVersion", self, ("secretmanager.versions.add",), self.on_add_version)
        return [*super().methods(), add]

    def on_add_version(self, call: Call) -> Json:
        """Adds a version with the next number; versions are never changed afterwards."""
        self.stored(call)
        number = 1 + len(call.cloud.store.find(SecretVersions.kind, self.full(call.name) + "/versions/"))
        name = f"{call.name}/versions/{number}"
        payload: Json = call.body["payload"]
        content = base64.b64decode(str(payload.get("data", "")))
        if len(content) > _MOST_PAYLOAD:
            raise invalid(f"Secret payload is {len(content)} bytes, larger than {_MOST_PAYLOAD} bytes.")
        checked = checksums.check(content, payload.get("dataCrc32c"), "payload.data_crc32c")
        shown = call.cloud.iam.hierarchy.with_number(name)
        generated: Json = {"name": shown, "createTime": now(), "state": "ENABLED", "etag": new_etag()}
        generated["clientSpecifiedPayloadChecksum"] = checked
        kept = {"payload": {"data": payload.get("data", ""), "dataCrc32c": str(checksums.crc32c(content))}}
        version = StoredResource(self.full(name), SecretVersions.kind, kept, generated)
        call.cloud.store.put(version)
        return generated

    def before_delete(self, call: Call, stored: StoredResource) -> None:
        """Deletes the secret's versions."""
        for version in call.cloud.store.find(SecretVersions.kind, stored.name + "/versions/"):
            call.cloud.store.remove(version.name)


class SecretVersions(Collection):
    """https://cloud.google.com/secret-manager/docs/reference/rest/v1/projects.secrets.versions."""

    service = "secretmanager.googleapis.com"
    kind = "secretmanager.projects.secrets.versions"
    path = "projects/{project}/secrets/{secret}/versions/{version}"
    permission = "secretmanager.versions"

    def methods(self) -> list[Method]:
        """Returns the methods that read a version, read its payload, and change its state."""
        return [
            self._method("get", self.on_get, "secretmanager.versions.get"),
            self._method("list", self.on_list, "secretmanager.versions.list", on_parent=True),
            self._method("access", self.on_access, "secretmanager.versions.access"),
            self._method("enable", self._state_setter("ENABLED"), "secretmanager.versions.enable"),
            self._method("disable", self._state_setter("DISABLED"), "secretmanager.versions.disable"),
            self._method("destroy", self._state_setter("DESTROYED"), "secretmanager.versions.destroy"),
        ]

    def stored(self, call: Call) -> StoredResource:
        """Returns the version of a call; "latest" is the newest version, whatever its state."""
        if call.parameters["version"] != "latest":
            return super().stored(call)
        prefix = self.full(call.name.removesuffix("latest"))
        versions = call.cloud.store.find(self.kind, prefix)
        if not versions:
            raise not_found(call.name)
        return max(versions, key=lambda version: int(version.name.rpartition("/")[2]))

    def on_get(self, call: Call) -> Json:
        """Returns the version without its payload."""
        return self.stored(call).generated

    def on_list(self, call: Call) -> Json:
        """Returns the secret's versions without their payloads."""
        prefix = self.full(call.name.rpartition("/")[0]) + "/"
        return {"items": [version.generated for version in call.cloud.store.find(self.kind, prefix)]}

    def on_access(self, call: Call) -> Json:
        """Returns the payload; only of an enabled version."""
        version = self.stored(call)
        name, state = version.generated["name"], version.generated["state"]
        if state != "ENABLED":
            message = f"Secret Version [{name}] is in {state} state."
            raise ApiError("FAILED_PRECONDITION", message, "failedPrecondition")
        return {"name": name, "payload": version.declared["payload"]}

    def _state_setter(self, state: str) -> Callable[[Call], Json]:
        def handler(call: Call) -> Json:
            version = self.stored(call)
            if version.generated["state"] == "DESTROYED":
                message = f"Secret Version [{version.generated['name']}] is in DESTROYED state."
                raise ApiError("FAILED_PRECONDITION", message, "failedPrecondition")
            declared = {} if state == "DESTROYED" else version.declared
            generated = {**version.generated, "state": state}
            call.cloud.store.put(StoredResource(version.name, version.collection, declared, generated))
            return generated

        return handler
