"""The deny policy: permissions that nobody has in the project, whatever roles are granted to them.

A deny policy beats every allow policy, so a wrong grant alone destroys nothing. Only an administrator of the
organisation changes it: Google takes grants of roles/iam.denyAdmin on an organisation only, and no account of this
design has one (https://cloud.google.com/iam/docs/deny-access). Google refuses a policy with a permission that is not on
its list (https://cloud.google.com/iam/docs/deny-permissions-support).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
import pulumi_gcp as gcp

from identity_layer.service_account import ServiceAccount

EVERYBODY = "principalSet://goog/public:all"


@dataclass(frozen=True)
class Denial:
    """One rule.

    Attributes:
        why: for readers of a refusal.
        permissions: in the form of deny policies, "<service>.googleapis.com/<resource>.<verb>".
    """

    why: str
    permissions: tuple[str, ...]


# Removing any of these loses data, or locks everybody out. Google's own agents need none of them.
DESTRUCTION = Denial(
    "Destroying data, keys, state, logs or the way in. Only break-glass may, in an agreed window of time.",
    (
        "artifactregistry.googleapis.com/repositories.delete",
        "cloudkms.googleapis.com/cryptoKeyVersions.destroy",
        "cloudresourcemanager.googleapis.com/projects.delete",
        "cloudsql.googleapis.com/backupRuns.delete",
        "cloudsql.googleapis.com/databases.delete",
        "cloudsql.googleapis.com/instances.delete",
        "cloudsql.googleapis.com/instances.restoreBackup",
        "cloudsql.googleapis.com/users.delete",
        "compute.googleapis.com/networks.delete",
        "compute.googleapis.com/subnetworks.delete",
        "container.googleapis.com/clusters.delete",
        "gkebackup.googleapis.com/backupPlans.delete",
        "gkebackup.googleapis.com/backups.delete",
        "iam.googleapis.com/workloadIdentityPoolProviders.delete",
        "iam.googleapis.com/workloadIdentityPools.delete",
        "logging.googleapis.com/buckets.delete",
        "logging.googleapis.com/sinks.delete",
        "secretmanager.googleapis.com/secrets.delete",
        "secretmanager.googleapis.com/versions.destroy",
        "serviceusage.googleapis.com/services.disable",
        "storage.googleapis.com/buckets.delete",
    ),
)
# Each ends protection, evidence or access at once and leaves the resource there, so that nobody misses it.
DISABLING = Denial(
    "Disabling or diverting keys, secrets, logs, alerts or the way in. Only administrators may, for the foundation.",
    (
        "cloudkms.googleapis.com/cryptoKeyVersions.update",
        "iam.googleapis.com/workloadIdentityPoolProviders.create",
        "iam.googleapis.com/workloadIdentityPoolProviders.update",
        "iam.googleapis.com/workloadIdentityPools.update",
        "logging.googleapis.com/buckets.update",
        "logging.googleapis.com/exclusions.create",
        "logging.googleapis.com/exclusions.update",
        "logging.googleapis.com/sinks.update",
        "monitoring.googleapis.com/alertPolicies.delete",
        "secretmanager.googleapis.com/secrets.update",
        "secretmanager.googleapis.com/versions.disable",
    ),
)
KEYS = Denial(
    "Creating a service account key. It would be a credential that nobody sees and that never ends; use federation.",
    ("iam.googleapis.com/serviceAccountKeys.create",),
)
# team-deploy sets the policies of all accounts, so it could write itself into one.
IMPERSONATION = Denial(
    "Acting as another account: identity-deploy and team-deploy grant access and must not use it.",
    tuple(
        f"iam.googleapis.com/serviceAccounts.{verb}"
        for verb in ("actAs", "getAccessToken", "getOpenIdToken", "implicitDelegation", "signBlob", "signJwt")
    ),
)


@dataclass(frozen=True)
class DenyPolicyArgs:
    """Arguments of DenyPolicy.

    Attributes:
        project: the project's ID.
        break_glass: address of the group that DESTRUCTION does not bind.
        people: addresses of the people whom it does not bind either.
        administrators: address of the group that DISABLING does not bind: it changes the foundation.
        grantors: the accounts that IMPERSONATION binds, which must exist before.
    """

    project: str
    break_glass: str
    people: Sequence[str]
    administrators: str
    grantors: Sequence[ServiceAccount]


class DenyPolicy(pulumi.ComponentResource):
    """The project's deny policy."""

    def __init__(self, name: str, args: DenyPolicyArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("prodfirst:identity:DenyPolicy", name, None, opts)
        grantors = [f"principal://iam.googleapis.com/projects/-/serviceAccounts/{one.email}" for one in args.grantors]
        gcp.iam.DenyPolicy(
            name,
            name=name,
            parent=f"cloudresourcemanager.googleapis.com%2Fprojects%2F{args.project}",
            display_name="Guard rails of the identity layer",
            rules=[
                _rule(
                    DESTRUCTION,
                    [EVERYBODY],
                    f"principalSet://goog/group/{args.break_glass}",
                    *(f"principal://goog/subject/{person}" for person in args.people),
                ),
                _rule(DISABLING, [EVERYBODY], f"principalSet://goog/group/{args.administrators}"),
                _rule(KEYS, [EVERYBODY]),
                _rule(IMPERSONATION, grantors),
            ],
            opts=pulumi.ResourceOptions(
                parent=self, depends_on=[account.account for account in args.grantors], protect=True
            ),
        )
        self.register_outputs({})


def _rule(denial: Denial, principals: list[str], *exceptions: str) -> gcp.iam.DenyPolicyRuleArgs:
    return gcp.iam.DenyPolicyRuleArgs(
        description=denial.why,
        deny_rule=gcp.iam.DenyPolicyRuleDenyRuleArgs(
            denied_principals=principals,
            exception_principals=list(exceptions),
            denied_permissions=list(denial.permissions),
        ),
    )
