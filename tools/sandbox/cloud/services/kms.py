"""Cloud KMS: key rings, keys and their versions; the versions can be destroyed.

Google also deletes rings, keys and versions, once the versions are destroyed; that is not simulated.
Keys really encrypt, under a secret that the simulation makes when it is first needed.
"""

import base64
import binascii
import secrets
from typing import Any

from sandbox.cloud import checksums, encryption
from sandbox.cloud.errors import ApiError, invalid, not_found
from sandbox.cloud.resources import Call, Collection, Method, now
from sandbox.cloud.store import Json, StoredResource

_ENCRYPT, _DECRYPT = "cloudkms.cryptoKeyVersions.useToEncrypt", "cloudkms.cryptoKeyVersions.useToDecrypt"
USE = frozenset({_ENCRYPT, _DECRYPT})

_SECRET_SETTING = "kms.secret"  # noqa: S105  the setting's name, not the secret
# Bytes; https://cloud.google.com/kms/docs/reference/rest/v1/projects.locations.keyRings.cryptoKeys/encrypt
_MOST_PLAINTEXT = 64 * 1024


class KeyRings(Collection):
    """https://cloud.google.com/kms/docs/reference/rest/v1/projects.locations.keyRings."""

    service = "cloudkms.googleapis.com"
    kind = "cloudkms.projects.locations.keyRings"
    path = "projects/{project}/locations/{location}/keyRings/{ring}"
    permission = "cloudkms.keyRings"
    update = ""
    has_policy = True

    def methods(self) -> list[Method]:
        """Returns the standard methods without delete."""
        return [method for method in super().methods() if not method.id.endswith(".delete")]

    def generate(self, call: Call) -> Json:
        """Returns name and creation time."""
        return {"name": call.name, "createTime": now()}


class CryptoKeys(Collection):
    """https://cloud.google.com/kms/docs/reference/rest/v1/projects.locations.keyRings.cryptoKeys."""

    service = "cloudkms.googleapis.com"
    kind = "cloudkms.projects.locations.keyRings.cryptoKeys"
    path = "projects/{project}/locations/{location}/keyRings/{ring}/cryptoKeys/{key}"
    permission = "cloudkms.cryptoKeys"
    has_policy = True
    immutable = frozenset({"purpose", "destroyScheduledDuration", "importOnly"})
    options = frozenset({"skipInitialVersionCreation"})

    def methods(self) -> list[Method]:
        """Returns the standard methods without delete, and the use of the key."""
        return [
            *(method for method in super().methods() if not method.id.endswith(".delete")),
            self._method("encrypt", self.on_encrypt, _ENCRYPT),
            self._method("decrypt", self.on_decrypt, _DECRYPT),
        ]

    def on_encrypt(self, call: Call) -> Json:
        """Encrypts with the primary version; data is base64, as in Google's REST APIs."""
        version = str(self.stored(call).generated["primary"]["name"])
        self._require_enabled(call, version)
        plaintext = _data(call, "plaintext")
        if len(plaintext) > _MOST_PLAINTEXT:
            raise invalid(f"The plaintext is {len(plaintext)} bytes long, longer than {_MOST_PLAINTEXT}.")
        number, associated = int(version.rpartition("/")[2]), _data(call, "additionalAuthenticatedData")
        ciphertext = encryption.encrypt(_secret(call), self.full(call.name), number, plaintext, associated)
        return {
            "name": version,
            "ciphertext": base64.b64encode(ciphertext).decode(),
            "ciphertextCrc32c": str(checksums.crc32c(ciphertext)),
            "verifiedPlaintextCrc32c": _checked(call, "plaintext"),
            "verifiedAdditionalAuthenticatedDataCrc32c": _checked(call, "additionalAuthenticatedData"),
            "protectionLevel": "SOFTWARE",
        }

    def on_decrypt(self, call: Call) -> Json:
        """Decrypts with the version that made the ciphertext, whichever version is primary now."""
        self.stored(call)
        ciphertext = _data(call, "ciphertext")
        associated = _data(call, "additionalAuthenticatedData")
        plaintext = encryption.decrypt(_secret(call), self.full(call.name), ciphertext, associated)
        if plaintext is None:
            raise invalid("Decryption failed: verify that 'name' refers to the correct CryptoKey.")
        self._require_enabled(call, f"{call.name}/cryptoKeyVersions/{encryption.version_of(ciphertext)}")
        for field in ("ciphertext", "additionalAuthenticatedData"):
            _checked(call, field)
        primary = str(self.stored(call).generated["primary"]["name"])
        return {
            "plaintext": base64.b64encode(plaintext).decode(),
            "plaintextCrc32c": str(checksums.crc32c(plaintext)),
            "usedPrimary": primary.rpartition("/")[2] == str(encryption.version_of(ciphertext)),
            "protectionLevel": "SOFTWARE",
        }

    def _require_enabled(self, call: Call, version: str) -> None:
        stored = call.cloud.store.get(self.full(version))
        state = stored.generated["state"] if stored else "DESTROYED"
        if state != "ENABLED":
            message = f"{version} is not enabled, current state is: {state}."
            raise ApiError("FAILED_PRECONDITION", message, "KEY_DISABLED")

    def check(self, call: Call, body: Json) -> None:
        """Checks that the ring exists."""
        del body
        ring = call.name.partition("/cryptoKeys/")[0]
        if call.cloud.store.get(self.full(ring)) is None:
            raise not_found(ring)

    def generate(self, call: Call) -> Json:
        """Returns name, creation time, and the first version as the primary one."""
        first = f"{call.name}/cryptoKeyVersions/1"
        generated = {"name": first, "state": "ENABLED", "createTime": now(), "algorithm": "GOOGLE_SYMMETRIC_ENCRYPTION"}
        call.cloud.store.put(StoredResource(self.full(first), CryptoKeyVersions.kind, {}, generated))
        return {
            "name": call.name,
            "createTime": now(),
            "purpose": "ENCRYPT_DECRYPT",
            "destroyScheduledDuration": "2592000s",
            "primary": {"name": first, "state": "ENABLED"},
            "versionTemplate": {"protectionLevel": "SOFTWARE", "algorithm": "GOOGLE_SYMMETRIC_ENCRYPTION"},
        }


