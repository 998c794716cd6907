"""The bucket with one layer's Pulumi state, and access to it.

An attacker wants to read the state of a layer, and no accident may lose it: versions of each object are
kept, the bucket is encrypted with the layer's own key, and only the layer's accounts and the administrators who set it
up have access. The same key encrypts the secrets in the state; it is in encryption_keys.py.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
import pulumi_gcp as gcp

from identity_layer import names
from identity_layer.role import Role

KEPT_VERSIONS_DAYS = 400
SOFT_DELETE_SECONDS = 30 * 24 * 3600
RING = "state"


@dataclass(frozen=True)
class StateStoreArgs:
    """Arguments of StateStore.

    Attributes:
        project: the project's ID.
        location: a region.
        layer: of the state.
        after: resources that must exist before (the API, the key and Google's right to use it).
    """

    project: str
    location: str
    layer: str
    after: Sequence[pulumi.Resource]


class StateStore(pulumi.ComponentResource):
    """The bucket `<project>-state-<layer>`."""

    def __init__(self, name: str, args: StateStoreArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("prodfirst:identity:StateStore", name, None, opts)
        key = names.key(args.project, args.location, RING, args.layer)
        self.bucket = gcp.storage.Bucket(
            name,
            project=args.project,
            name=names.state_bucket(args.project, args.layer),
            location=args.location,
            uniform_bucket_level_access=True,
            public_access_prevention="enforced",
            force_destroy=False,
            encryption=gcp.storage.BucketEncryptionArgs(default_kms_key_name=key),
            versioning=gcp.storage.BucketVersioningArgs(enabled=True),
            soft_delete_policy=gcp.storage.BucketSoftDeletePolicyArgs(retention_duration_seconds=SOFT_DELETE_SECONDS),
            lifecycle_rules=[
                gcp.storage.BucketLifecycleRuleArgs(
                    action=gcp.storage.BucketLifecycleRuleActionArgs(type="Delete"),
                    condition=gcp.storage.BucketLifecycleRuleConditionArgs(
                        days_since_noncurrent_time=KEPT_VERSIONS_DAYS, with_state="ARCHIVED"
                    ),
                )
            ],
            labels={"layer": "identity", "state": args.layer},
            opts=pulumi.ResourceOptions(parent=self, depends_on=list(args.after), protect=True),
        )
        self.register_outputs({})


@dataclass(frozen=True)
class StateUser:
    """A principal that may use a state.

    Attributes:
        member: as in a policy.
        role: on the bucket.
        key_role: on the layer's key.
        after: resources that must exist before the grants.
        folder: the only folder whose objects the member opens; None for all.
    """

    member: str
    role: Role
    key_role: str
    after: Sequence[pulumi.Resource] = ()
    folder: str | None = None


@dataclass(frozen=True)
class StateAccessArgs:
    """Arguments of StateAccess.

    Attributes:
        project: the project's ID.
        location: of the key.
        layer: of the state.
        user: the principal that gets access.
        lister: the role that lists objects, which cannot be limited to a folder.
        after: resources that must exist before (the bucket and the key).
    """

    project: str
    location: str
    layer: str
    user: StateUser
    lister: Role
    after: Sequence[pulumi.Resource] = ()


class StateAccess(pulumi.ComponentResource):
    """One member's access to a bucket and its key."""

    def __init__(self, name: str, args: StateAccessArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("prodfirst:identity:StateAccess", name, None, opts)
        user = args.user
        exists = [*args.after, *user.after, *user.role.after, *args.lister.after]
        options = pulumi.ResourceOptions(parent=self, depends_on=exists)
        bucket = names.state_bucket(args.project, args.layer)
        gcp.storage.BucketIAMMember(
            f"{name}-list", bucket=bucket, role=args.lister.name, member=user.member, opts=options
        )
        gcp.storage.BucketIAMMember(
            name,
            bucket=bucket,
            role=user.role.name,
            member=user.member,
            condition=within(bucket, user.folder) if user.folder else None,
            opts=options,
        )
        gcp.kms.CryptoKeyIAMMember(
            name,
            crypto_key_id=names.key(args.project, args.location, RING, args.layer),
            role=user.key_role,
            member=user.member,
            opts=options,
        )
        self.register_outputs({})


def within(bucket: str, folder: str) -> gcp.storage.BucketIAMMemberConditionArgs:
    """The condition that limits a grant to the objects of one folder.

    A listing is requested on the whole bucket. The attribute with its prefix is documented for the boundaries of
    downscoped tokens only, so listing stays without a condition: a team sees the names of the others' objects, and
    nothing of their content.
    """
    return gcp.storage.BucketIAMMemberConditionArgs(
        title=f"Folder {folder}",
        description="The state of one team's apps.",
        expression=f'resource.name.startsWith("projects/_/buckets/{bucket}/objects/{folder}/")',
    )
