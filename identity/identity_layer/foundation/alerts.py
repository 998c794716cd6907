"""Alerts on changes that a person must look at, even when they came through CI.

Each is an alert on matching log entries: one resource, at once, with the entry in the message, where a metric with a
threshold needs two and loses the entry. The first eight are the list of the CIS Google Cloud benchmark, section 2.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
import pulumi_gcp as gcp


def _methods(*names: str) -> str:
    return "protoPayload.methodName:(" + " OR ".join(f'"{name}"' for name in names) + ")"


@dataclass(frozen=True)
class Alert:
    """A change that a person is alerted to.

    Attributes:
        title: for people.
        source: the rule that requires it.
        filter: in Logging's query language.
        advice: next step for the reader of the message.
    """

    title: str
    source: str
    filter: str
    advice: str


# ":" also finds the methods that read. Changes alone are in this log, whatever data access logs are switched on.
_CHANGED = 'logName:"cloudaudit.googleapis.com%2Factivity" AND '
_POLICY_CHANGE = 'protoPayload.methodName="SetIamPolicy" AND protoPayload.serviceData.policyDelta'
_UNDECLARED = "Every grant is declared in this layer. Find the change in its history, or take the grant back."

ALERTS: dict[str, Alert] = {
    "owner": Alert(
        "A project owner was added or removed",
        "CIS 2.4",
        f'{_POLICY_CHANGE}.bindingDeltas.role="roles/owner"',
        "Owners exist during a bootstrap only. Ask who needed it, and take the role back.",
    ),
    "audit-configuration": Alert(
        "The audit configuration changed",
        "CIS 2.5",
        f"{_POLICY_CHANGE}.auditConfigDeltas:*",
        "Compare audit.py with the project; a service missing there leaves no trace of reads.",
    ),
    "custom-role": Alert(
        "A custom role changed",
        "CIS 2.6",
        'resource.type="iam_role" AND ' + _methods("CreateRole", "UpdateRole", "DeleteRole", "UndeleteRole"),
        "Roles change by an administrator's run of this layer only.",
    ),
    "firewall": Alert(
        "A firewall rule changed",
        "CIS 2.7",
        'resource.type="gce_firewall_rule" AND ' + _methods("firewalls.insert", "firewalls.patch", "firewalls.delete"),
        "GKE changes its own rules (gke-…); any other comes from the platform layer.",
    ),
    "route": Alert(
        "A route changed",
        "CIS 2.8",
        'resource.type="gce_route" AND ' + _methods("routes.insert", "routes.delete"),
        "GKE changes its own routes (gke-…); any other comes from the platform layer.",
    ),
    "network": Alert(
        "A network changed",
        "CIS 2.9",
        'resource.type="gce_network" AND '
        + _methods(
            "networks.insert", "networks.patch", "networks.delete", "networks.addPeering", "networks.removePeering"
        ),
        "Networks change by the platform layer only.",
    ),
    "bucket-access": Alert(
        "Access to a bucket changed",
        "CIS 2.10",
        'resource.type="gcs_bucket" AND protoPayload.methodName="storage.setIamPermissions"',
        _UNDECLARED,
    ),
    "database": Alert(
        "A database instance changed",
        "CIS 2.11",
        'resource.type="cloudsql_database" AND ' + _methods("instances.create", "instances.update", "instances.delete"),
        "Instances change by the storage stack or the database team.",
    ),
    "federation": Alert(
        "A workload identity provider changed",
        "this design",
        _CHANGED + 'protoPayload.serviceName="iam.googleapis.com" AND ' + _methods("WorkloadIdentityPool"),
        "The pool and its provider change by an administrator's run of this layer only.",
    ),
    "guard-rails": Alert(
        "A deny policy or an organisation policy changed",
        "this design",
        _CHANGED
        + '(protoPayload.serviceName="orgpolicy.googleapis.com" OR '
        + _methods("google.iam.v2.Policies")
        + ")",
        "Guard rails change by an administrator's run of this layer only.",
    ),
    "account-access": Alert(
        "Who may act as a service account changed",
        "this design",
        'resource.type="service_account" AND ' + _methods("SetIAMPolicy"),
        _UNDECLARED,
    ),
    "account-key": Alert(
        "A service account key was made",
        "CIS 1.4",
        _methods("CreateServiceAccountKey", "UploadServiceAccountKey"),
        "Nothing here uses a key. Delete it, and find out who made it.",
    ),
    "logs": Alert(
        "The way of the logs changed",
        "this design",
        'protoPayload.serviceName="logging.googleapis.com" AND '
        + _methods("UpdateSink", "DeleteSink", "CreateExclusion", "UpdateExclusion", "UpdateBucket", "DeleteBucket"),
        "Sinks and log buckets change by an administrator's run of this layer only; an exclusion drops entries.",
    ),
    "alerting": Alert(
        "An alert or its channel changed",
        "this design",
        _methods(
            *(f"AlertPolicyService.{verb}AlertPolicy" for verb in ("Update", "Delete")),
            *(f"NotificationChannelService.{verb}NotificationChannel" for verb in ("Update", "Delete")),
            *(f"SnoozeService.{verb}Snooze" for verb in ("Create", "Update")),
        ),
        "Alerts change by an administrator's run of this layer only. What happened since raised none: read the log.",
    ),
    "disabling": Alert(
        "A key version or a secret was disabled or changed",
        "this design",
        _methods("UpdateCryptoKeyVersion", "UpdateSecret", "DisableSecretVersion"),
        "Enable it again, unless an administrator disabled a leaked value; a secret that is to expire will be deleted.",
    ),
    "destruction": Alert(
        "A key, a secret, a bucket, a cluster or a database was destroyed",
        "this design",
        _methods(
            "DestroyCryptoKeyVersion",
            "DeleteCryptoKey",
            "DeleteKeyRing",
            "DeleteSecret",
            "DestroySecretVersion",
            "storage.buckets.delete",
            "DeleteCluster",
            "databases.delete",
        ),
        "Only break-glass can; compare with the window of time in this layer's configuration.",
    ),
}


@dataclass(frozen=True)
class AlertsArgs:
    """Arguments of Alerts.

    Attributes:
        project: the project's ID.
        email: address that the alerts go to.
        after: resources that must exist before (the API).
    """

    project: str
    email: str
    after: Sequence[pulumi.Resource]


class Alerts(pulumi.ComponentResource):
    """All of ALERTS, sent by e-mail."""

    def __init__(self, name: str, args: AlertsArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("prodfirst:identity:Alerts", name, None, opts)
        channel = gcp.monitoring.NotificationChannel(
            name,
            project=args.project,
            display_name="Security alerts",
            type="email",
            labels={"email_address": args.email},
            opts=pulumi.ResourceOptions(parent=self, depends_on=list(args.after)),
        )
        for key, alert in ALERTS.items():
            gcp.monitoring.AlertPolicy(
                f"{name}-{key}",
                project=args.project,
                display_name=alert.title,
                combiner="OR",
                severity="WARNING",
                conditions=[
                    gcp.monitoring.AlertPolicyConditionArgs(
                        display_name=alert.title,
                        condition_matched_log=gcp.monitoring.AlertPolicyConditionConditionMatchedLogArgs(
                            filter=alert.filter
                        ),
                    )
                ],
                alert_strategy=gcp.monitoring.AlertPolicyAlertStrategyArgs(
                    notification_rate_limit=gcp.monitoring.AlertPolicyAlertStrategyNotificationRateLimitArgs(
                        period="300s"
                    ),
                    auto_close="604800s",
                ),
                documentation=gcp.monitoring.AlertPolicyDocumentationArgs(
                    content=f"{alert.advice}\n\nSource: {alert.source}.", mime_type="text/markdown"
                ),
                notification_channels=[channel.name],
                opts=pulumi.ResourceOptions(parent=self),
            )
        self.register_outputs({})
