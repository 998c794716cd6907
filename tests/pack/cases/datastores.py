"""Cases of what holds data, Cloud SQL aside: buckets, keys, secrets, logs, other datastores."""

from pack.cases import REMOVED, Broken, Inputs, Valid, breaking

ALLOYDB = "gcp:alloydb/cluster:Cluster"
BUCKET = "gcp:storage/bucket:Bucket"
KEY = "gcp:kms/cryptoKey:CryptoKey"
SECRET = "gcp:secretmanager/secret:Secret"
LOGS = "gcp:logging/projectBucketConfig:ProjectBucketConfig"
SINK = "gcp:logging/projectSink:ProjectSink"
DATASET = "gcp:bigquery/dataset:Dataset"
DATASET_ACCESS = "gcp:bigquery/datasetAccess:DatasetAccess"
SPANNER = "gcp:spanner/database:Database"
TABLE = "gcp:bigtable/table:Table"
REGIONAL_SECRET = "gcp:secretmanager/regionalSecret:RegionalSecret"
SECRET_VERSION = "gcp:secretmanager/secretVersion:SecretVersion"
FIRESTORE_FIELD = "gcp:firestore/field:Field"
BIGTABLE_GC = "gcp:bigtable/gCPolicy:GCPolicy"
FOLDER_LOGS = "gcp:logging/folderBucketConfig:FolderBucketConfig"
KEY_VERSION = "gcp:kms/cryptoKeyVersion:CryptoKeyVersion"
PLAN = "gcp:gkebackup/backupPlan:BackupPlan"
SUBSCRIPTION = "gcp:pubsub/subscription:Subscription"
TOPIC = "gcp:pubsub/topic:Topic"
BIGQUERY_TABLE = "gcp:bigquery/table:Table"
OLD_VERSIONS = {"action": {"type": "Delete"}, "condition": {"daysSinceNoncurrentTime": 90, "withState": "ARCHIVED"}}
REDIS = "gcp:redis/instance:Instance"
A_KEY = "projects/p/locations/r/keyRings/data/cryptoKeys/databases"

VALID: dict[str, Valid] = {
    BUCKET: Valid(
        {
            "name": "state",
            "uniformBucketLevelAccess": True,
            "publicAccessPrevention": "enforced",
            "versioning": {"enabled": True},
            "softDeletePolicy": {"retentionDurationSeconds": 2592000},
            "encryption": {"defaultKmsKeyName": A_KEY},
            "forceDestroy": False,
        },
        protect=True,
    ),
    KEY: Valid(
        {"purpose": "ENCRYPT_DECRYPT", "rotationPeriod": "7776000s", "destroyScheduledDuration": "2592000s"},
        protect=True,
    ),
    SECRET: Valid({"secretId": "contract-platform", "deletionProtection": True}, protect=True),
    LOGS: Valid({"retentionDays": 400, "locked": True}, protect=True),
    SINK: Valid({"filter": "x", "uniqueWriterIdentity": True}, protect=True),
    DATASET: Valid(
        {"defaultEncryptionConfiguration": {"kmsKeyName": A_KEY}, "accesses": [{"specialGroup": "projectOwners"}]},
        protect=True,
    ),
    DATASET_ACCESS: Valid({"datasetId": "d", "groupByEmail": "team@example.com"}),
    SPANNER: Valid({"enableDropProtection": True, "encryptionConfig": {"kmsKeyName": A_KEY}}, protect=True),
    REGIONAL_SECRET: Valid({"secretId": "x"}),
    FIRESTORE_FIELD: Valid({"collection": "orders", "field": "at"}),
    BIGTABLE_GC: Valid({"table": "orders", "columnFamily": "lines"}),
    FOLDER_LOGS: Valid({"retentionDays": 400}),
    KEY_VERSION: Valid({"cryptoKey": A_KEY, "state": "ENABLED"}),
    SECRET_VERSION: Valid({"secret": "projects/p/secrets/x", "deletionPolicy": "ABANDON", "enabled": True}),
    TABLE: Valid({"deletionProtection": "PROTECTED"}, protect=True),
    REDIS: Valid({"deletionProtection": True, "customerManagedKey": A_KEY}, protect=True),
    PLAN: Valid(
        {
            "backupConfig": {"encryptionKey": {"gcpKmsEncryptionKey": A_KEY}},
            "backupSchedule": {"cronSchedule": "0 3 * * *", "paused": False},
            "retentionPolicy": {"backupRetainDays": 30, "backupDeleteLockDays": 30},
        },
        protect=True,
    ),
    SUBSCRIPTION: Valid({"name": "upgrades", "expirationPolicy": {"ttl": ""}, "messageRetentionDuration": "2678400s"}),
    TOPIC: Valid({"name": "upgrades", "messageRetentionDuration": "604800s"}),
    BIGQUERY_TABLE: Valid(
        {"deletionProtection": True, "encryptionConfiguration": {"kmsKeyName": A_KEY}},
        protect=True,
    ),
    ALLOYDB: Valid(
        {"deletionProtection": True, "deletionPolicy": "DEFAULT", "encryptionConfig": {"kmsKeyName": A_KEY}},
        protect=True,
    ),
    "gcp:spanner/instance:Instance": Valid({"config": "c", "forceDestroy": False}, protect=True),
    "gcp:kms/keyRing:KeyRing": Valid({"name": "data"}, protect=True),
}


