"""Rules on datastores other than Cloud SQL: protection, encryption with our own key, no deletion of content."""

import re
from collections.abc import Iterator
from datetime import date, timedelta
from itertools import pairwise

from engine.inputs import at, is_open, items, named, number, shown
from policy_pack.demands import absent, demand
from policy_pack.rule import Resource, Severity, like, of, rule
from policy_pack.rules.sql import DATASTORES as SQL

# Type to the input that protects it in Google's API, and its protecting value; None where the API has no protection.
PROTECTION: dict[str, tuple[str, bool | str] | None] = {
    "gcp:alloydb/cluster:Cluster": ("deletionProtection", True),
    "gcp:artifactregistry/repository:Repository": None,
    "gcp:bigquery/dataset:Dataset": None,
    "gcp:bigquery/table:Table": ("deletionProtection", True),
    "gcp:bigtable/instance:Instance": ("deletionProtection", True),
    "gcp:bigtable/table:Table": ("deletionProtection", "PROTECTED"),
    "gcp:container/cluster:Cluster": ("deletionProtection", True),
    "gcp:filestore/instance:Instance": ("deletionProtectionEnabled", True),
    "gcp:firestore/database:Database": ("deleteProtectionState", "DELETE_PROTECTION_ENABLED"),
    "gcp:gkebackup/backupPlan:BackupPlan": None,
    "gcp:iam/workloadIdentityPool:WorkloadIdentityPool": None,
    "gcp:iam/workloadIdentityPoolProvider:WorkloadIdentityPoolProvider": None,
    "gcp:kms/cryptoKey:CryptoKey": None,
    "gcp:kms/keyRing:KeyRing": None,
    "gcp:logging/projectBucketConfig:ProjectBucketConfig": None,
    "gcp:logging/projectSink:ProjectSink": None,
    "gcp:memorystore/instance:Instance": ("deletionProtectionEnabled", True),
    "gcp:redis/cluster:Cluster": ("deletionProtectionEnabled", True),
    "gcp:redis/instance:Instance": ("deletionProtection", True),
    "gcp:secretmanager/secret:Secret": ("deletionProtection", True),
    "gcp:spanner/database:Database": ("enableDropProtection", True),
    "gcp:spanner/instance:Instance": None,
    "gcp:storage/bucket:Bucket": None,
}
BACKUP_PLAN = "gcp:gkebackup/backupPlan:BackupPlan"
# https://cloud.google.com/kubernetes-engine/docs/add-on/backup-for-gke/reference/rest: RetentionPolicy.
MOST_KEPT_DAYS, MOST_LOCKED_DAYS = 365, 90
# Days of four years, a leap year among them.
_CALENDAR = [date(2024, 1, 1) + timedelta(days=day) for day in range(4 * 365 + 1)]
# Minutes, hours, days of a month, months, days of a week (0 and 7 are Sunday).
_CRON_RANGES = ((0, 59), (0, 23), (1, 31), (1, 12), (0, 7))
_CRON_PART = re.compile(r"(\*|(?P<first>[0-9]{1,2})(-(?P<last>[0-9]{1,2}))?)(/(?P<step>[1-9][0-9]?))?", re.ASCII)
# Inputs with which a deletion takes the content along.
EMPTYING = ("forceDestroy", "deleteContentsOnDestroy", "deleteProtectionOverride")
# Type to inputs, one of which has to name a key.
ENCRYPTION: dict[str, tuple[str, ...]] = {
    "gcp:alloydb/cluster:Cluster": ("encryptionConfig.kmsKeyName",),
    "gcp:artifactregistry/repository:Repository": ("kmsKeyName",),
    "gcp:bigquery/dataset:Dataset": ("defaultEncryptionConfiguration.kmsKeyName",),
    "gcp:bigquery/table:Table": ("encryptionConfiguration.kmsKeyName",),
    "gcp:filestore/instance:Instance": ("kmsKeyName",),
    "gcp:firestore/database:Database": ("cmekConfig.kmsKeyName",),
    "gcp:gkebackup/backupPlan:BackupPlan": ("backupConfig.encryptionKey.gcpKmsEncryptionKey",),
    "gcp:memorystore/instance:Instance": ("kmsKey",),
    "gcp:redis/cluster:Cluster": ("kmsKey",),
    "gcp:redis/instance:Instance": ("customerManagedKey",),
    "gcp:spanner/database:Database": ("encryptionConfig.kmsKeyName", "encryptionConfig.kmsKeyNames"),
    "gcp:storage/bucket:Bucket": ("encryption.defaultKmsKeyName",),
}
DATASTORES = (*PROTECTION, *SQL)
SUBSCRIPTION = "gcp:pubsub/subscription:Subscription"
SPANNER_DATABASE = "gcp:spanner/database:Database"
# Type to inputs after whose time Google deletes the resource, or what is in it, without a deletion that anybody plans.
EXPIRY: dict[str, tuple[str, ...]] = {
    "gcp:bigquery/dataset:Dataset": ("defaultTableExpirationMs", "defaultPartitionExpirationMs"),
    "gcp:bigquery/table:Table": ("expirationTime", "timePartitioning.expirationMs"),
    "gcp:bigtable/gCPolicy:GCPolicy": ("gcRules", "maxAge", "maxVersions", "mode"),
    "gcp:firestore/field:Field": ("ttlConfig",),
    "gcp:secretmanager/regionalSecret:RegionalSecret": ("ttl", "expireTime"),
    "gcp:secretmanager/secret:Secret": ("ttl", "expireTime"),
}


