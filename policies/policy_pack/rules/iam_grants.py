"""Rules on grants: roles and members that are refused on every resource.

One rule refuses a grant that is not readable in full, so the others evaluate readable grants only. Rules on conditions,
and on the permitted grants of each identity, are in iam_conditions.py.
"""

import re
from collections.abc import Iterator

from engine.inputs import UNKNOWN, named
from iam.conditions import window
from iam.grants import Grant, grants, own_project, readable, short_role, target_words
from iam.kinds import is_grant
from iam.permitted import ACCESS
from policy_pack.rule import Resource, Severity, like, rule

# The last three are Google's successors of the first three.
BASIC_ROLES = frozenset({"roles/owner", "roles/editor", "roles/viewer", "roles/admin", "roles/writer", "roles/reader"})
PUBLIC = frozenset({"allUsers", "allAuthenticatedUsers"})
CONSUMER_DOMAINS = frozenset(
    {
        "aol.com",
        "fastmail.com",
        "gmail.com",
        "gmx.com",
        "gmx.de",
        "googlegroups.com",
        "googlemail.com",
        "hotmail.com",
        "icloud.com",
        "live.com",
        "mail.ru",
        "me.com",
        "msn.com",
        "outlook.com",
        "proton.me",
        "protonmail.com",
        "qq.com",
        "web.de",
        "yahoo.com",
        "yandex.com",
        "yandex.ru",
    }
)
# On a project, each of these roles permits to act as any service account in it.
IMPERSONATION = frozenset(
    {
        "roles/iam.serviceAccountUser",
        "roles/iam.serviceAccountTokenCreator",
        "roles/iam.serviceAccountOpenIdTokenCreator",
        "roles/iam.serviceAccountKeyAdmin",
        "roles/iam.serviceAccountAdmin",
        "roles/iam.workloadIdentityUser",
        "roles/iam.workloadIdentityPoolAdmin",
        "roles/dataflow.admin",
        "roles/dataproc.editor",
        "roles/dataproc.admin",
        "roles/dataproc.serviceAgent",
        "roles/composer.admin",
        "roles/cloudfunctions.admin",
        "roles/cloudfunctions.developer",
        "roles/compute.admin",
        "roles/compute.instanceAdmin",
        "roles/compute.instanceAdmin.v1",
        "roles/compute.serviceAgent",
        "roles/deploymentmanager.editor",
        "roles/run.admin",
    }
)
# On GKE a permission in IAM or in RBAC is enough, so these roles bypass every Role of a namespace.
CLUSTER_ROLES = frozenset(
    {"roles/container.admin", "roles/container.developer", "roles/container.viewer", "roles/container.clusterAdmin"}
)
WIDE = like(r"gcp:(projects|folder|organizations)/iam(member|binding|policy):.*")
_ADMIN = re.compile(r"roles/.*([Aa]dmin|Editor|Owner)(\.v1)?")
_DEFAULT_ACCOUNT = re.compile(
    r"serviceAccount:([0-9]+-compute@developer|[0-9]+@cloudbuild|[^@]+@appspot)\.gserviceaccount\.com"
)
_NARROW_MEMBER = re.compile(r"/attribute\.(job/[^/*]+\.yml:[^*]+|build/[0-9]+:refs/heads/[^*]+)$")
_NARROW = "Grant a predefined or custom role with the permissions that are needed."
_CONCEPTS = "https://cloud.google.com/iam/docs/overview"
_ROLES = "https://cloud.google.com/iam/docs/roles-overview"
_BEST = "https://cloud.google.com/iam/docs/best-practices-service-accounts"


@rule(
    "iam-grant-readable",
    is_grant,
    Severity.HIGH,
    remediation="Compute roles, members and conditions from names in the configuration, not from outputs of resources.",
    url="https://www.pulumi.com/docs/iac/concepts/inputs-outputs/",
)
def readable_grant(resource: Resource) -> Iterator[str]:
    """Role, member and condition of every grant are known in a preview: nobody can review an unknown value."""
    for grant in grants(resource.inputs):
        if grant.member is UNKNOWN and _is_known_in_update(resource, grant):
            continue
        for what, value in (("role", grant.role), ("member", grant.member), ("condition", grant.condition)):
            if value is not None and not isinstance(value, str):
                yield f"its {what} is {named(value)}, so nobody can review the grant. Write its name out."