def plan(schedule: str, *, days: int) -> Inputs:
    """A backup plan of a schedule, which keeps and locks its backups for some days."""
    return {
        **VALID[PLAN].inputs,
        "backupSchedule": {"cronSchedule": schedule},
        "retentionPolicy": {"backupRetainDays": days, "backupDeleteLockDays": days},
    }


BROKEN: list[Broken] = [
    *(
        Broken("datastore-protected", kind, "protect", False, "Set protect=True")
        for kind in (BUCKET, KEY, SECRET, LOGS, SINK, DATASET, SPANNER, TABLE, REDIS)
    ),
    *breaking(
        "datastore-retention-consistent",
        PLAN,
        ("retentionPolicy.backupDeleteLockDays", 31, "backupRetainDays is 30 and backupDeleteLockDays 31"),
        ("retentionPolicy.backupRetainDays", REMOVED, "backupRetainDays is not set"),
        ("retentionPolicy", {"backupRetainDays": 366, "backupDeleteLockDays": 30}, "Google refuses more than 365"),
        ("retentionPolicy", {"backupRetainDays": 365, "backupDeleteLockDays": 91}, "and 90"),
        ("backupSchedule", REMOVED, "nobody can see that a backup is made"),
        ("backupSchedule.cronSchedule", REMOVED),
        *(
            ("backupSchedule.cronSchedule", text, "cronSchedule is")
            for text in ("@daily", "0 3 * *", "0 3 30 2 *", "0 3 * JAN *", "0 3 32 * *", "0 3 1-40 * *", "61 3 * * *")
        ),
        ("backupSchedule.cronSchedule", "0 3 1 * *", "leaves 31 days between two backups, and backupRetainDays is 30"),
        ("backupSchedule.cronSchedule", "0 3 1 1 *", "leaves 366 days"),
        ("backupSchedule.cronSchedule", "0 3 1,10 * *", "leaves 22 days"),
        ("", plan("0 3 1,17 * *", days=31), "leaves 16 days between two backups, and backupRetainDays is 31"),
        ("", plan("0 3 * * 1", days=13), "leaves 7 days"),
        ("backupSchedule.cronSchedule", "0 3 29 2 *"),
        ("deactivated", True, "no backup is made"),
        ("backupSchedule.paused", True, "no backup is made"),
    ),
    *breaking("datastore-protected", SPANNER, ("enableDropProtection", False, "a single call deletes it")),
    *breaking("datastore-protected", TABLE, ("deletionProtection", "UNPROTECTED"), ("deletionProtection", True)),
    *breaking("datastore-protected", SECRET, ("deletionProtection", REMOVED)),
    *breaking("datastore-not-emptied", BUCKET, ("forceDestroy", True, "takes everything in it along")),
    *breaking("datastore-not-emptied", ALLOYDB, ("deletionPolicy", "FORCE", "delete the data")),
    *breaking("datastore-not-emptied", DATASET, ("deleteContentsOnDestroy", True)),
    *breaking(
        "datastore-not-expiring",
        SECRET,
        ("ttl", "3600s", "Google deletes it then, protected or not"),
        ("expireTime", "2030-01-01T00:00:00Z"),
    ),
    *breaking(
        "datastore-not-expiring", DATASET, ("defaultTableExpirationMs", 3600000), ("defaultPartitionExpirationMs", 1)
    ),
    *breaking(
        "datastore-not-expiring",
        BIGQUERY_TABLE,
        ("expirationTime", 1893456000000),
        ("timePartitioning", {"type": "DAY", "expirationMs": 86400000}),
    ),
    *breaking("datastore-not-expiring", REGIONAL_SECRET, ("ttl", "3600s")),
    *breaking("datastore-not-expiring", FIRESTORE_FIELD, ("ttlConfig", {}, "ttlConfig is")),
    *breaking("datastore-not-expiring", BIGTABLE_GC, ("maxAge", {"duration": "24h"}), ("gcRules", "{}")),
    *breaking(
        "datastore-not-expiring",
        SPANNER,
        (
            "ddls",
            [
                "CREATE TABLE t (c TIMESTAMP) PRIMARY KEY (c),\n Row  Deletion POLICY (OLDER_THAN(c, INTERVAL 1 DAY))",
            ],
            "ddls[0] has a ROW DELETION POLICY",
        ),
    ),
    *breaking("logging-retained", FOLDER_LOGS, ("retentionDays", 1, "what happened before has no trace")),
    *breaking(
        "kms-versions-enabled",
        KEY_VERSION,
        ("state", "DESTROYED", "nobody reads any more what this version encrypted"),
        ("state", "DISABLED"),
    ),
    *breaking(
        "secret-versions-kept",
        SECRET_VERSION,
        ("deletionPolicy", REMOVED, "destroys or disables the one before it"),
        ("deletionPolicy", "DELETE"),
        ("deletionPolicy", "DISABLE"),
        ("enabled", False, "whoever reads the secret gets an error"),
    ),
    *breaking(
        "datastore-not-expiring",
        SUBSCRIPTION,
        ("expirationPolicy", REMOVED, "expirationPolicy.ttl is not set: Google deletes a subscription"),
        ("expirationPolicy.ttl", "2678400s", "expirationPolicy.ttl is 2678400s"),
    ),
    *breaking(
        "bucket-lifecycle-keeps",
        BUCKET,
        *(
            ("lifecycleRules", [OLD_VERSIONS, {**OLD_VERSIONS, "condition": condition}], "lifecycleRules[1] deletes")
            for condition in (
                {},
                {"age": 3650},
                {"withState": "ARCHIVED"},
                {"withState": "ANY", "age": 30},
                {"daysSinceNoncurrentTime": 89},
                {"daysSinceNoncurrentTime": 0, "withState": "ARCHIVED"},
                {"numNewerVersions": 3},
                {"noncurrentTimeBefore": "2026-01-01"},
                {"matchesPrefixes": [".pulumi/"]},
            )
        ),
        ("lifecycleRules", [{"action": {"type": "Delete"}}]),
        ("lifecycleRules", [{"condition": {"age": 1}}]),
        (
            "",
            {
                "uniformBucketLevelAccess": True,
                "publicAccessPrevention": "enforced",
                "versioning": {"enabled": True},
                "softDeletePolicy": {"retentionDurationSeconds": 2592000},
                "encryption": {"defaultKmsKeyName": A_KEY},
                "lifecycleRules": [OLD_VERSIONS],
                "retentionPolicy": {"retentionPeriod": 91 * 86400},
            },
            "Let one of them decide",
        ),
    ),
    Broken("datastore-not-replaced-first", BUCKET, "delete_first", True, "first delete the data"),
    *breaking(
        "datastore-encrypted-with-own-key", BUCKET, ("encryption", REMOVED), ("encryption.defaultKmsKeyName", "k")
    ),
    *breaking("datastore-encrypted-with-own-key", SPANNER, ("encryptionConfig", REMOVED)),
    *breaking("bigquery-not-public", DATASET, ("accesses.0.specialGroup", "allAuthenticatedUsers", "anybody reads it")),
    *breaking(
        "bigquery-not-public",
        DATASET_ACCESS,
        ("iamMember", "allUsers"),
        ("specialGroup", "allAuthenticatedUsers"),
        ("domain", "allUsers", "names allUsers as domain"),
    ),
    *breaking(
        "bucket-private",
        BUCKET,
        ("uniformBucketLevelAccess", False, "past IAM"),
        ("publicAccessPrevention", "inherited"),
        ("publicAccessPrevention", REMOVED),
        ("website", {"mainPageSuffix": "index.html"}),
    ),
    *breaking(
        "bucket-recoverable",
        BUCKET,
        ("versioning", REMOVED),
        ("versioning.enabled", False),
        ("softDeletePolicy.retentionDurationSeconds", 0),
        ("softDeletePolicy.retentionDurationSeconds", 7776001, "Google refuses more than"),
    ),
    *breaking(
        "kms-rotated",
        KEY,
        ("rotationPeriod", REMOVED, "rotationPeriod is not set: all data ever written stays under one version"),
        ("rotationPeriod", "7776001s", "rotationPeriod is 7.776e+06"),
        ("rotationPeriod", "86399s"),
        ("rotationPeriod", "soon", "rotationPeriod is another value"),
        ("", {"destroyScheduledDuration": "2592000s"}),
    ),
    *breaking(
        "kms-destruction-delayed",
        KEY,
        ("destroyScheduledDuration", "86400s", "is 86400:"),
        ("destroyScheduledDuration", REMOVED, "is not set"),
        ("destroyScheduledDuration", "10368001s", "Google refuses more than 10368000s"),
    ),
    *breaking(
        "logging-retained",
        LOGS,
        ("retentionDays", 399, "400 or more"),
        ("retentionDays", 0),
        ("retentionDays", 3651, "Google refuses more than 3650"),
    ),
    *breaking(
        "messages-retained",
        TOPIC,
        ("messageRetentionDuration", "3600s", "is short: whoever reads later misses messages"),
        ("messageRetentionDuration", "a week"),
        ("messageRetentionDuration", "2678401s", "Google refuses more than 2678400s"),
    ),
    *breaking("messages-retained", SUBSCRIPTION, ("messageRetentionDuration", "600s")),
    *breaking("logging-locked", LOGS, ("locked", False), ("locked", REMOVED)),
    Broken("bucket-no-access-lists", "gcp:storage/bucketACL:BucketACL", "", {"bucket": "b"}, "access list"),
    Broken("bucket-no-access-lists", "gcp:storage/defaultObjectAccessControl:DefaultObjectAccessControl", "", {"b": 1}),
    Broken("logging-complete", "gcp:logging/projectExclusion:ProjectExclusion", "", {"filter": "x"}, "drops log"),
    *breaking(
        "logging-complete",
        SINK,
        ("exclusions", [{"name": "x", "filter": "y"}], "drops log entries"),
        ("disabled", True),
        ("uniqueWriterIdentity", False),
    ),
]

