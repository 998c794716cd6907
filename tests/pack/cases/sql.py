"""Cases of Cloud SQL: instances, databases and those who log in."""

from copy import deepcopy
from typing import Any

from pack.analyzer import UNKNOWN_STRING
from pack.cases import REMOVED, Broken, Valid, breaking

INSTANCE = "gcp:sql/databaseInstance:DatabaseInstance"
DATABASE = "gcp:sql/database:Database"
USER = "gcp:sql/user:User"

FLAGS = {
    "cloudsql.iam_authentication": "on",
    "cloudsql.enable_pgaudit": "on",
    "log_checkpoints": "on",
    "log_connections": "on",
    "log_disconnections": "on",
    "log_error_verbosity": "default",
    "log_lock_waits": "on",
    "log_min_duration_statement": "-1",
    "log_min_error_statement": "error",
    "log_min_messages": "warning",
    "log_statement": "ddl",
    "log_temp_files": "0",
}


def flags(**changes: str | None) -> list[dict[str, str]]:
    """The flags with some different; double underscores stand for dots, None leaves one out."""
    wanted = {**FLAGS, **{name.replace("__", "."): value for name, value in changes.items()}}
    return [{"name": name, "value": value} for name, value in wanted.items() if value is not None]


VALID: dict[str, Valid] = {
    INSTANCE: Valid(
        {
            "name": "orders",
            "databaseVersion": "POSTGRES_17",
            "deletionProtection": True,
            "encryptionKeyName": "projects/p/locations/r/keyRings/data/cryptoKeys/databases",
            "settings": {
                "tier": "db-custom-2-7680",
                "edition": "ENTERPRISE",
                "availabilityType": "REGIONAL",
                "connectorEnforcement": "REQUIRED",
                "deletionProtectionEnabled": True,
                "diskAutoresize": True,
                "retainBackupsOnDelete": True,
                "finalBackupConfig": {"enabled": True, "retentionDays": 90},
                "backupConfiguration": {
                    "enabled": True,
                    "pointInTimeRecoveryEnabled": True,
                    "backupRetentionSettings": {"retainedBackups": 30},
                },
                "databaseFlags": flags(),
                "insightsConfig": {"queryInsightsEnabled": True},
                "ipConfiguration": {"ipv4Enabled": False, "sslMode": "ENCRYPTED_ONLY"},
                "maintenanceWindow": {"day": 7, "hour": 2},
            },
        },
        protect=True,
        stack="prod",
    ),
    DATABASE: Valid({"name": "orders", "deletionPolicy": "PREVENT"}, protect=True),
    USER: Valid({"name": "app-web@prodfirst-sandbox.iam", "type": "CLOUD_IAM_SERVICE_ACCOUNT"}, protect=True),
}

_SETTINGS = "settings"
_BACKUPS = f"{_SETTINGS}.backupConfiguration"


def plus(*, backups: int) -> dict[str, Any]:
    """An instance of Enterprise Plus, which keeps more days of logs unless their number is given."""
    inputs = deepcopy(VALID[INSTANCE].inputs)
    inputs["settings"] |= {"edition": "ENTERPRISE_PLUS", "tier": "db-perf-optimized-N-2"}
    inputs["settings"]["backupConfiguration"]["backupRetentionSettings"]["retainedBackups"] = backups
    return inputs


def replica() -> dict[str, Any]:
    """A replica: its primary has the backups, and its key."""
    inputs = deepcopy(VALID[INSTANCE].inputs)
    del inputs["encryptionKeyName"], inputs["settings"]["backupConfiguration"], inputs["settings"]["finalBackupConfig"]
    del inputs["settings"]["availabilityType"], inputs["settings"]["retainBackupsOnDelete"]
    return {**inputs, "masterInstanceName": "orders"}


def retired(**changes: Any) -> dict[str, Any]:
    """An instance in the first step of its retirement."""
    inputs = deepcopy(VALID[INSTANCE].inputs)
    inputs["settings"] |= {"deletionProtectionEnabled": False, "userLabels": {"retire-after": "2026-12-31"}} | changes
    return {**inputs, "deletionPolicy": "ABANDON", "deletionProtection": False}


