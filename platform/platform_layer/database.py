"""A Cloud SQL for PostgreSQL instance with its databases and one IAM user per app that asked for one of them.

There is no password anywhere: apps log in by IAM, over a private address, encrypted. Nothing here can be deleted by
mistake: Pulumi protects instance, databases and users; the API has two protections of its own; and no identity of
this layer holds a delete permission. What a user may do inside a database is GRANTed in that database by the database
team.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import pulumi
import pulumi_gcp as gcp

from platform_layer.datastore_settings import DatabaseInstance
from platform_layer.network import Network

FLAGS = {
    "cloudsql.iam_authentication": "on",
    # CIS Google Cloud benchmark 6.2: what an investigation needs afterwards.
    "log_connections": "on",
    "log_disconnections": "on",
    "log_checkpoints": "on",
    "log_lock_waits": "on",
    "log_temp_files": "0",
    "log_min_duration_statement": "-1",
}
BACKUPS_KEPT = 30
LOG_DAYS_KEPT = 7
FINAL_BACKUP_DAYS = 90


def iam_user(service_account: str) -> str:
    """The PostgreSQL name of a service account, which leaves out the last part of its address."""
    return service_account.removesuffix(".gserviceaccount.com")


@dataclass(frozen=True)
class DatabaseArgs:
    """Arguments of Database.

    Attributes:
        project: the project's ID.
        region: where the instance runs.
        instance: its configuration.
        users: app to the address of its service account, for every app that uses a database of this instance.
        network: where its private address is.
    """

    project: str
    region: str
    instance: DatabaseInstance
    users: Mapping[str, str]
    network: Network


class Database(pulumi.ComponentResource):
    """The instance `name`. `connection_name` and `private_ip` are what a client needs besides its user."""

    def __init__(self, name: str, args: DatabaseArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("prodfirst:platform:Database", name, None, opts)
        protected = pulumi.ResourceOptions(parent=self, protect=True)
        instance = gcp.sql.DatabaseInstance(
            name,
            name=name,
            project=args.project,
            region=args.region,
            database_version=args.instance.version,
            settings=_instance_settings(args),
            deletion_protection=True,
            opts=pulumi.ResourceOptions(parent=self, protect=True, depends_on=[args.network.private_services]),
        )
        for database in sorted(args.instance.databases):
            gcp.sql.Database(
                f"{name}-{database}", name=database, project=args.project, instance=instance.name, opts=protected
            )
        for app, service_account in sorted(args.users.items()):
            gcp.sql.User(
                f"{name}-user-{app}",
                name=iam_user(service_account),
                project=args.project,
                instance=instance.name,
                type="CLOUD_IAM_SERVICE_ACCOUNT",
                opts=protected,
            )
        self.connection_name = instance.connection_name
        self.private_ip = instance.private_ip_address
        self.register_outputs({"connectionName": self.connection_name})


def _instance_settings(args: DatabaseArgs) -> gcp.sql.DatabaseInstanceSettingsArgs:
    return gcp.sql.DatabaseInstanceSettingsArgs(
        tier=args.instance.tier,
        edition="ENTERPRISE",
        availability_type="REGIONAL" if args.instance.highly_available else "ZONAL",
        disk_type="PD_SSD",
        disk_autoresize=True,
        deletion_protection_enabled=True,
        retain_backups_on_delete=True,
        final_backup_config=gcp.sql.DatabaseInstanceSettingsFinalBackupConfigArgs(
            enabled=True, retention_days=FINAL_BACKUP_DAYS
        ),
        backup_configuration=_backups(),
        ip_configuration=gcp.sql.DatabaseInstanceSettingsIpConfigurationArgs(
            ipv4_enabled=False,
            private_network=args.network.network_id,
            allocated_ip_range=args.network.database_range,
            ssl_mode="ENCRYPTED_ONLY",
        ),
        database_flags=[
            gcp.sql.DatabaseInstanceSettingsDatabaseFlagArgs(name=flag, value=value) for flag, value in FLAGS.items()
        ],
        insights_config=gcp.sql.DatabaseInstanceSettingsInsightsConfigArgs(query_insights_enabled=True),
        maintenance_window=gcp.sql.DatabaseInstanceSettingsMaintenanceWindowArgs(day=7, hour=2, update_track="stable"),
        user_labels={"layer": "platform"},
    )


def _backups() -> gcp.sql.DatabaseInstanceSettingsBackupConfigurationArgs:
    return gcp.sql.DatabaseInstanceSettingsBackupConfigurationArgs(
        enabled=True,
        point_in_time_recovery_enabled=True,
        start_time="01:00",
        transaction_log_retention_days=LOG_DAYS_KEPT,
        backup_retention_settings=gcp.sql.DatabaseInstanceSettingsBackupConfigurationBackupRetentionSettingsArgs(
            retained_backups=BACKUPS_KEPT, retention_unit="COUNT"
        ),
    )