@rule(
    "datastore-protected",
    of(*PROTECTION),
    Severity.CRITICAL,
    references=["CKV_GCP_82", "CKV_GCP_119", "CKV_GCP_120", "CKV_GCP_121", "CKV_GCP_122", "CKV_GCP_123"],
    remediation="Set protect=True in the resource options, and the API's own protection.",
    url="https://www.pulumi.com/docs/iac/concepts/resources/options/protect/",
)
def protected(resource: Resource) -> Iterator[str]:
    """Resources with data, keys or logs are protected against deletion in Pulumi and, where it can, in Google's API."""
    if not resource.protect:
        yield (
            "is not protected in Pulumi: one changed name or a removed entry would delete it, and what is in it. Set "
            "protect=True in its resource options."
        )
    own = PROTECTION[resource.type]
    if own:
        path, value = own
        yield from demand(resource.inputs, path, value, "without it a single call deletes it.")


@rule(
    "datastore-not-emptied",
    of(*DATASTORES),
    Severity.CRITICAL,
    remediation="Leave the option out: before a deletion somebody reviews the content and empties the datastore.",
    url="https://www.pulumi.com/registry/packages/gcp/api-docs/storage/bucket/",
)
def not_emptied(resource: Resource) -> Iterator[str]:
    """No option deletes the content together with its datastore."""
    for path in EMPTYING:
        yield from absent(resource.inputs, path, "a deletion takes everything in it along.")
    if resource.inputs.get("deletionPolicy") not in (None, "ABANDON", "DEFAULT", "PREVENT"):
        yield "deletionPolicy makes a removed entry delete the data. Set it to PREVENT or ABANDON, or leave it out."


@rule(
    "datastore-not-expiring",
    of(SUBSCRIPTION, SPANNER_DATABASE, *EXPIRY),
    Severity.CRITICAL,
    remediation="Leave the time of expiry out; set a subscription's expiration_policy.ttl to an empty text.",
    url="https://cloud.google.com/secret-manager/docs/secret-expiration",
)
def not_expiring(resource: Resource) -> Iterator[str]:
    """Nothing deletes itself after a time: no plan shows such a deletion, and no protection stops it."""
    for path in EXPIRY.get(resource.type, ()):
        yield from absent(resource.inputs, path, "Google deletes it then, protected or not, and nobody is asked.")
    for index, statement in enumerate(items(resource.inputs.get("ddls"))):
        if not isinstance(statement, str) or "row deletion policy" in " ".join(statement.lower().split()):
            yield (
                f"ddls[{index}] has a ROW DELETION POLICY, or cannot be read: Google deletes rows then, and nobody is "
                "asked. Leave it out."
            )
    if resource.type == SUBSCRIPTION:
        policy = resource.inputs.get("expirationPolicy")
        ttl = at(policy, "ttl")
        if not isinstance(policy, dict) or ttl not in (None, ""):
            yield (
                f"expirationPolicy.ttl is {named(ttl)}: Google deletes a subscription that nobody reads for 31 days or "
                "the time given, with its messages. Set it to an empty text, so that it never expires."
            )


@rule(
    "datastore-not-replaced-first",
    of(*DATASTORES),
    Severity.CRITICAL,
    remediation="Leave delete_before_replace and ignore_changes of protections out.",
    url="https://www.pulumi.com/docs/iac/concepts/resources/options/deletebeforereplace/",
)
def not_replaced_first(resource: Resource) -> Iterator[str]:
    """A replacement never deletes data first, and no change of a protection is ignored."""
    if resource.delete_before_replace:
        yield "has deleteBeforeReplace: a change that replaces it would first delete the data. Leave it out."
    for path in resource.ignored:
        if path == "*" or "rotection" in path or path == "settings":
            yield (
                f"ignores changes of {path}: a protection that was removed out of band would never come back. Leave "
                "ignore_changes out."
            )


