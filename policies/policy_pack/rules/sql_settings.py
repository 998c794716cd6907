"""Rules on settings of Cloud SQL instances: flags, availability, versions, maintenance."""

from collections.abc import Iterator

from engine.inputs import at, is_open, items, named, number, shown
from policy_pack.demands import demand
from policy_pack.environments import ENVIRONMENTS
from policy_pack.rule import Resource, Severity, of, rule
from policy_pack.rules.sql import INSTANCE, engine, is_replica

# The oldest major version that its community still supports (https://www.postgresql.org/support/versioning/).
OLDEST_POSTGRES = 14
# Flags by engine, with the values that an investigation or a small attack surface needs. None: must not be set.
FLAGS: dict[str, dict[str, tuple[str, ...] | None]] = {
    "POSTGRES": {
        "cloudsql.iam_authentication": ("on",),
        "cloudsql.enable_pgaudit": ("on",),
        "log_checkpoints": ("on",),
        "log_connections": ("on",),
        "log_disconnections": ("on",),
        "log_lock_waits": ("on",),
        "log_temp_files": ("0",),
        "log_error_verbosity": ("default", "verbose"),
        "log_min_duration_statement": ("-1",),
        "log_min_error_statement": ("error", "warning"),
        "log_min_messages": ("error", "warning", "notice", "info"),
        "log_statement": ("ddl", "mod", "all"),
    },
    "MYSQL": {
        "cloudsql_iam_authentication": ("on",),
        "local_infile": ("off",),
        "skip_show_database": ("on",),
    },
    "SQLSERVER": {
        "external scripts enabled": ("off",),
        "cross db ownership chaining": ("off",),
        "remote access": ("off",),
        "3625": ("on",),
        "contained database authentication": ("off",),
        "user options": None,
    },
}


@rule(
    "sql-flags",
    of(INSTANCE),
    Severity.MEDIUM,
    references=[
        "CIS GCP 6.1",
        "CIS GCP 6.2",
        "CIS GCP 6.3",
        *(f"CKV_GCP_{number}" for number in (50, 51, 52, 53, 54, 55, 56, 57, 58, 59, 108, 109, 110, 111)),
    ],
    remediation="Set the flag in settings.database_flags.",
    url="https://cloud.google.com/sql/docs/postgres/flags",
)
def flags(resource: Resource) -> Iterator[str]:
    """Cloud SQL instances have the logs that an investigation needs, logins by IAM, and no risky features."""
    required = FLAGS.get(engine(resource))
    if required is None:
        version = named(resource.inputs.get("databaseVersion"))
        yield f"databaseVersion is {version}, so its flags cannot be judged. Use PostgreSQL, MySQL or SQL Server."
        return
    listed = items(at(resource.inputs, "settings.databaseFlags"))
    if not all(is_open(flag) and is_open(at(flag, "name")) for flag in listed):
        yield "settings.databaseFlags is not known before the update, so its flags cannot be judged. Write it out."
        return
    names = [at(flag, "name") for flag in listed]
    for name in sorted({str(name) for name in names if names.count(name) > 1}):
        yield f"the flag {named(name)} is set more than once, and Google takes one of the values. Remove the others."
    values = {at(flag, "name"): at(flag, "value") for flag in reversed(listed)}
    for flag, accepted in required.items():
        if accepted is None:
            if flag in values:
                yield f"the flag {flag} is set: it weakens every login. Remove it."
        elif str(values.get(flag)).lower() not in accepted:
            yield f"the flag {flag} is {named(values.get(flag))}. Set it to {' or '.join(accepted)}."


@rule(
    "sql-highly-available",
    of(INSTANCE),
    Severity.MEDIUM,
    remediation="Set settings.availability_type to REGIONAL.",
    url="https://cloud.google.com/sql/docs/postgres/high-availability",
)
def highly_available(resource: Resource) -> Iterator[str]:
    """Production instances (environments.yaml) survive the loss of a zone. Other instances may be cheaper."""
    if ENVIRONMENTS.is_production(resource.stack) and not is_replica(resource):
        risk = "the database is down as long as its zone is."
        yield from demand(resource.inputs, "settings.availabilityType", "REGIONAL", risk)


@rule(
    "sql-version-supported",
    of(INSTANCE),
    Severity.HIGH,
    remediation="Upgrade to a version that its community supports.",
    url="https://cloud.google.com/sql/docs/postgres/db-versions",
)
def version_supported(resource: Resource) -> Iterator[str]:
    """PostgreSQL has a version that still gets security fixes."""
    version = resource.inputs.get("databaseVersion")
    if not isinstance(version, str):
        yield f"databaseVersion is {shown(version)}, so nobody can see whether it still gets fixes. Write it out."
        return
    engine, _, major = version.partition("_")
    release = number(major.partition("_")[0])
    if engine == "POSTGRES" and (release is None or release < OLDEST_POSTGRES):
        yield f"databaseVersion is {named(version)}, which gets no fixes. Use POSTGRES_{OLDEST_POSTGRES} or later."


@rule(
    "sql-retention-consistent",
    of(INSTANCE),
    Severity.HIGH,
    remediation="Keep at least as many daily backups as days of transaction logs; leave the disk's size to Google.",
    url="https://cloud.google.com/sql/docs/postgres/backup-recovery/backups#retention",
)
def retention_consistent(resource: Resource) -> Iterator[str]:
    """Settings do not contradict each other: logs are no older than backups, and one owner decides the disk's size.

    Google restores to a moment from a backup before it, so older transaction logs are of no use.
    """
    days = at(resource.inputs, "settings.backupConfiguration.transactionLogRetentionDays")
    kept = at(resource.inputs, "settings.backupConfiguration.backupRetentionSettings.retainedBackups")
    logs, backups = number(days), number(kept)
    if days is not None and not is_replica(resource) and (logs is None or backups is None or logs > backups):
        yield (
            f"settings.backupConfiguration keeps {shown(days)} days of transaction logs and {shown(kept)} backups: to "
            "a moment before the oldest backup nobody can go back. Keep as many backups."
        )
    grows = at(resource.inputs, "settings.diskAutoresize")
    if at(resource.inputs, "settings.diskSize") is not None and grows is not False:
        yield (
            "settings.diskSize is set beside diskAutoresize: once Google has enlarged the disk, every update wants to "
            "make it smaller, and replaces the instance. Remove diskSize."
        )


@rule(
    "sql-maintained",
    of(INSTANCE),
    Severity.LOW,
    remediation="Set a maintenance window, Query Insights and automatic growth of the disk.",
    url="https://cloud.google.com/sql/docs/postgres/maintenance",
)
def maintained(resource: Resource) -> Iterator[str]:
    """Instances have a maintenance window, Query Insights, and a disk that grows automatically."""
    for path in ("settings.maintenanceWindow.day", "settings.maintenanceWindow.hour"):
        if number(at(resource.inputs, path)) is None:
            yield f"{path} is {shown(at(resource.inputs, path))}: Google restarts it whenever it likes. Set it."
    risk = "nobody finds out which query is slow."
    yield from demand(resource.inputs, "settings.insightsConfig.queryInsightsEnabled", True, risk)
    if at(resource.inputs, "settings.diskAutoresize") not in (None, True):
        yield "settings.diskAutoresize is off: a full disk stops the database. Set it to true."