ACCEPTED: list[Broken] = [
    *breaking(
        "",
        KEY,
        ("rotationPeriod", "86400s"),
        ("", {"purpose": "ASYMMETRIC_SIGN", "destroyScheduledDuration": "2592000s"}),
    ),
    *breaking(
        "",
        PLAN,
        *(
            ("backupSchedule.cronSchedule", text)
            for text in ("30 2 * * *", "0 */6 * * *", "0 3 * * 0", "0 3 * * 7", "0 3 */10 * *", "0 3 1-31/14 * *")
        ),
        ("backupSchedule.cronSchedule", "0 3 1 * 1"),
        ("", plan("0 3 1,17 * *", days=32)),
        ("", plan("0 3 * * 1", days=14)),
        ("retentionPolicy", {"backupRetainDays": 365, "backupDeleteLockDays": 90}),
    ),
    *breaking("", SPANNER, ("encryptionConfig", {"kmsKeyNames": [A_KEY]})),
    *breaking(
        "",
        BUCKET,
        ("softDeletePolicy.retentionDurationSeconds", 604800),
        ("forceDestroy", REMOVED),
        ("lifecycleRules", [OLD_VERSIONS]),
        ("lifecycleRules", [{"action": {"type": "SetStorageClass"}, "condition": {"age": 30}}]),
        ("lifecycleRules", [{"action": {"type": "AbortIncompleteMultipartUpload"}, "condition": {"age": 1}}]),
    ),
    *breaking("", SUBSCRIPTION, ("expirationPolicy", {"ttl": None})),
    *breaking("", SINK, ("uniqueWriterIdentity", REMOVED), ("exclusions", [])),
    *breaking("", DATASET, ("accesses", REMOVED), ("accesses.0.domain", "example.com")),
]
