"""Rules on settings of Cloud SQL instances: flags, availability, versions, machine types, maintenance."""

import re
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

from engine.inputs import at, is_open, items, named, number, shown
from policy_pack.demands import demand
from policy_pack.environments import ENVIRONMENTS
from policy_pack.rule import Resource, Severity, of, rule
from policy_pack.rules.sql import INSTANCE, LEAST_BACKUPS, engine, is_replica

# The oldest major version that its community still supports (https://www.postgresql.org/support/versioning/), and the
# newest that Cloud SQL offers (https://cloud.google.com/sql/docs/postgres/db-versions).
OLDEST_POSTGRES, NEWEST_POSTGRES = 14, 18
OFFERED = frozenset(f"POSTGRES_{major}" for major in range(OLDEST_POSTGRES, NEWEST_POSTGRES + 1))
# https://cloud.google.com/sql/docs/postgres/machine-series-overview: by edition; custom ones have limits per CPU.
MACHINE_TYPES = {
    "ENTERPRISE": re.compile(r"db-(f1-micro|g1-small|custom-(?P<cpus>[1-9]\d?)-(?P<memory>[1-9]\d{3,5}))", re.ASCII),
    "ENTERPRISE_PLUS": re.compile(r"db-perf-optimized-N-(2|4|8|16|32|48|64|80|96|128)"),
}
MOST_CPUS = 96
LEAST_MEMORY, MEMORY_STEP = 3840, 256  # MiB
LEAST_MEMORY_PER_CPU, MOST_MEMORY_PER_CPU = 0.9 * 1024, 6.5 * 1024
# https://cloud.google.com/sql/docs/postgres/backup-recovery/pitr: by edition.
MOST_LOG_DAYS = {"ENTERPRISE": 7, "ENTERPRISE_PLUS": 35}
DEFAULT_LOG_DAYS = {"ENTERPRISE": 7, "ENTERPRISE_PLUS": 14}
# https://cloud.google.com/sql/docs/postgres/maintenance#deny-maintenance
SHORTEST_DENIAL, LONGEST_DENIAL = timedelta(days=1), timedelta(days=90)
# From this version on Google takes an instance without an edition for one of Enterprise Plus.
FIRST_WITH_PLUS = 16
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
    remediation="Use a version that Cloud SQL offers and its community supports.",
    url="https://cloud.google.com/sql/docs/postgres/db-versions",
)
def version_supported(resource: Resource) -> Iterator[str]:
    """PostgreSQL has a version that Cloud SQL offers, and that still gets security fixes."""
    version = resource.inputs.get("databaseVersion")
    if not isinstance(version, str):
        yield f"databaseVersion is {shown(version)}, so nobody can see whether it still gets fixes. Write it out."
        return
    engine, _, major = version.partition("_")
    release = number(major.partition("_")[0])
    if engine == "POSTGRES" and (release is None or release < OLDEST_POSTGRES):
        yield f"databaseVersion is {named(version)}, which gets no fixes. Use POSTGRES_{OLDEST_POSTGRES} or later."
    elif engine == "POSTGRES" and version not in OFFERED:
        yield f"databaseVersion is {named(version)}, which Cloud SQL does not offer. Use POSTGRES_{NEWEST_POSTGRES}."