class CryptoKeyVersions(Collection):
    """https://cloud.google.com/kms/docs/reference/rest/v1/projects.locations.keyRings.cryptoKeys.cryptoKeyVersions."""

    service = "cloudkms.googleapis.com"
    kind = "cloudkms.projects.locations.keyRings.cryptoKeys.cryptoKeyVersions"
    path = "projects/{project}/locations/{location}/keyRings/{ring}/cryptoKeys/{key}/cryptoKeyVersions/{version}"
    permission = "cloudkms.cryptoKeyVersions"

    def methods(self) -> list[Method]:
        """Returns the methods that read versions, schedule their destruction and take it back."""
        return [
            self._method("get", self.on_get, f"{self.permission}.get"),
            self._method("list", self.on_list, f"{self.permission}.list", on_parent=True),
            self._method("destroy", self.on_destroy, f"{self.permission}.destroy"),
            self._method("restore", self.on_restore, f"{self.permission}.restore"),
        ]

    def on_destroy(self, call: Call) -> Json:
        """Schedules the destruction; until then the version can be restored, but encrypts nothing."""
        return self._move(call, "ENABLED", "DESTROY_SCHEDULED")

    def on_restore(self, call: Call) -> Json:
        """Takes a scheduled destruction back; the version is disabled afterwards."""
        return self._move(call, "DESTROY_SCHEDULED", "DISABLED")

    def _move(self, call: Call, before: str, after: str) -> Json:
        stored = self.stored(call)
        if stored.generated["state"] != before:
            message = f"{call.name} is not {before}, current state is: {stored.generated['state']}."
            raise ApiError("FAILED_PRECONDITION", message, "failedPrecondition")
        generated = {**stored.generated, "state": after}
        call.cloud.store.put(StoredResource(stored.name, stored.collection, stored.declared, generated))
        return generated


def _data(call: Call, field: str) -> bytes:
    try:
        return base64.b64decode(str(call.body.get(field, "")), validate=True)
    except binascii.Error as error:
        raise invalid(f"Invalid value for '{field}': it is not base64.") from error


def _checked(call: Call, field: str) -> bool:
    """Returns whether the caller gave a checksum of a field's data, which then must be right."""
    return checksums.check(_data(call, field), call.body.get(f"{field}Crc32c"), field)


def _secret(call: Call) -> bytes:
    """Returns the secret under which all keys of this simulation encrypt."""
    store = call.cloud.store
    if store.setting(_SECRET_SETTING) is None:
        store.set_setting(_SECRET_SETTING, secrets.token_hex(32))
    return bytes.fromhex(str(store.setting(_SECRET_SETTING)))


def require_usable(call: Call, key: Any, agent: str) -> None:
    """Raises ApiError unless a service agent may encrypt and decrypt with a key.

    Args:
        call: the call whose resource will be encrypted.
        key: the key's relative name; without a key nothing is required.
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
