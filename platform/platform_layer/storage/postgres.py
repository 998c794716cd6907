"""Settings that every PostgreSQL instance has, whatever its team wants: private, encrypted, logged, recoverable.

Sources: CIS Google Cloud Platform Foundation Benchmark 3.0, section 6.2 (numbers below), and
https://cloud.google.com/sql/docs/postgres/flags.
"""

import pulumi_gcp as gcp

from platform_layer.storage.datastore_settings import Datastore
from platform_layer.storage.upstream import NetworkContract

FLAGS = {
    "cloudsql.iam_authentication": "on",
    "cloudsql.enable_pgaudit": "on",  # 6.2.8
    "log_checkpoints": "on",
    "log_connections": "on",  # 6.2.2
    "log_disconnections": "on",  # 6.2.3
    "log_error_verbosity": "default",  # 6.2.1
    "log_lock_waits": "on",
    "log_min_duration_statement": "-1",  # 6.2.7: statements hold data, which logs must not
    "log_min_error_statement": "error",  # 6.2.6
    "log_min_messages": "warning",  # 6.2.5
    "log_statement": "ddl",  # 6.2.4: who changed the structure, without the data of every statement
    "log_temp_files": "0",
    # DDL and changes of roles, also where SQL hides them in functions; takes effect with CREATE EXTENSION pgaudit.
    "pgaudit.log": "ddl,role",
}
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
# Nobody logs in by password. Where an administrator creates such a user out of band, its password is at least not weak.
LEAST_PASSWORD_LENGTH = 16


def instance_settings(
    settings: Datastore, region: str, network: NetworkContract, *, deletable: bool
) -> gcp.sql.DatabaseInstanceSettingsArgs:
    """The settings of a datastore's instance.

    Args:
        settings: its configuration.
        region: of the instance and its backups.
        network: of its private address.
        deletable: whether the API's deletion protection is off, as in a retirement.
    """
    return gcp.sql.DatabaseInstanceSettingsArgs(
        tier=settings.tier,
        edition=settings.edition,
        availability_type="REGIONAL" if settings.highly_available else "ZONAL",
        disk_type="PD_SSD",
        disk_autoresize=True,
        deletion_protection_enabled=not deletable,
        retain_backups_on_delete=True,
        final_backup_config=gcp.sql.DatabaseInstanceSettingsFinalBackupConfigArgs(
            enabled=True, retention_days=settings.backups.final_days
        ),
        backup_configuration=_backups(settings, region),
        # A client needs cloudsql.instances.connect besides a network path; ENCRYPTED_ONLY is for what comes before it.
        connector_enforcement="REQUIRED",
        ip_configuration=gcp.sql.DatabaseInstanceSettingsIpConfigurationArgs(
            ipv4_enabled=False,
            private_network=network.network,
            allocated_ip_range=network.database_range,
            enable_private_path_for_google_cloud_services=False,
            ssl_mode="ENCRYPTED_ONLY",
        ),
        # For the rights inside of the databases (DATASTORES.md): no network leads a person to the private address. It
        # takes cloudsql.instances.executeSql, which no app and no account of CI holds; the policies check both.
        data_api_access="ALLOW_DATA_API",
        database_flags=[
            gcp.sql.DatabaseInstanceSettingsDatabaseFlagArgs(name=flag, value=value) for flag, value in FLAGS.items()
        ],
        insights_config=gcp.sql.DatabaseInstanceSettingsInsightsConfigArgs(
            query_insights_enabled=True, record_application_tags=True, record_client_address=True
        ),
        password_validation_policy=gcp.sql.DatabaseInstanceSettingsPasswordValidationPolicyArgs(
            enable_password_policy=True,
            min_length=LEAST_PASSWORD_LENGTH,
            complexity="COMPLEXITY_DEFAULT",
            disallow_username_substring=True,
            reuse_interval=5,
        ),
        maintenance_window=gcp.sql.DatabaseInstanceSettingsMaintenanceWindowArgs(
            day=WEEKDAYS.index(settings.maintenance.day) + 1, hour=settings.maintenance.hour, update_track="stable"
        ),
        deny_maintenance_period=_freeze(settings),
        user_labels=_labels(settings),
    )


def _backups(settings: Datastore, region: str) -> gcp.sql.DatabaseInstanceSettingsBackupConfigurationArgs:
    return gcp.sql.DatabaseInstanceSettingsBackupConfigurationArgs(
        enabled=True,
        point_in_time_recovery_enabled=True,
        start_time="01:00",
        location=region,  # the data stay where they were promised to be
        transaction_log_retention_days=settings.backups.point_in_time_days,
        backup_retention_settings=gcp.sql.DatabaseInstanceSettingsBackupConfigurationBackupRetentionSettingsArgs(
            retained_backups=settings.backups.kept, retention_unit="COUNT"
        ),
    )


def _freeze(settings: Datastore) -> gcp.sql.DatabaseInstanceSettingsDenyMaintenancePeriodArgs | None:
    if settings.freeze is None:
        return None
    return gcp.sql.DatabaseInstanceSettingsDenyMaintenancePeriodArgs(
        start_date=settings.freeze.start, end_date=settings.freeze.end, time="00:00:00"
    )


def _labels(settings: Datastore) -> dict[str, str]:
    """Labels for people and reports; lower case letters, digits, hyphens and underscores are allowed."""
    labels = {
        "layer": "platform",
        "owner": settings.owner,
        "objective-data-loss-minutes": str(settings.objectives.data_loss_minutes),
        "objective-downtime-minutes": str(settings.objectives.downtime_minutes),
    }
    if settings.structure:
        labels["structure-of"] = f"{settings.structure.project}_{settings.structure.datastore}"
        labels["structure-as-of"] = _label(settings.structure.point_in_time)
    if settings.retire and settings.retire.only is None:
        labels["retire-after"] = settings.retire.after.isoformat()
    return labels


def _label(moment: str) -> str:
    return moment.lower().replace(":", "-").replace(".", "_")