@rule(
    "sql-machine-offered",
    of(INSTANCE),
    Severity.LOW,
    remediation="Use a machine type that Cloud SQL has, name its edition, and keep logs no longer than that allows.",
    url="https://cloud.google.com/sql/docs/postgres/machine-series-overview",
)
def machine_offered(resource: Resource) -> Iterator[str]:
    """Instances have a machine type and retention that exist in their edition: an update would fail at any other."""
    given, tier = at(resource.inputs, "settings.edition"), at(resource.inputs, "settings.tier")
    edition = _default_edition(resource) if given is None else given
    machines = MACHINE_TYPES.get(edition) if isinstance(edition, str) else None
    if machines is None:
        yield f"settings.edition is {shown(given)}. Set it to {' or '.join(MACHINE_TYPES)}."
        return
    match = machines.fullmatch(tier) if isinstance(tier, str) else None
    if not match or not _has_size(match):
        yield (
            f"settings.tier is {named(tier)}, which Cloud SQL does not have in the edition {edition}"
            f"{'' if given else ', the default of the version'}. Name the edition; take db-custom-<CPUs>-<MiB> with 1 "
            f"or an even number of CPUs up to {MOST_CPUS}, and 0.9 to 6.5 GiB for each in steps of {MEMORY_STEP} MiB, "
            f"at least {LEAST_MEMORY} MiB; in ENTERPRISE_PLUS db-perf-optimized-N-<CPUs>."
        )
    path = "settings.backupConfiguration.transactionLogRetentionDays"
    days, most = at(resource.inputs, path), MOST_LOG_DAYS[edition]
    if days is not None and not 1 <= (number(days) or 0) <= most:
        yield f"{path} is {shown(days)}: {edition} keeps logs for 1 to {most} days. Lower it."


def _default_edition(resource: Resource) -> str:
    release = number(str(resource.inputs.get("databaseVersion")).removeprefix("POSTGRES_"))
    return "ENTERPRISE_PLUS" if release is not None and release >= FIRST_WITH_PLUS else "ENTERPRISE"


def _has_size(machine: re.Match[str]) -> bool:
    """Return whether a custom machine type has a size within the limits; others have theirs by name."""
    size = machine.groupdict()
    if not size.get("cpus"):
        return True
    cpus, memory = int(size["cpus"]), int(size["memory"])
    return (
        (cpus == 1 or (cpus % 2 == 0 and cpus <= MOST_CPUS))
        and memory >= LEAST_MEMORY
        and memory % MEMORY_STEP == 0
        and cpus * LEAST_MEMORY_PER_CPU <= memory <= cpus * MOST_MEMORY_PER_CPU
    )


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
    if days is None and (number(kept) or 0) >= LEAST_BACKUPS:
        edition = at(resource.inputs, "settings.edition")
        days = DEFAULT_LOG_DAYS.get(str(_default_edition(resource) if edition is None else edition))
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
    for key, least, most in (("day", 1, 7), ("hour", 0, 23)):
        path = f"settings.maintenanceWindow.{key}"
        given = number(at(resource.inputs, path))
        if given is None or not least <= given <= most:
            yield (
                f"{path} is {shown(at(resource.inputs, path))}: Google restarts it whenever it likes, or refuses that. "
                f"Set it to {least} to {most}."
            )
    if at(resource.inputs, "settings.activationPolicy") not in (None, "ALWAYS"):
        yield "settings.activationPolicy stops it, and nobody reads the data. Set it to ALWAYS, or leave it out."
    risk = "nobody finds out which query is slow."
    yield from demand(resource.inputs, "settings.insightsConfig.queryInsightsEnabled", True, risk)
    denial = at(resource.inputs, "settings.denyMaintenancePeriod")
    if denial is not None and not _is_short(at(denial, "startDate"), at(denial, "endDate")):
        yield (
            f"settings.denyMaintenancePeriod keeps fixes away for longer than {LONGEST_DENIAL.days} days, for no time "
            "at all, or nobody knows for how long. End it a day to 90 days after its start."
        )
    if at(resource.inputs, "settings.diskAutoresize") not in (None, True):
        yield "settings.diskAutoresize is off: a full disk stops the database. Set it to true."


def _is_short(start: Any, end: Any) -> bool:
    """Return whether a time without maintenance is one that Google takes; without a year it is in every year."""
    days = start, end
    yearly = [isinstance(day, str) and re.fullmatch(r"[0-9]{2}-[0-9]{2}", day) is not None for day in days]
    try:
        # No leap year, since a day of every year is not the 29th of February.
        begin, last = (
            date.fromisoformat(f"2023-{day}" if each else day) for day, each in zip(days, yearly, strict=True)
        )
    except (TypeError, ValueError):
        return False
    if all(yearly) and last < begin:
        last = last.replace(year=last.year + 1)
    return yearly[0] == yearly[1] and SHORTEST_DENIAL <= last - begin <= LONGEST_DENIAL
