"""Customer-managed encryption keys: one per layer for its state, and one per kind of data that the platform keeps.

The administrator of a datastore cannot destroy its key, since keys are this layer's. A destroyed version makes
everything under it unreadable, and a key or a ring whose versions are destroyed can be deleted as well
(https://cloud.google.com/kms/docs/delete-kms-resources): hence protected, and with a month to take a destruction back.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pulumi
import pulumi_gcp as gcp

from identity_layer import names

ROTATION = f"{90 * 24 * 3600}s"  # 90 days, CIS Google Cloud 1.10
TIME_TO_TAKE_BACK = f"{30 * 24 * 3600}s"
USE = "roles/cloudkms.cryptoKeyEncrypterDecrypter"
DECRYPT = "roles/cloudkms.cryptoKeyDecrypter"


@dataclass(frozen=True)
class KeyUser:
    """A principal that may use a key.

    Attributes:
        member: as in a policy.
        role: USE or DECRYPT.
        after: resources that must exist before the grant.
    """

    member: pulumi.Input[str]
    role: str
    after: Sequence[pulumi.Resource] = ()


@dataclass(frozen=True)
class KeyRingArgs:
    """Arguments of KeyRing.

    Attributes:
        project: the project's ID.
        location: a region.
        ring: the ring's name.
        keys: name of a key to its users, by the names of their grants.
    """

    project: str
    location: str
    ring: str
    keys: Mapping[str, Mapping[str, KeyUser]]


class KeyRing(pulumi.ComponentResource):
    """A ring, its keys and their users; `keys` are the keys by name, `granted` the grants by key."""

    def __init__(self, name: str, args: KeyRingArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("prodfirst:identity:KeyRing", name, None, opts)
        protected = pulumi.ResourceOptions(parent=self, protect=True)
        ring = gcp.kms.KeyRing(name, project=args.project, location=args.location, name=args.ring, opts=protected)
        self.keys: dict[str, gcp.kms.CryptoKey] = {}
        self.granted: dict[str, list[pulumi.Resource]] = {}
        for key, users in args.keys.items():
            self.keys[key] = gcp.kms.CryptoKey(
                f"{name}-{key}",
                name=key,
                key_ring=ring.id,
                purpose="ENCRYPT_DECRYPT",
                rotation_period=ROTATION,
                destroy_scheduled_duration=TIME_TO_TAKE_BACK,
                labels={"layer": "identity"},
                opts=protected,
            )
            # By its name, not by an output of the key: a first preview shows it, and a policy can check it.
            path = names.key(args.project, args.location, args.ring, key)
            self.granted[key] = [
                gcp.kms.CryptoKeyIAMMember(
                    f"{name}-{key}-{grant}",
                    crypto_key_id=path,
                    role=user.role,
                    member=user.member,
                    opts=pulumi.ResourceOptions(parent=self, depends_on=[self.keys[key], *user.after]),
                )
                for grant, user in users.items()
            ]
        self.register_outputs({})
