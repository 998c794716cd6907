"""Cloud SQL: the versions, machine types and editions that exist, and what an edition allows.

https://cloud.google.com/sql/docs/postgres/machine-series-overview and https://cloud.google.com/sql/docs/editions-intro.
The rules of PostgreSQL hold for every engine here: MySQL's older machine types are refused.
"""

import re
from datetime import date, timedelta
from typing import Any

from sandbox.cloud.errors import invalid
from sandbox.cloud.references import value_at
from sandbox.cloud.store import Json

_POSTGRES = ("9_6", *(str(major) for major in range(10, 19)))
_CUSTOM = re.compile("db-custom-([1-9][0-9]{0,3})-([1-9][0-9]{0,7})")
_SHARED = frozenset({"db-f1-micro", "db-g1-small"})
_PLUS = frozenset(f"db-perf-optimized-N-{cpus}" for cpus in (2, 4, 8, 16, 32, 48, 64, 80, 96, 128))
_LOG_DAYS = {"ENTERPRISE": 7, "ENTERPRISE_PLUS": 35}
_MOST_BACKUPS = 365
# https://cloud.google.com/sql/docs/postgres/maintenance#deny-maintenance
_SHORTEST_DENIAL, _LONGEST_DENIAL = timedelta(days=1), timedelta(days=90)
_FIRST_WITH_PLUS = 16  # from this version on, an instance that names no edition is of Enterprise Plus
_LONGEST_NAME = 98  # of project and instance, with the colon between them


def require_offered(body: Json, connection: str) -> None:
    """Checks name, version, machine type, edition and retention of an instance.

    Args:
        body: the instance that is about to be stored.
        connection: `<project>:<instance>`.

    Raises:
        ApiError: INVALID_ARGUMENT.
    """
    if len(connection) > _LONGEST_NAME:
        raise invalid(f"Invalid request: '{connection}' is longer than {_LONGEST_NAME} characters.")
    version = str(body.get("databaseVersion", ""))
    engine, _, major = version.partition("_")
    if engine == "POSTGRES" and major not in _POSTGRES:
        raise invalid(f"Invalid value at 'body.database_version' (type.googleapis.com/google.cloud.sql), \"{version}\"")
    edition = value_at(body, "settings.edition") or _default_edition(engine, major)
    if edition not in _LOG_DAYS:
        raise invalid(f"Invalid value at 'body.settings.edition' (type.googleapis.com/google.cloud.sql), \"{edition}\"")
    tier = str(value_at(body, "settings.tier") or "")
    if not (tier in _PLUS if edition == "ENTERPRISE_PLUS" else tier in _SHARED or _is_custom(tier)):
        alike = "db-perf-optimized-N-*" if edition == "ENTERPRISE_PLUS" else "db-custom-*"
        raise invalid(
            f"Invalid request: Invalid Tier ({tier}) for ({edition}) Edition. Use a Tier like {alike} instead."
        )
    for period in value_at(body, "settings.denyMaintenancePeriods") or ():
        _require_denial(period)
    backups: Any = value_at(body, "settings.backupConfiguration") or {}
    _require_between("transactionLogRetentionDays", backups, _LOG_DAYS[edition])
    _require_between("retainedBackups", backups.get("backupRetentionSettings") or {}, _MOST_BACKUPS)


def _require_denial(period: Json) -> None:
    """Checks a time without maintenance; without a year it is in every year, hence not on the 29th of February."""
    days = [str(period.get(key, "")) for key in ("startDate", "endDate")]
    try:
        begin, end = (date.fromisoformat(f"2023-{day}" if len(day) == len("12-31") else day) for day in days)
    except ValueError as error:
        raise invalid(f"Invalid request: deny maintenance period {days[0]} to {days[1]}: {error}.") from error
    yearly = [len(day) == len("12-31") for day in days]
    if all(yearly) and end < begin:
        end = end.replace(year=end.year + 1)
    if yearly[0] != yearly[1] or not _SHORTEST_DENIAL <= end - begin <= _LONGEST_DENIAL:
        raise invalid(f"Invalid request: deny maintenance period {days[0]} to {days[1]} must be 1 to 90 days.")


def _default_edition(engine: str, major: str) -> str:
    plus = engine == "POSTGRES" and major.isdigit() and int(major) >= _FIRST_WITH_PLUS
    return "ENTERPRISE_PLUS" if plus else "ENTERPRISE"


def _is_custom(tier: str) -> bool:
    """Returns whether a machine type has numbers of CPUs and MiB that exist; the limits are per CPU."""
    match = _CUSTOM.fullmatch(tier)
    cpus, memory = map(int, match.groups()) if match else (0, 0)
    counted = cpus == 1 or (cpus % 2 == 0 and 2 <= cpus <= 96)
    return counted and memory % 256 == 0 and memory >= 3840 and 9 * cpus * 1024 <= 10 * memory <= 65 * cpus * 1024


def _require_between(field: str, settings: Json, most: int) -> None:
    if field in settings and not 1 <= int(settings[field]) <= most:
        raise invalid(f"Invalid request: {field} must be between 1 and {most}.")
