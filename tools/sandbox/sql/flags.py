"""Database flags: PostgreSQL itself judges its own; Google's and pgAudit's are judged by a table.

https://cloud.google.com/sql/docs/postgres/flags
"""

import functools
import re
import subprocess
from collections.abc import Mapping

from sandbox.cloud.errors import ApiError, invalid
from sandbox.sql import programs

_SWITCH = re.compile("on|off")
_CLASSES = "none|all|(-?(read|write|function|role|ddl|misc|misc_set|all))"
_TABLE: Mapping[str, re.Pattern[str]] = {
    **dict.fromkeys(
        (
            "cloudsql.allow_passwordless_local_connections",
            "cloudsql.enable_auto_explain",
            "cloudsql.enable_pg_bigm",
            "cloudsql.enable_pg_cron",
            "cloudsql.enable_pg_hint_plan",
            "cloudsql.enable_pgaudit",
            "cloudsql.enable_pglogical",
            "cloudsql.iam_authentication",
            "cloudsql.logical_decoding",
            "pgaudit.log_catalog",
            "pgaudit.log_client",
            "pgaudit.log_parameter",
            "pgaudit.log_relation",
            "pgaudit.log_rows",
            "pgaudit.log_statement",
            "pgaudit.log_statement_once",
        ),
        _SWITCH,
    ),
    "pgaudit.log": re.compile(rf"({_CLASSES})(\s*,\s*({_CLASSES}))*"),
    "pgaudit.log_level": re.compile("debug[1-5]|info|notice|warning|log"),
    "pgaudit.role": re.compile(r"[a-z_][a-z0-9_$]{0,62}"),
}
# Groups of settings by which an instance would leave Google's hands: files, network, keys, archives, libraries.
_GOOGLES = (
    "File Locations",
    "Connections and Authentication / Authentication",
    "Connections and Authentication / Connection Settings",
    "Connections and Authentication / SSL",
    "Client Connection Defaults / Shared Library Preloading",
    "Replication / Standby Servers",
    "Reporting and Logging / Where to Log",
    "Write-Ahead Log / Archive Recovery",
    "Write-Ahead Log / Archiving",
    "Write-Ahead Log / Recovery Target",
)
_OFFERED = frozenset({"max_connections", "password_encryption", "superuser_reserved_connections"})
_SETTING = re.compile(r"[a-z][a-z0-9_]*")
_FATAL = re.compile(r"FATAL: +(?P<reason>.*)")


def require_accepted(flags: Mapping[str, str]) -> None:
    """Check the flags of an instance.

    Raises:
        ApiError: INVALID_ARGUMENT for a flag or a value that Cloud SQL refuses.
    """
    for name, value in flags.items():
        if "." in name:
            _require_listed(name, value)
        elif _SETTING.fullmatch(name) is None or (name not in _OFFERED and _group(name) in _GOOGLES):
            raise _refused(name, "The flag is not one that Cloud SQL offers.")
    own = of_postgres(flags)
    if own and (reason := _refusal(own)):
        raise invalid(f"Invalid request: Invalid flag. {reason}.")


def of_postgres(flags: Mapping[str, str]) -> dict[str, str]:
    """Return the flags that PostgreSQL itself knows."""
    return {name: value for name, value in flags.items() if "." not in name}


def _require_listed(name: str, value: str) -> None:
    pattern = _TABLE.get(name)
    if pattern is None:
        raise _refused(name, "The sandbox knows no such flag of Google's or of an extension.")
    if pattern.fullmatch(value) is None:
        raise _refused(name, f"The value {value!r} is not one that the flag takes.")


def _refused(name: str, reason: str) -> ApiError:
    return invalid(f"Invalid request: Invalid flag {name!r}. {reason}")


@functools.cache
def _groups() -> Mapping[str, str]:
    """Return the group of each setting of PostgreSQL."""
    lines = programs.run([str(programs.program("postgres")), "--describe-config"]).splitlines()
    return {fields[0]: fields[2] for fields in (line.split("\t") for line in lines)}


def _group(name: str) -> str:
    return _groups().get(name, "")


def _refusal(flags: Mapping[str, str]) -> str:
    """Return why PostgreSQL does not start with some flags; empty when it does. It reads no data for that."""
    given = [part for name, value in flags.items() for part in ("-c", f"{name}={value}")]
    command = [str(programs.program("postgres")), "-C", "server_version", "-D", "/", "-c", "config_file=/dev/null"]
    done = subprocess.run(  # noqa: S603  PostgreSQL's own program
        [*command, *given], env={}, capture_output=True, text=True, check=False
    )
    found = _FATAL.search(done.stderr)
    return found["reason"] if found else ""