def _instance(policy: str, *cases: tuple[str, Any] | tuple[str, Any, str]) -> list[Broken]:
    return [*breaking(policy, INSTANCE, *cases)]


BROKEN: list[Broken] = [
    *(
        Broken("sql-protected", kind, "protect", False, "is not protected in Pulumi")
        for kind in (INSTANCE, DATABASE, USER)
    ),
    *_instance(
        "sql-protected",
        ("deletionProtection", False, "deletionProtection is false"),
        ("deletionProtection", REMOVED, "deletionProtection is not set"),
        (f"{_SETTINGS}.deletionProtectionEnabled", False, "settings.deletionProtectionEnabled is false"),
    ),
    *_instance(
        "sql-backed-up",
        (f"{_BACKUPS}.enabled", False, "settings.backupConfiguration.enabled is false"),
        (f"{_BACKUPS}.pointInTimeRecoveryEnabled", REMOVED, "pointInTimeRecoveryEnabled is not set"),
        (f"{_BACKUPS}.backupRetentionSettings.retainedBackups", 6, "7 or more"),
        (f"{_BACKUPS}.backupRetentionSettings.retainedBackups", 366, "Google refuses more than 365"),
        (f"{_SETTINGS}.finalBackupConfig.retentionDays", 366, "Google refuses more than 365"),
        (f"{_SETTINGS}.retainBackupsOnDelete", REMOVED, "retainBackupsOnDelete is not set"),
        (f"{_SETTINGS}.finalBackupConfig.enabled", False),
        (f"{_SETTINGS}.finalBackupConfig.retentionDays", 29, "30 or more"),
    ),
    *_instance(
        "sql-not-public",
        (f"{_SETTINGS}.ipConfiguration.ipv4Enabled", True, "settings.ipConfiguration.ipv4Enabled is true"),
        (
            f"{_SETTINGS}.ipConfiguration.authorizedNetworks",
            [{"value": "0.0.0.0/0"}],
            "the authorized network 0.0.0.0/0",
        ),
        (f"{_SETTINGS}.ipConfiguration.authorizedNetworks", [{"value": "128.0.0.0/1"}], "128.0.0.0/1"),
        (f"{_SETTINGS}.ipConfiguration.authorizedNetworks", [{"value": "10.0.0.0/7"}]),
        (f"{_SETTINGS}.ipConfiguration.authorizedNetworks", [{"value": "everywhere"}], "could not be checked"),
    ),
    *_instance(
        "sql-connections-encrypted",
        (f"{_SETTINGS}.ipConfiguration.sslMode", "ALLOW_UNENCRYPTED_AND_ENCRYPTED", "ALLOW_UNENCRYPTED_AND_ENCRYPTED"),
        (f"{_SETTINGS}.ipConfiguration.sslMode", REMOVED, "sslMode is not set"),
        (f"{_SETTINGS}.connectorEnforcement", "NOT_REQUIRED"),
    ),
    *_instance("sql-encrypted-with-own-key", ("encryptionKeyName", REMOVED), ("encryptionKeyName", "mine")),
    *_instance(
        "sql-flags",
        (f"{_SETTINGS}.databaseFlags", REMOVED, "the flag log_connections is not set"),
        (f"{_SETTINGS}.databaseFlags", flags(log_statement=None), "the flag log_statement is not set"),
        (f"{_SETTINGS}.databaseFlags", flags(cloudsql__enable_pgaudit="off"), "cloudsql.enable_pgaudit is off"),
        (f"{_SETTINGS}.databaseFlags", flags(log_min_duration_statement="0")),
        ("databaseVersion", "ORACLE_19", "cannot be judged"),
    ),
    *_instance(
        "sql-flags sql-backed-up",
        ("databaseVersion", "MYSQL_8_0", "local_infile"),
        ("databaseVersion", "MYSQL_8_0", "settings.backupConfiguration.binaryLogEnabled is not set"),
    ),
    *_instance("sql-flags", ("databaseVersion", "SQLSERVER_2022_STANDARD", "3625")),
    *_instance(
        "sql-flags",
        (f"{_SETTINGS}.databaseFlags", [*flags(), {"name": "log_statement", "value": "ddl"}], "more than once"),
        (f"{_SETTINGS}.databaseFlags", [*flags(), {"name": "log_statement", "value": "none"}], "more than once"),
    ),
    *(
        Broken(
            "sql-backed-up sql-encrypted-with-own-key sql-highly-available",
            INSTANCE,
            "",
            {**replica(), "masterInstanceName": name},
        )
        for name in ("", " ", "projects/p/instances/orders", UNKNOWN_STRING)
    ),
    *_instance(
        "sql-retention-consistent sql-machine-offered",
        (f"{_BACKUPS}.transactionLogRetentionDays", 31, "31 days of transaction logs and 30 backups"),
    ),
    *_instance("sql-retention-consistent", (f"{_SETTINGS}.diskSize", 100, "beside diskAutoresize")),
    *_instance("sql-retention-consistent", ("", plus(backups=13), "14 days of transaction logs and 13 backups")),
    *breaking(
        "sql-users-by-iam",
        USER,
        ("type", "BUILT_IN", "whoever knows it"),
        ("type", REMOVED),
        ("password", "hunter2", "password is set"),
    ),
    *breaking(
        "sql-users-listed",
        USER,
        ("name", "web@prodfirst-sandbox.iam", "which is not on security's list"),
        ("databaseRoles", ["cloudsqlsuperuser"], "database cloudsqlsuperuser"),
    ),
    *_instance(
        "sql-protected",
        ("", retired(userLabels=None), "deletionProtection is false"),
        ("", retired(userLabels={"retire-after": "soon"})),
        ("", {**retired(), "deletionPolicy": "PREVENT"}),
    ),
    *_instance("sql-protected datastore-not-emptied", ("", {**retired(), "deletionPolicy": UNKNOWN_STRING})),
    *_instance("sql-protected sql-backed-up", ("", retired(finalBackupConfig=None))),
    *_instance("sql-users-by-iam", ("rootPassword", "hunter2", "rootPassword is set")),
    Broken("sql-highly-available", INSTANCE, f"{_SETTINGS}.availabilityType", "ZONAL", "Set it to REGIONAL"),
    *_instance("sql-version-supported", ("databaseVersion", "POSTGRES_9_6"), ("databaseVersion", "POSTGRES_13")),
    *_instance(
        "sql-version-supported",
        ("databaseVersion", "POSTGRES_99", "does not offer"),
        ("databaseVersion", "POSTGRES_17_4", "does not offer"),
    ),
    *_instance(
        "sql-machine-offered",
        (f"{_SETTINGS}.tier", "db-large", "db-large, which Cloud SQL does not have in the edition ENTERPRISE."),
        (f"{_SETTINGS}.tier", "db-custom-3-7680", "an even number of CPUs"),
        (f"{_SETTINGS}.tier", "db-perf-optimized-N-2", "db-perf-optimized-N-2"),
        (f"{_SETTINGS}.tier", REMOVED, "settings.tier is not set"),
        (f"{_SETTINGS}.edition", "ENTERPRISE_PLUS", "db-custom-2-7680"),
        (f"{_SETTINGS}.edition", REMOVED, "the edition ENTERPRISE_PLUS, the default of the version"),
        (f"{_SETTINGS}.edition", "STANDARD", "settings.edition is STANDARD"),
        (f"{_BACKUPS}.transactionLogRetentionDays", 8, "keeps logs for 1 to 7 days"),
        (f"{_BACKUPS}.transactionLogRetentionDays", 0),
    ),
    *_instance(
        "sql-maintained",
        (f"{_SETTINGS}.maintenanceWindow", REMOVED, "whenever it likes"),
        (f"{_SETTINGS}.maintenanceWindow.hour", REMOVED),
        (f"{_SETTINGS}.maintenanceWindow.hour", 24, "Set it to 0 to 23"),
        (f"{_SETTINGS}.maintenanceWindow.day", 8, "Set it to 1 to 7"),
        (f"{_SETTINGS}.activationPolicy", "NEVER", "stops it, and nobody reads the data"),
        (f"{_SETTINGS}.insightsConfig", REMOVED),
        (f"{_SETTINGS}.diskAutoresize", False),
        *(
            (
                f"{_SETTINGS}.denyMaintenancePeriod",
                {"startDate": start, "endDate": end, "time": "00:00:00"},
                "keeps fixes",
            )
            for start, end in (
                ("01-01", "12-31"),
                ("12-01", "12-01"),
                ("11-01", "02-01"),
                ("2026-11-01", "2027-01-31"),
                ("2026-12-02", "2026-12-01"),
                ("2026-11-01", "12-01"),
                ("11-01", None),
                ("11-01", "soon"),
                ("02-29", "03-01"),
            )
        ),
    ),
    *_instance(
        "sql-no-way-around",
        (f"{_SETTINGS}.ipConfiguration.enablePrivatePathForGoogleCloudServices", True),
        (f"{_SETTINGS}.dataApiAccess", "ALLOW", "nobody can review who may send SQL"),
    ),
    *breaking("datastore-not-emptied", DATABASE, ("deletionPolicy", "DELETE", "deletionPolicy")),
    Broken("datastore-not-replaced-first", INSTANCE, "delete_first", True, "first delete the data"),
    *(
        Broken("datastore-not-replaced-first", INSTANCE, "ignored", [path], "ignores changes of")
        for path in ("deletionProtection", "settings", "settings.deletionProtectionEnabled", "*")
    ),
]

