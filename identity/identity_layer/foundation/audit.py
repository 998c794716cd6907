"""Audit logs: the accesses that are logged, and a log bucket that nobody can shorten.

Google always logs changes; it logs reads of data only where that is configured. Both are routed into a log bucket that
keeps them for more than a year: "who did it" has an answer. Where the environment says so, its retention is locked, for
good. A log bucket rather than a storage bucket: it can be queried, needs no grant for its writer, and has no objects
that a role on storage could touch.
"""

from dataclasses import dataclass

import pulumi
import pulumi_gcp as gcp

from identity_layer.foundation.foundation_settings import AuditLog

BUCKET = "audit"

# Service, by its name in audit logs, to the reason why its reads are of interest.
SERVICES: dict[str, str] = {
    "cloudkms.googleapis.com": "every decryption of a layer's state and of data",
    "cloudresourcemanager.googleapis.com": "who looked at the project's policy",
    "cloudsql.googleapis.com": "logins to databases, exports",
    # Also the tokens of iamcredentials.googleapis.com: Google refuses a configuration of that service's own
    # (https://cloud.google.com/iam/docs/audit-logging/audit-logging-iamcreds).
    "iam.googleapis.com": "every token for an account, hence every use of a CI account",
    "secretmanager.googleapis.com": "every read of a secret",
    "storage.googleapis.com": "every read and write of a state; stands in for access logs of the buckets",
    "sts.googleapis.com": "every workflow that came in",
}


@dataclass(frozen=True)
class AuditArgs:
    """Arguments of Audit.

    Attributes:
        project: the project's ID.
        location: a region.
        log: for how long the bucket keeps its entries, and whether that is locked.
    """

    project: str
    location: str
    log: AuditLog


class Audit(pulumi.ComponentResource):
    """Audit configuration, log bucket and sink."""

    def __init__(self, name: str, args: AuditArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("prodfirst:identity:Audit", name, None, opts)
        for service in SERVICES:
            gcp.projects.IAMAuditConfig(
                f"{name}-{service.partition('.')[0]}",
                project=args.project,
                service=service,
                audit_log_configs=[
                    gcp.projects.IAMAuditConfigAuditLogConfigArgs(log_type=kind)
                    for kind in ("ADMIN_READ", "DATA_READ", "DATA_WRITE")
                ],
                opts=pulumi.ResourceOptions(parent=self),
            )
        bucket = gcp.logging.ProjectBucketConfig(
            name,
            project=args.project,
            location=args.location,
            bucket_id=BUCKET,
            description="Audit logs.",
            retention_days=args.log.retention_days,
            locked=args.log.locked,
            enable_analytics=True,
            opts=pulumi.ResourceOptions(parent=self, protect=True),
        )
        gcp.logging.ProjectSink(
            name,
            project=args.project,
            name=BUCKET,
            description="All audit logs of the project, into a bucket of their own.",
            destination=f"logging.googleapis.com/projects/{args.project}/locations/{args.location}/buckets/{BUCKET}",
            filter=f'logName:"projects/{args.project}/logs/cloudaudit.googleapis.com"',
            unique_writer_identity=True,
            opts=pulumi.ResourceOptions(parent=self, depends_on=[bucket], protect=True),
        )
        self.register_outputs({})