@rule(
    "datastore-encrypted-with-own-key",
    of(*ENCRYPTION),
    Severity.MEDIUM,
    references=["CIS GCP 7.2", "CIS GCP 7.3", "CKV_GCP_80", "CKV_GCP_81", "CKV_GCP_84", "CKV_GCP_93", "CKV_GCP_105"],
    remediation="Name a key of the identity layer's contract.",
    url="https://cloud.google.com/kms/docs/cmek",
)
def encrypted_with_own_key(resource: Resource) -> Iterator[str]:
    """Data at rest is encrypted with our own key, which operators of the datastore cannot destroy."""
    paths = ENCRYPTION[resource.type]
    keys = [key for path in paths for key in items(at(resource.inputs, path))]
    if not any(isinstance(key, str) and "/cryptoKeys/" in key for key in keys):
        yield (
            f"{' or '.join(paths)} is {shown(keys[0] if keys else None)}: Google's own key opens every copy of the "
            "data. Set it to a key of the identity layer."
        )


@rule(
    "datastore-retention-consistent",
    of(BACKUP_PLAN),
    Severity.HIGH,
    remediation="Back up daily, keep backups for longer than they are locked, and do not pause the plan.",
    url="https://cloud.google.com/kubernetes-engine/docs/add-on/backup-for-gke/concepts/backup-for-gke#backup_plans",
)
def retention_consistent(resource: Resource) -> Iterator[str]:
    """A backup plan makes backups, the next before the last one goes, and keeps them for longer than it locks them."""
    kept, locked = (
        at(resource.inputs, f"retentionPolicy.{key}") for key in ("backupRetainDays", "backupDeleteLockDays")
    )
    days, lock = number(kept), number(locked)
    if days is None or (locked is not None and (lock is None or lock > days)):
        yield (
            f"retentionPolicy.backupRetainDays is {shown(kept)} and backupDeleteLockDays {shown(locked)}: Google "
            "refuses to keep backups for a shorter time than it locks them. Keep them for longer."
        )
    elif days > MOST_KEPT_DAYS or (lock is not None and lock > MOST_LOCKED_DAYS):
        yield (
            f"retentionPolicy.backupRetainDays is {days:g} and backupDeleteLockDays {shown(locked)}: Google refuses "
            f"more than {MOST_KEPT_DAYS} and {MOST_LOCKED_DAYS}. Lower them."
        )
    schedule = at(resource.inputs, "backupSchedule.cronSchedule")
    gap = _longest_gap(schedule) if isinstance(schedule, str) else None
    if gap is None:
        yield (
            f"backupSchedule.cronSchedule is {named(schedule)}: nobody can see that a backup is made. Write a schedule "
            'in numbers, such as "30 2 * * *".'
        )
    elif days is not None and days < 2 * gap:
        yield (
            f"backupSchedule.cronSchedule leaves {gap} days between two backups, and backupRetainDays is {days:g}: one "
            "that failed leaves none to restore. Make them more often, or keep them for longer."
        )
    for path in ("deactivated", "backupSchedule.paused"):
        yield from absent(resource.inputs, path, "no backup is made from now on.")


def _longest_gap(schedule: str) -> int | None:
    """Return the days between two runs of a schedule at most; None for one that is not in numbers, or never runs."""
    fields = schedule.split()
    if len(fields) != len(_CRON_RANGES):
        return None
    values = [found for found in map(_values, fields, _CRON_RANGES) if found is not None]
    if len(values) < len(fields):
        return None
    of_month, months, of_week = values[2], values[3], {day % 7 for day in values[4]}
    # Where both are given, each day that fits one of them counts.
    either = not fields[2].startswith("*") and not fields[4].startswith("*")
    runs = [
        index
        for index, day in enumerate(_CALENDAR)
        if day.month in months and (any if either else all)((day.day in of_month, day.isoweekday() % 7 in of_week))
    ]
    return max((later - earlier for earlier, later in pairwise(runs)), default=None)


def _values(text: str, within: tuple[int, int]) -> set[int] | None:
    """Return the values of a field of a schedule; None for one that is not in numbers."""
    least, most = within
    found: set[int] = set()
    for part in text.split(","):
        match = _CRON_PART.fullmatch(part)
        if match is None:
            return None
        first = int(match["first"] or least)
        last = int(match["last"] or (first if match["first"] and not match["step"] else most))
        if not least <= first <= last <= most:
            return None
        found |= set(range(first, last + 1, int(match["step"] or 1)))
    return found


@rule(
    "bigquery-not-public",
    like(r"gcp:bigquery/(dataset:Dataset|datasetAccess:DatasetAccess)"),
    Severity.CRITICAL,
    references=["CIS GCP 7.1", "CKV_GCP_15"],
    remediation="Name a group or an account.",
    url="https://cloud.google.com/bigquery/docs/control-access-to-resources-iam",
)
def bigquery_not_public(resource: Resource) -> Iterator[str]:
    """No BigQuery dataset is open to everybody."""
    entries = items(resource.inputs.get("accesses")) or [resource.inputs]
    for entry in entries:
        for key in ("specialGroup", "iamMember", "domain"):
            member = at(entry, key)
            if member in ("allAuthenticatedUsers", "allUsers") or not is_open(member):
                yield f"its access names {named(member)} as {key}, so anybody reads it. Name a group."
