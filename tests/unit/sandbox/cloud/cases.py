"""Helpers of the tests of IAM: callers, and the few calls that set a case up."""

import example_tenant as example
from sandbox.cloud import names, seed
from sandbox.cloud.api import Cloud
from sandbox.cloud.iam import Caller
from sandbox.cloud.store import Json

PROJECT = f"projects/{example.PROJECT}"
NUMBERED = f"projects/{example.PROJECT_NUMBER}"
ORGANIZATION = f"organizations/{example.ORGANIZATION}"
FOLDER = f"folders/{seed.FOLDER}"
ADMIN = Caller(seed.ADMIN)
OPERATOR = Caller(example.OPERATOR)
DEVELOPER = Caller("user:shop-developer@example.com")
REVIEWER = Caller("user:security-reviewer@example.com")

_KINDS = {
    "organizations": "cloudresourcemanager.organizations",
    "folders": "cloudresourcemanager.folders",
    "projects": "cloudresourcemanager.projects",
    "secrets": "secretmanager.projects.secrets",
    "serviceAccounts": "iam.projects.serviceAccounts",
}


def policy(cloud: Cloud, on: str) -> Json:
    """The allow policy on an organisation, a folder, a project, a secret or an account (a relative name)."""
    return cloud.call(f"{_KINDS[on.split('/')[-2]]}.getIamPolicy", on, ADMIN)


def bind(cloud: Cloud, role: str, member: str, on: str = PROJECT, *, condition: str = "", by: Caller = ADMIN) -> None:
    """Adds one member to a role; folders' policies are the organisation's administrator's to set."""
    current = policy(cloud, on)
    binding: Json = {"role": role, "members": [member]}
    if condition:
        binding["condition"] = {"title": "only some", "expression": condition}
    body = {"policy": {**current, "version": 3, "bindings": [*current["bindings"], binding]}}
    cloud.call(f"{_KINDS[on.split('/')[-2]]}.setIamPolicy", on, by, body)


def account(cloud: Cloud, account_id: str) -> Caller:
    """A new service account."""
    email = f"{account_id}@{example.PROJECT}.iam.gserviceaccount.com"
    cloud.call("iam.projects.serviceAccounts.create", account_name(email), ADMIN, {})
    return Caller(f"serviceAccount:{email}")


def account_name(email: str) -> str:
    """The relative name of an account."""
    return names.split(names.service_account(email))[1]


def secret(cloud: Cloud, secret_id: str) -> str:
    """A new secret; its relative name."""
    name = f"{PROJECT}/secrets/{secret_id}"
    cloud.call("secretmanager.projects.secrets.create", name, ADMIN, {"replication": {"automatic": {}}})
    return name


def allows(cloud: Cloud, caller: Caller, permission: str, resource: str) -> bool:
    """Return whether IAM allows a caller something on a resource (a full name)."""
    with cloud.iam.recording(caller, resource):
        return cloud.iam.decide(caller.member, permission, resource).allowed
