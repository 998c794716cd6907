"""Rules on buckets, logs and messages: privacy, recovery of objects, and retention."""

from collections.abc import Iterator

from engine.inputs import at, items, number, seconds, shown
from policy_pack.demands import absent, at_least, demand
from policy_pack.environments import ENVIRONMENTS
from policy_pack.rule import Resource, Severity, like, of, rule

BUCKET = "gcp:storage/bucket:Bucket"
DAY = 24 * 3600
# https://cloud.google.com/storage/docs/soft-delete#retention-duration
SOFT_DELETE, LONGEST_SOFT_DELETE = 7 * DAY, 90 * DAY
NONCURRENT_DAYS = 90
# Actions of a lifecycle rule that delete no object.
HARMLESS_ACTIONS = ("AbortIncompleteMultipartUpload", "SetStorageClass")
# Google's own default is the least anywhere: https://cloud.google.com/logging/quotas#logs_retention_periods.
LOG_DAYS, LEAST_LOG_DAYS, MOST_LOG_DAYS = 400, 30, 3650
# https://cloud.google.com/pubsub/docs/subscription-properties#message_retention_duration; its default is the least.
MESSAGES, LONGEST_MESSAGES = 7 * DAY, 31 * DAY


@rule(
    "bucket-private",
    of(BUCKET),
    Severity.CRITICAL,
    references=["CIS GCP 5.1", "CIS GCP 5.2", "CKV_GCP_29", "CKV_GCP_114"],
    remediation="Set uniform_bucket_level_access to true and public_access_prevention to enforced.",
    url="https://cloud.google.com/storage/docs/public-access-prevention",
)
def private(resource: Resource) -> Iterator[str]:
    """No bucket can become public, and IAM alone controls access to objects."""
    risk = "single objects can be opened to anybody, past IAM."
    yield from demand(resource.inputs, "uniformBucketLevelAccess", True, risk)
    risk = "one grant to allUsers would publish it."
    yield from demand(resource.inputs, "publicAccessPrevention", "enforced", risk)
    yield from absent(resource.inputs, "website", "it would be served to the internet.")


@rule(
    "bucket-no-access-lists",
    like(r"gcp:storage/(bucketacl|bucketaccesscontrol|defaultobject(acl|accesscontrol)|object(acl|accesscontrol)):.*"),
    Severity.HIGH,
    references=["CIS GCP 5.2", "CKV_GCP_28"],
    remediation="Grant a role with BucketIAMMember.",
    url="https://cloud.google.com/storage/docs/uniform-bucket-level-access",
)
def no_access_lists(resource: Resource) -> Iterator[str]:
    """No access list exists: it admits principals past IAM, and no report of grants shows it."""
    kind = resource.type.rpartition(":")[2]
    yield f"is an access list ({kind}), which no report of grants shows. Use BucketIAMMember."


@rule(
    "bucket-recoverable",
    of(BUCKET),
    Severity.HIGH,
    references=["CKV_GCP_78"],
    remediation="Enable versioning, and keep deleted objects for a week or more.",
    url="https://cloud.google.com/storage/docs/object-versioning",
)
def recoverable(resource: Resource) -> Iterator[str]:
    """Buckets keep overwritten and deleted objects (versioning, soft delete)."""
    risk = "an overwritten object is gone."
    yield from demand(resource.inputs, "versioning.enabled", True, risk)
    path, risk = "softDeletePolicy.retentionDurationSeconds", "a deleted object is gone before anybody misses it."
    yield from at_least(resource.inputs, path, SOFT_DELETE, risk, most=LONGEST_SOFT_DELETE)


