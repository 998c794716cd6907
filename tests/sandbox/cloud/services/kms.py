"""Cloud KMS: key rings, keys and their versions. Rings and keys can never be deleted; the versions can be destroyed."""

from typing import Any

from sandbox.cloud.errors import ApiError, invalid, not_found
from sandbox.cloud.resources import Call, Collection, Method, now
from sandbox.cloud.store import Json, Stored

USE = frozenset({"cloudkms.cryptoKeyVersions.useToEncrypt", "cloudkms.cryptoKeyVersions.useToDecrypt"})


class KeyRings(Collection):
    """https://cloud.google.com/kms/docs/reference/rest/v1/projects.locations.keyRings."""

    service = "cloudkms.googleapis.com"
    kind = "cloudkms.projects.locations.keyRings"
    path = "projects/{project}/locations/{location}/keyRings/{ring}"
    permission = "cloudkms.keyRings"
    update = ""
    has_policy = True

    def methods(self) -> list[Method]:
        """The standard methods without delete."""
        return [method for method in super().methods() if not method.id.endswith(".delete")]

    def generate(self, call: Call) -> Json:
        """Name and creation time."""
        return {"name": call.name, "createTime": now()}


class CryptoKeys(Collection):
    """https://cloud.google.com/kms/docs/reference/rest/v1/projects.locations.keyRings.cryptoKeys."""

    service = "cloudkms.googleapis.com"
    kind = "cloudkms.projects.locations.keyRings.cryptoKeys"
    path = "projects/{project}/locations/{location}/keyRings/{ring}/cryptoKeys/{key}"
    permission = "cloudkms.cryptoKeys"
    has_policy = True
    immutable = frozenset({"purpose", "destroyScheduledDuration", "importOnly"})

    def methods(self) -> list[Method]:
        """The standard methods without delete."""
        return [method for method in super().methods() if not method.id.endswith(".delete")]

    def check(self, call: Call, body: Json) -> None:
        """The ring must exist, and a rotation period be a day at least."""
        ring = call.name.partition("/cryptoKeys/")[0]
        if call.cloud.store.get(self.full(ring)) is None:
            raise not_found(ring)
        period = body.get("rotationPeriod")
        if period and float(str(period).removesuffix("s")) < 86400:
            raise invalid("The request has errors: rotation_period must be at least 24 hours.")

    def generate(self, call: Call) -> Json:
        """Name, creation time, and the first version as the primary one."""
        first = f"{call.name}/cryptoKeyVersions/1"
        generated = {"name": first, "state": "ENABLED", "createTime": now(), "algorithm": "GOOGLE_SYMMETRIC_ENCRYPTION"}
        call.cloud.store.put(Stored(self.full(first), CryptoKeyVersions.kind, {}, generated))
        return {
            "name": call.name,
            "createTime": now(),
            "purpose": "ENCRYPT_DECRYPT",
            "destroyScheduledDuration": "2592000s",
            "primary": {"name": first, "state": "ENABLED"},
        }


class CryptoKeyVersions(Collection):
    """https://cloud.google.com/kms/docs/reference/rest/v1/projects.locations.keyRings.cryptoKeys.cryptoKeyVersions."""

    service = "cloudkms.googleapis.com"
    kind = "cloudkms.projects.locations.keyRings.cryptoKeys.cryptoKeyVersions"
    path = "projects/{project}/locations/{location}/keyRings/{ring}/cryptoKeys/{key}/cryptoKeyVersions/{version}"
    permission = "cloudkms.cryptoKeyVersions"

    def methods(self) -> list[Method]:
        """Reading, and scheduling for destruction."""
        return [
            self._method("get", self.on_get, f"{self.permission}.get"),
            self._method("list", self.on_list, f"{self.permission}.list", on_parent=True),
            self._method("destroy", self.on_destroy, f"{self.permission}.destroy"),
            self._method("restore", self.on_restore, f"{self.permission}.restore"),
        ]

    def on_destroy(self, call: Call) -> Json:
        """Schedules the destruction; until then the version can be restored, and nothing is encrypted with it."""
        return self._move(call, "ENABLED", "DESTROY_SCHEDULED")

    def on_restore(self, call: Call) -> Json:
        """Takes a scheduled destruction back; the version is disabled then."""
        return self._move(call, "DESTROY_SCHEDULED", "DISABLED")

    def _move(self, call: Call, before: str, after: str) -> Json:
        stored = self.stored(call)
        if stored.generated["state"] != before:
            message = f"{call.name} is not {before}, current state is: {stored.generated['state']}."
            raise ApiError("FAILED_PRECONDITION", message, "failedPrecondition")
        generated = {**stored.generated, "state": after}
        call.cloud.store.put(Stored(stored.name, stored.collection, stored.declared, generated))
        return generated


def require_usable(call: Call, key: Any, agent: str) -> None:
    """Raises ApiError unless a service agent may encrypt and decrypt with a key.

    Args:
        call: the call whose resource is to be encrypted.
        key: the key's relative name; nothing is required where it is empty.
        agent: email of the Google service account that encrypts for the project.
    """
    if not key:
        return
    full = f"//{CryptoKeys.service}/{key}"
    if call.cloud.store.get(full) is None:
        raise invalid(f"Cloud KMS key {key} was not found.")
    if not _enabled(call, full):
        raise ApiError("FAILED_PRECONDITION", f"{key} is not enabled.", "failedPrecondition")
    for permission in sorted(USE):
        if call.cloud.iam.find_grant(f"serviceAccount:{agent}", permission, full) is None:
            raise ApiError(
                "PERMISSION_DENIED",
                f"Permission denied on Cloud KMS key. Please ensure that your service account {agent} has been granted"
                f" roles/cloudkms.cryptoKeyEncrypterDecrypter on {key}.",
                "forbidden",
                {"permission": permission, "principal": f"serviceAccount:{agent}"},
            )


def _enabled(call: Call, key: str) -> bool:
    versions = call.cloud.store.find(CryptoKeyVersions.kind, f"{key}/cryptoKeyVersions/")
    return any(version.generated["state"] == "ENABLED" for version in versions)
