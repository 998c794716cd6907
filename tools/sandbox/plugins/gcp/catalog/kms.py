"""Cloud KMS: key rings and keys, which still exist after their deletion in a program, and members of their policies."""

from collections.abc import Mapping
from typing import Any

from sandbox.plugins.gcp.members import MemberType
from sandbox.plugins.gcp.types import ResourceType, Session
from sandbox.plugins.protocol import Properties

_KEYS = "cloudkms.projects.locations.keyRings.cryptoKeys"


class _KeyRingType(ResourceType):
    """A key ring, which Google never deletes."""

    def delete(self, session: Session, state: Properties) -> None:
        """Removes the ring from the state; the ring and its name stay for ever."""
        del session, state


class _CryptoKeyType(ResourceType):
    """A key, which Google never deletes; the provider makes it unusable instead."""

    def delete(self, session: Session, state: Properties) -> None:
        """Schedules every version for destruction and stops the rotation; the key and its name stay for ever."""
        self.refuse_if_protected(state)
        if state.get("deletionPolicy") == "ABANDON":
            return
        name = self.rest_name(state)
        for version in session.call(f"{_KEYS}.cryptoKeyVersions.list", f"{name}/cryptoKeyVersions/-")["items"]:
            if version["state"] not in ("DESTROYED", "DESTROY_SCHEDULED"):
                session.call(f"{_KEYS}.cryptoKeyVersions.destroy", version["name"])
        if state.get("rotationPeriod"):
            session.call(f"{_KEYS}.patch", name, {"rotationPeriod": None})

    def to_outputs(self, inputs: Properties, body: Properties) -> Properties:
        """Returns the outputs, with the primary version as a list of one."""
        return {**super().to_outputs(inputs, body), "primaries": [body["primary"]] if body.get("primary") else []}


class _KeyMemberType(MemberType):
    """A member of a key's policy; the program declares the key by its id, or as project/location/ring/key."""

    def variables(self, inputs: Properties) -> Mapping[str, Any]:
        """Returns the variables, with the key's id from the shorter form."""
        parts = str(inputs["cryptoKeyId"]).split("/")
        if len(parts) != 4:
            return inputs
        project, location, ring, key = parts
        full = f"projects/{project}/locations/{location}/keyRings/{ring}/cryptoKeys/{key}"
        return {**inputs, "cryptoKeyId": full}


_KEY_RING = _KeyRingType(
    type="gcp:kms/keyRing:KeyRing",
    kind="cloudkms.projects.locations.keyRings",
    name="projects/{project}/locations/{location}/keyRings/{name}",
    required=("location",),
    replace_on=frozenset({"location", "name", "project"}),
    provider_only=frozenset({"location", "name"}),
)
_CRYPTO_KEY = _CryptoKeyType(
    type="gcp:kms/cryptoKey:CryptoKey",
    kind=_KEYS,
    name="{keyRing}/cryptoKeys/{name}",
    inherits=(),
    required=("keyRing",),
    replace_on=frozenset(
        {
            "cryptoKeyBackend",
            "destroyScheduledDuration",
            "importOnly",
            "keyRing",
            "name",
            "purpose",
        }
    ),
    provider_only=frozenset({"keyRing", "name", "skipInitialVersionCreation"}),
    computed={
        "destroyScheduledDuration": "destroyScheduledDuration",
        "effectiveLabels": "labels",
        "pulumiLabels": "labels",
    },
)
_CRYPTO_KEY_MEMBER = _KeyMemberType(
    type="gcp:kms/cryptoKeyIAMMember:CryptoKeyIAMMember",
    kind=_KEYS,
    name="{cryptoKeyId}",
    id="{cryptoKeyId}/{role}/{member}",
    inherits=(),
    required=("cryptoKeyId", "member", "role"),
    replace_on=frozenset({"condition", "cryptoKeyId", "member", "role"}),
)

TYPES = (_KEY_RING, _CRYPTO_KEY, _CRYPTO_KEY_MEMBER)