ACCEPTED: list[Broken] = [
    *_instance(
        "",
        (f"{_SETTINGS}.ipConfiguration.authorizedNetworks", [{"value": "10.0.0.0/8"}]),
        (f"{_SETTINGS}.ipConfiguration.authorizedNetworks", [{"value": "10.20.30.40/16"}]),
        (f"{_SETTINGS}.ipConfiguration.sslMode", "TRUSTED_CLIENT_CERTIFICATE_REQUIRED"),
        (f"{_BACKUPS}.backupRetentionSettings.retainedBackups", 7),
        (f"{_SETTINGS}.finalBackupConfig.retentionDays", 30),
        (f"{_SETTINGS}.dataApiAccess", "DISALLOW_DATA_API"),
        (f"{_SETTINGS}.dataApiAccess", "ALLOW_DATA_API"),
        (f"{_SETTINGS}.maintenanceWindow.hour", 0),
        (f"{_SETTINGS}.diskAutoresize", REMOVED),
        *(
            (f"{_SETTINGS}.denyMaintenancePeriod", {"startDate": start, "endDate": end, "time": "00:00:00"})
            for start, end in (("11-01", "01-30"), ("2026-12-01", "2027-01-10"))
        ),
        ("databaseVersion", "POSTGRES_14"),
    ),
    *_instance(
        "", *((f"{_SETTINGS}.tier", tier) for tier in ("db-custom-1-3840", "db-custom-96-638976", "db-g1-small"))
    ),
    *_instance("", (f"{_BACKUPS}.transactionLogRetentionDays", 7), ("", plus(backups=14))),
    *_instance("", ("", replica())),
    *_instance("", ("", retired())),
    Broken("", INSTANCE, "ignored", ["settings.userLabels"]),
    *breaking("", USER, ("type", "CLOUD_IAM_GROUP"), ("deletionPolicy", "ABANDON")),
    *(
        Broken("", kind, "", {"name": "orders", "type": "CLOUD_IAM_GROUP", "deletionPolicy": "ABANDON"})
        for kind in (DATABASE, USER)
    ),
]