@rule(
    "bucket-lifecycle-keeps",
    of(BUCKET),
    Severity.CRITICAL,
    remediation=f"Delete noncurrent versions alone, {NONCURRENT_DAYS} days after they were overwritten or deleted.",
    url="https://cloud.google.com/storage/docs/lifecycle#conditions",
)
def lifecycle_keeps(resource: Resource) -> Iterator[str]:
    """No lifecycle rule deletes live objects, young versions, or what the retention policy still keeps."""
    period = at(resource.inputs, "retentionPolicy.retentionPeriod")
    retained = number(period)
    for index, lifecycle in enumerate(items(resource.inputs.get("lifecycleRules"))):
        if at(lifecycle, "action.type") in HARMLESS_ACTIONS:
            continue
        given = at(lifecycle, "condition.daysSinceNoncurrentTime")
        days = number(given)
        if days is None or days < NONCURRENT_DAYS:
            yield (
                f"lifecycleRules[{index}] deletes, and condition.daysSinceNoncurrentTime is {shown(given)}: live "
                "objects or fresh versions go by themselves, and no plan shows it. Set it to "
                f"{NONCURRENT_DAYS} or more."
            )
        elif period is not None and (retained is None or retained > days * DAY):
            yield (
                f"lifecycleRules[{index}] deletes after {days:g} days, and retentionPolicy.retentionPeriod is "
                f"{shown(period)} seconds: Google keeps them for longer than the rule says. Let one of them decide."
            )


@rule(
    "logging-retained",
    like(r"gcp:logging/(project|folder|organization|billingAccount)BucketConfig:.*"),
    Severity.HIGH,
    references=["CIS GCP 2.3"],
    remediation=f"Set retention_days to {LOG_DAYS} or more.",
    url="https://cloud.google.com/logging/docs/buckets#custom-retention",
)
def logs_retained(resource: Resource) -> Iterator[str]:
    """Logs are kept for a month, in production for 400 days: "who did it" has an answer a year later."""
    least = LOG_DAYS if ENVIRONMENTS.is_production(resource.stack) else LEAST_LOG_DAYS
    risk = "what happened before has no trace."
    yield from at_least(resource.inputs, "retentionDays", least, risk, most=MOST_LOG_DAYS)


@rule(
    "logging-locked",
    of("gcp:logging/projectBucketConfig:ProjectBucketConfig"),
    Severity.HIGH,
    references=["CIS GCP 2.3"],
    remediation="Set identity:auditLog to {locked: true} once the region is right: nobody can take it back.",
    url="https://cloud.google.com/logging/docs/buckets#locking-logs-buckets",
    advisory="A first run makes the log and then locks it. Google refuses to unlock one, so no later plan weakens it.",
)
def logs_locked(resource: Resource) -> Iterator[str]:
    """The retention of production's audit logs is locked: not even an administrator shortens it."""
    if ENVIRONMENTS.is_production(resource.stack):
        yield from demand(resource.inputs, "locked", True, "whoever did it deletes the trace.")


@rule(
    "logging-complete",
    like(r"gcp:logging/(project|folder|organization|billingaccount)(exclusion|sink):.*"),
    Severity.HIGH,
    references=["CIS GCP 2.2"],
    remediation="Remove the exclusion; filter when reading.",
    url="https://cloud.google.com/logging/docs/routing/overview#exclusions",
)
def logs_complete(resource: Resource) -> Iterator[str]:
    """No exclusion drops log entries."""
    if resource.type.lower().rpartition(":")[2].endswith("exclusion"):
        yield "drops log entries that somebody may ask for later. Remove it, and filter when reading."
    elif items(resource.inputs.get("exclusions")):
        yield "exclusions drops log entries on their way. Remove it, and filter when reading."
    yield from absent(resource.inputs, "disabled", "nothing reaches the sink.")
    if resource.inputs.get("uniqueWriterIdentity") not in (None, True):
        yield "uniqueWriterIdentity is not true: it writes as an account that all projects share. Set it to true."


@rule(
    "messages-retained",
    of("gcp:pubsub/topic:Topic", "gcp:pubsub/subscription:Subscription"),
    Severity.MEDIUM,
    remediation=f"Set message_retention_duration to {MESSAGES}s or more, up to {LONGEST_MESSAGES}s, or leave it out.",
    url="https://cloud.google.com/pubsub/docs/subscription-properties#message_retention_duration",
)
def messages_retained(resource: Resource) -> Iterator[str]:
    """Messages wait for a week: a reader that was away for some days misses none."""
    given = resource.inputs.get("messageRetentionDuration")
    kept = seconds(given)
    if given is not None and (kept is None or kept < MESSAGES):
        yield f"messageRetentionDuration is short: whoever reads later misses messages. Set {MESSAGES}s or more."
    elif kept is not None and kept > LONGEST_MESSAGES:
        yield f"messageRetentionDuration is {kept:g}s: Google refuses more than {LONGEST_MESSAGES}s. Set that or less."