def _is_known_in_update(resource: Resource, grant: Grant) -> bool:
    """Return whether a check of the member in the update is enough (access.yaml: known_in_update)."""
    if not isinstance(grant.role, str):
        return False
    project = own_project(resource)
    return ACCESS.is_known_in_update(target_words(resource, project), short_role(grant.role, project))


@rule(
    "iam-no-basic-roles",
    is_grant,
    Severity.CRITICAL,
    references=["CKV_GCP_115", "CKV_GCP_116", "CKV_GCP_117", "CIS GCP 1.5"],
    remediation=_NARROW,
    url="https://cloud.google.com/iam/docs/roles-overview#basic",
)
def no_basic_roles(resource: Resource) -> Iterator[str]:
    """No grant has a basic role (owner, editor, viewer): each covers nearly every service."""
    for grant in readable(resource):
        if grant.role in BASIC_ROLES:
            yield (
                f"grants the basic role {grant.role}, thousands of permissions over every service of the resource. "
                f"{_NARROW}"
            )


@rule(
    "iam-no-public-members",
    is_grant,
    Severity.CRITICAL,
    references=["CIS GCP 1.9", "CIS GCP 5.1", "CIS GCP 7.1", "CKV_GCP_28", "CKV_GCP_34", "CKV_GCP_100", "CKV_GCP_112"],
    remediation="Grant it to a group of the own domain, or to a service account.",
    url="https://cloud.google.com/iam/docs/principals-overview",
)
def no_public_members(resource: Resource) -> Iterator[str]:
    """No grant is public: allAuthenticatedUsers is everybody with a Google account."""
    for grant in readable(resource):
        if grant.member in PUBLIC:
            yield f"grants {named(grant.role)} to {grant.member}, the whole internet. Name a group or an account."


@rule(
    "iam-no-consumer-accounts",
    is_grant,
    Severity.HIGH,
    references=["CIS GCP 1.1"],
    remediation="Use a group of your own domain.",
    url="https://cloud.google.com/architecture/identity/best-practices-for-planning",
)
def no_consumer_accounts(resource: Resource) -> Iterator[str]:
    """No grant is to an address in a consumer mail domain, whose accounts nobody here can revoke."""
    for grant in readable(resource):
        if str(grant.member).rpartition("@")[2].lower() in CONSUMER_DOMAINS:
            yield (
                f"grants {named(grant.role)} to {named(grant.member)}: nobody here can revoke or inspect that "
                "account. Use a group of your own domain."
            )


def _misspelt(member: str) -> str:
    address = member.partition(":")[2]
    if address != address.lower():
        return "in capitals"
    return "with a blank" if any(sign.isspace() for sign in address) else ""


@rule(
    "iam-groups-only",
    is_grant,
    Severity.MEDIUM,
    references=["CKV_GCP_49"],
    remediation="Put the person into a group of the team, and grant the role to the group.",
    url="https://cloud.google.com/iam/docs/groups-best-practices",
)
def groups_only(resource: Resource) -> Iterator[str]:
    """People get roles through groups, but for a window of time: a personal grant outlives the person's job."""
    for grant in readable(resource):
        kind = str(grant.member).partition(":")[0]
        if kind == "user" and window(str(grant.condition or "")):
            continue
        if kind in ("user", "domain", "projectOwner", "projectEditor", "projectViewer"):
            yield f"grants {named(grant.role)} to {named(grant.member)}: grant it to a group of the team instead."
        elif str(grant.member).startswith("deleted:"):
            yield f"grants {named(grant.role)} to {named(grant.member)}, which no longer exists. Remove the grant."
        elif kind in ("group", "serviceAccount") and (problem := _misspelt(str(grant.member))):
            yield (
                f"grants {named(grant.role)} to an address {problem}: Google stores it otherwise, so every plan "
                "differs. Write it in lower case, without blanks."
            )


