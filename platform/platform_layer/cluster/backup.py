"""Backups of everything that is in the cluster: objects, secrets and volumes, encrypted with a key of our own.

Backups lie outside the cluster and outlive it. Their retention is locked: not even an administrator can shorten it or
delete a young backup, so whoever takes over an account of this project cannot destroy the backups. Databases have
backups of their own (data/). Restoring: platform/README.md.
"""

from dataclasses import dataclass

import pulumi
import pulumi_gcp as gcp

DAILY = "30 2 * * *"
KEPT_DAYS = 35
# Google refuses to delete a younger backup, to anybody.
LOCKED_DAYS = 14


@dataclass(frozen=True)
class BackupArgs:
    """Arguments of Backup.

    Attributes:
        project: the project's ID.
        region: of the backups.
        cluster_id: of the cluster.
        key: resource name of the key that encrypts the backups.
    """

    project: str
    region: str
    cluster_id: pulumi.Input[str]
    key: str


class Backup(pulumi.ComponentResource):
    """The plan by which the cluster is backed up."""

    def __init__(self, name: str, args: BackupArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("prodfirst:platform:Backup", name, None, opts)
        gcp.gkebackup.BackupPlan(
            name,
            name=name,
            project=args.project,
            location=args.region,
            cluster=args.cluster_id,
            description="Everything in the cluster, every day",
            backup_schedule=gcp.gkebackup.BackupPlanBackupScheduleArgs(cron_schedule=DAILY, paused=False),
            backup_config=gcp.gkebackup.BackupPlanBackupConfigArgs(
                all_namespaces=True,
                include_secrets=True,
                include_volume_data=True,
                encryption_key=gcp.gkebackup.BackupPlanBackupConfigEncryptionKeyArgs(gcp_kms_encryption_key=args.key),
            ),
            retention_policy=gcp.gkebackup.BackupPlanRetentionPolicyArgs(
                backup_retain_days=KEPT_DAYS, backup_delete_lock_days=LOCKED_DAYS, locked=True
            ),
            labels={"layer": "platform"},
            opts=pulumi.ResourceOptions(parent=self, protect=True),
        )
        self.register_outputs({})
