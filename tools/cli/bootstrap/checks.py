"""Checks before the first change: the project, its billing, and the permissions of the caller."""

from dataclasses import dataclass

from cli.bootstrap.google import Google, Project
from cli.bootstrap.stack_file import Claims
from cli.google.errors import GoogleError
from toolchain.errors import ToolError

# APIs that are called before the foundation enables the others, and why; see its apis.py.
FIRST_APIS: dict[str, str] = {
    "cloudbilling.googleapis.com": "whether the project has a billing account",
    "cloudidentity.googleapis.com": "whether the groups exist",
    "cloudkms.googleapis.com": "the key of the state",
    "cloudresourcemanager.googleapis.com": "the project, and what you may do in it",
    "iam.googleapis.com": "accounts and roles",
    "serviceusage.googleapis.com": "enabling APIs",
    "storage.googleapis.com": "the bucket of the state",
}

# One permission for each kind of resource that the foundation makes: roles/owner has all of them.
_NEEDED = (
    "cloudkms.cryptoKeys.create",
    "cloudkms.keyRings.create",
    "iam.roles.create",
    "iam.serviceAccounts.create",
    "iam.serviceAccounts.setIamPolicy",
    "logging.sinks.create",
    "monitoring.alertPolicies.create",
    "resourcemanager.projects.setIamPolicy",
    "secretmanager.secrets.create",
    "serviceusage.services.enable",
    "storage.buckets.create",
)
# Permissions that an owner lacks: the organisation grants the right to restrict everybody in a project.
_NEEDED_ON_ORGANIZATION = {
    "iam.denypolicies.create": "roles/iam.denyAdmin",
    "iam.roles.create": "roles/iam.organizationRoleAdmin",
    "orgpolicy.policies.create": "roles/orgpolicy.policyAdmin",
    "resourcemanager.organizations.setIamPolicy": "roles/resourcemanager.organizationAdmin",
}


def missing_apis(google: Google) -> list[str]:
    """APIs of `FIRST_APIS` that are not enabled.

    Raises `ToolError` when the project cannot be reached.
    """
    try:
        return sorted(set(FIRST_APIS) - google.enabled())
    except GoogleError as error:
        if error.is_disabled_api:
            raise ToolError(
                f"the Service Usage API is off in {google.project}, as in every project that an API made, and your "
                "login cannot enable it, so nothing was started. Enable it: `gcloud services enable "
                f"serviceusage.googleapis.com --project={google.project}`; then run this again after a minute.\n"
                f"  {error}"
            ) from error
        if error.code not in (403, 404):
            raise
        raise ToolError(
            f"the project {google.project} does not exist, or {google.who()} has no access to it, so nothing was "
            f"started. Correct gcp:project in the stack file, or log in as somebody who owns that project.\n  {error}"
        ) from error


def project(google: Google, claims: Claims) -> Project:
    """The project, whose number must be the number in the stack file.

    Raises `ToolError` when the numbers differ.
    """
    described = google.describe()
    if described.number != claims.number:
        raise ToolError(
            f"the project {google.project} has the number {described.number}, and identity:projectNumber says "
            f"{claims.number}, so grants would go to another project's accounts. Nothing was started. Correct the one "
            "that is wrong."
        )
    return described


def billing(google: Google) -> None:
    """Check that the project has an open billing account.

    Raises `ToolError` when it has none.
    """
    if not google.has_billing():
        raise ToolError(
            f"the project {google.project} has no open billing account, and Google makes no bucket and no key without "
            f"one. Nothing was made. Link one: `gcloud billing projects link {google.project} --billing-account=…`."
        )


@dataclass(frozen=True)
class Right:
    """A permission that the first run requires, a role that has it, and the organisation; empty for the project."""

    permission: str
    role: str
    organization: str = ""


def missing_rights(google: Google, claims: Claims) -> list[Right]:
    """Permissions that the foundation's first run requires, and the caller lacks."""
    granted = google.granted(_NEEDED)
    missing = [Right(permission, "roles/owner") for permission in _NEEDED if permission not in granted]
    if claims.organization:
        granted = google.granted_on_organization(claims.organization, _NEEDED_ON_ORGANIZATION)
        missing += [
            Right(permission, role, claims.organization)
            for permission, role in _NEEDED_ON_ORGANIZATION.items()
            if permission not in granted
        ]
    return missing


def default_network(google: Google) -> str:
    """Remedy for the network `default`, whose rules admit the whole internet to SSH and RDP; empty without one.

    No policy takes it back, the foundation does not know it, and its deny policy keeps everybody from deleting it.
    """
    if not google.has_default_network():
        return ""
    rules = " ".join(f"default-allow-{kind}" for kind in ("icmp", "internal", "rdp", "ssh"))
    return (
        f"the project {google.project} has the network `default`, which lets SSH and RDP in from the whole internet. "
        "Delete it, unless something runs in it; once the foundation's deny policy is there, only break-glass can:\n"
        f"  gcloud compute firewall-rules delete {rules} --project={google.project}\n"
        f"  gcloud compute networks delete default --project={google.project}"
    )


def bucket(google: Google, name: str, claims: Claims) -> bool:
    """Return whether the bucket of the state exists.

    Raises `ToolError` when it belongs to another project: names of buckets are unique in the world.
    """
    try:
        owner = google.bucket_owner(name)
    except GoogleError as error:
        if error.code != 403 or error.is_disabled_api:
            raise
        owner = f"of another project, or one that {google.who()} may not see"
    if owner in (None, claims.number):
        return owner is not None
    raise ToolError(
        f"the bucket {name}, which is to hold the state, is there already and is not this project's ({owner}). Nothing "
        "was made. Names of buckets are unique in the world, and this one follows from the project's ID: if the bucket "
        "is yours, empty and remove it there; else take a project with another ID."
    )