@rule(
    "iam-no-default-accounts",
    is_grant,
    Severity.HIGH,
    references=["CKV_GCP_46", "CKV_GCP_47", "CKV_GCP_48", "CIS GCP 4.1"],
    remediation="Make a service account for the one purpose, and grant it what that purpose needs.",
    url=f"{_BEST}#default-service-accounts",
)
def no_default_accounts(resource: Resource) -> Iterator[str]:
    """Google's default service accounts get no role: programs without an account of their own run as them."""
    for grant in readable(resource):
        if _DEFAULT_ACCOUNT.fullmatch(str(grant.member)):
            yield (
                f"grants {named(grant.role)} to the default account {named(grant.member)}: everything that has no "
                "account of its own would hold it. Make an account for the purpose."
            )


@rule(
    "iam-no-project-wide-impersonation",
    WIDE,
    Severity.CRITICAL,
    references=["CIS GCP 1.6", "CKV_GCP_41", "CKV_GCP_44", "CKV_GCP_45", "CKV_GCP_49"],
    remediation="Grant the role on the one service account that is to be used.",
    url="https://cloud.google.com/iam/docs/service-account-permissions",
)
def no_project_wide_impersonation(resource: Resource) -> Iterator[str]:
    """No role on a project, folder or organisation permits to act as every service account in it."""
    for grant in readable(resource):
        if grant.role in IMPERSONATION:
            yield (
                f"grants {grant.role} above a single account: its holder can act as any service account there, "
                "with all of their roles. Grant it on the one account that is to be used."
            )


@rule(
    "iam-no-admin-service-accounts",
    WIDE,
    Severity.HIGH,
    references=["CIS GCP 1.5", "CKV_GCP_42"],
    remediation="Make a custom role without what the account does not need, above all without delete and setIamPolicy.",
    url=_ROLES,
)
def no_admin_service_accounts(resource: Resource) -> Iterator[str]:
    """No service account has an administrator's role on a project: such a role deletes and grants."""
    for grant in readable(resource):
        if str(grant.member).startswith("serviceAccount:") and _ADMIN.fullmatch(str(grant.role)):
            yield (
                f"grants {named(grant.role)} to {named(grant.member)}: an account that a program uses could delete or "
                "give away what it administers. Give it a custom role with what it needs."
            )


@rule(
    "iam-no-project-wide-cluster-access",
    WIDE,
    Severity.HIGH,
    references=["CIS K8s 5.1.1"],
    remediation="Grant roles/container.clusterViewer, and RBAC in the namespaces of the team.",
    url="https://cloud.google.com/kubernetes-engine/docs/how-to/iam",
)
def no_project_wide_cluster_access(resource: Resource) -> Iterator[str]:
    """No IAM role gives access to all namespaces of all clusters: on GKE it adds to the Roles of each namespace."""
    for grant in readable(resource):
        if grant.role in CLUSTER_ROLES:
            yield (
                f"grants {grant.role}, which holds in every namespace of every cluster, whatever RBAC says. Grant "
                "roles/container.clusterViewer, and RBAC in the team's own namespaces."
            )


@rule(
    "iam-additive-only",
    is_grant,
    Severity.HIGH,
    remediation="Use the resource's IAMMember, one per role and member.",
    url="https://www.pulumi.com/registry/packages/gcp/api-docs/projects/iammember/",
)
def additive_only(resource: Resource) -> Iterator[str]:
    """Grants are additive: an authoritative binding or policy removes grants of Google's own agents and others."""
    if not resource.type.lower().endswith("member"):
        yield (
            "replaces a whole binding or policy: grants that others made, Google's own agents among them, end with "
            "the update. Use an IAMMember per member."
        )


@rule(
    "iam-federation-narrow",
    is_grant,
    Severity.CRITICAL,
    references=["CKV_GCP_125"],
    remediation="Bind the account to one value of attribute.job: workflow, environment and ref together; one that only "
    "pushes images, to one of attribute.build: repository and ref.",
    url="https://cloud.google.com/iam/docs/workload-identity-federation-with-deployment-pipelines",
)
def federation_narrow(resource: Resource) -> Iterator[str]:
    """A federated principal is one job of one workflow, or the builds of one branch; never a whole repository."""
    for grant in readable(resource):
        member = str(grant.member)
        if "/workloadIdentityPools/" in member and not _NARROW_MEMBER.search(member):
            yield (
                f"grants {named(grant.role)} to {named(grant.member)}: any workflow run that matches it gets in, "
                "those of branches and pull requests among them. Bind it to one value of attribute.job, or of "
                "attribute.build."
            )
