"""The simulated IAM decides as Google documents it."""

from pathlib import Path

import pytest

import example_tenant as example
from sandbox.cloud import names, seed
from sandbox.cloud.api import Cloud
from sandbox.cloud.errors import ApiError
from sandbox.cloud.iam import Caller
from sandbox.cloud.store import Json

PROJECT = f"projects/{example.PROJECT}"
NUMBERED = f"projects/{example.PROJECT_NUMBER}"  # how Secret Manager names the project towards conditions
ADMIN = Caller(seed.ADMIN)
DATABASE_ADMINISTRATOR = Caller("user:database-administrator@example.com")


def grant(cloud: Cloud, role: str, member: str, condition: Json | None = None, on: str = PROJECT) -> None:
    """Adds a member to a role in the policy of a project, a secret or an account."""
    kinds = {"secrets": "secretmanager.projects.secrets", "serviceAccounts": "iam.projects.serviceAccounts"}
    parts = on.split("/")
    kind = kinds[parts[2]] if len(parts) > 2 else "cloudresourcemanager.projects"
    policy = cloud.call(f"{kind}.getIamPolicy", on, ADMIN)
    binding: Json = {"role": role, "members": [member]}
    if condition:
        binding["condition"] = condition
    changed = {**policy, "version": 3, "bindings": [*policy["bindings"], binding]}
    cloud.call(f"{kind}.setIamPolicy", on, ADMIN, {"policy": changed})


def create_account(cloud: Cloud, account_id: str) -> Caller:
    email = f"{account_id}@{example.PROJECT}.iam.gserviceaccount.com"
    cloud.call("iam.projects.serviceAccounts.create", f"{PROJECT}/serviceAccounts/{email}", ADMIN, {})
    return Caller(f"serviceAccount:{email}")


def create_secret(cloud: Cloud, secret_id: str) -> str:
    name = f"{PROJECT}/secrets/{secret_id}"
    cloud.call("secretmanager.projects.secrets.create", name, ADMIN, {"replication": {"automatic": {}}})
    return name


def test_what_nobody_was_granted_is_denied_with_permission_and_principal(cloud: Cloud) -> None:
    with pytest.raises(ApiError) as denied:
        cloud.call("compute.networks.insert", f"{PROJECT}/global/networks/n", DATABASE_ADMINISTRATOR, {})
    assert denied.value.code == 403
    assert denied.value.metadata == {
        "permission": "compute.networks.create",
        "principal": "user:database-administrator@example.com",
    }


def test_a_role_granted_to_a_group_reaches_its_members_and_nobody_else(cloud: Cloud) -> None:
    grant(cloud, "roles/compute.networkAdmin", "group:database-team@example.com")
    cloud.call("compute.networks.insert", f"{PROJECT}/global/networks/n", DATABASE_ADMINISTRATOR, {})
    with pytest.raises(ApiError, match="403"):
        cloud.call("compute.networks.get", f"{PROJECT}/global/networks/n", Caller("user:shop-developer@example.com"))


@pytest.mark.parametrize("order", [1, -1], ids=["in order", "in reverse"])
def test_of_two_roles_that_grant_the_same_always_the_same_decides(cloud: Cloud, order: int) -> None:
    for role in ("roles/cloudsql.client", "roles/cloudsql.instanceUser")[::order]:
        grant(cloud, role, DATABASE_ADMINISTRATOR.member)
    decided = cloud.iam.decide(DATABASE_ADMINISTRATOR.member, "cloudsql.instances.get", names.project(example.PROJECT))
    assert decided.grant
    assert decided.grant.role == "roles/cloudsql.client"


def test_groups_are_transitive(cloud: Cloud) -> None:
    cloud.store.add_membership("group:everyone@example.com", "group:database-team@example.com")
    grant(cloud, "roles/compute.networkAdmin", "group:everyone@example.com")
    cloud.call("compute.networks.insert", f"{PROJECT}/global/networks/n", DATABASE_ADMINISTRATOR, {})


def test_a_policy_on_a_secret_reaches_that_secret_only(cloud: Cloud) -> None:
    reader = create_account(cloud, "some-reader")
    first, second = create_secret(cloud, "first"), create_secret(cloud, "second")
    for name in (first, second):
        cloud.call("secretmanager.projects.secrets.addVersion", name, ADMIN, {"payload": {"data": "e30="}})
    grant(cloud, "roles/secretmanager.secretAccessor", reader.member, on=first)
    cloud.call("secretmanager.projects.secrets.versions.access", f"{first}/versions/latest", reader)
    with pytest.raises(ApiError, match=r"secretmanager\.versions\.access"):
        cloud.call("secretmanager.projects.secrets.versions.access", f"{second}/versions/latest", reader)


def test_a_custom_role_contains_exactly_its_permissions(cloud: Cloud) -> None:
    role = f"{PROJECT}/roles/networkMaker"
    body = {"title": "Network maker", "includedPermissions": ["compute.networks.create"]}
    cloud.call("iam.projects.roles.create", role, ADMIN, body)
    grant(cloud, role, "group:database-team@example.com")
    cloud.call("compute.networks.insert", f"{PROJECT}/global/networks/n", DATABASE_ADMINISTRATOR, {})
    with pytest.raises(ApiError, match=r"compute\.networks\.get"):
        cloud.call("compute.networks.get", f"{PROJECT}/global/networks/n", DATABASE_ADMINISTRATOR)


@pytest.mark.parametrize(
    ("expression", "allowed"),
    [
        (f'resource.name.startsWith("{NUMBERED}/secrets/contract-")', True),
        (f'resource.name.startsWith("{NUMBERED}/secrets/other-")', False),
        (f'resource.name.startsWith("{PROJECT}/secrets/contract-")', False),
        ('request.time < timestamp("2020-01-01T00:00:00Z")', False),
        ('request.time < timestamp("2120-01-01T00:00:00Z")', True),
    ],
)
def test_a_condition_decides_by_name_and_time(cloud: Cloud, expression: str, *, allowed: bool) -> None:
    name = create_secret(cloud, "contract-x")
    condition = {"title": "only some", "expression": expression}
    grant(cloud, "roles/secretmanager.viewer", "group:security-team@example.com", condition)
    found = cloud.iam.find_grant(
        "user:security-reviewer@example.com", "secretmanager.secrets.get", f"//secretmanager.googleapis.com/{name}"
    )
    assert (found is not None) is allowed


@pytest.mark.parametrize(
    "expression",
    ["request.time <", 'resource.missing == "x"', "resource.name", "resource.name > 3", "unknown(1)", "principal == 1"],
)
def test_a_condition_that_does_not_compile_is_refused_when_it_is_set(cloud: Cloud, expression: str) -> None:
    condition = {"title": "t", "expression": expression}
    with pytest.raises(ApiError, match="compilation failed"):
        grant(cloud, "roles/secretmanager.viewer", "group:security-team@example.com", condition)


@pytest.mark.parametrize(
    ("role", "member", "message"),
    [
        ("roles/no.such", "group:database-team@example.com", r"Role roles/no\.such is not supported"),
        (f"{PROJECT}/roles/absent", "group:database-team@example.com", "does not exist"),
        ("roles/viewer", f"serviceAccount:absent@{example.PROJECT}.iam.gserviceaccount.com", "does not exist"),
        ("roles/viewer", "database-team@example.com", "unknown type"),
    ],
)
def test_a_policy_with_something_unknown_is_refused(cloud: Cloud, role: str, member: str, message: str) -> None:
    with pytest.raises(ApiError, match=message):
        grant(cloud, role, member)


def test_a_policy_written_from_an_old_read_is_refused(cloud: Cloud) -> None:
    stale = cloud.call("cloudresourcemanager.projects.getIamPolicy", PROJECT, ADMIN)
    grant(cloud, "roles/viewer", "group:security-team@example.com")
    with pytest.raises(ApiError) as conflict:
        cloud.call("cloudresourcemanager.projects.setIamPolicy", PROJECT, ADMIN, {"policy": stale})
    assert (conflict.value.code, conflict.value.status) == (409, "ABORTED")


def test_impersonation_needs_the_token_permission_on_that_account(cloud: Cloud) -> None:
    account, other = create_account(cloud, "platform-deploy"), create_account(cloud, "identity-deploy")
    name = names.service_account(account.email).partition("googleapis.com/")[2]
    grant(cloud, "roles/iam.serviceAccountTokenCreator", "group:platform-operators@example.com", on=name)
    operator = Caller(example.OPERATOR)
    assert cloud.impersonate(operator, account.email) == Caller(account.member, (operator.member,))
    with pytest.raises(ApiError, match="getAccessToken"):
        cloud.impersonate(operator, other.email)
    with pytest.raises(ApiError, match="getAccessToken"):
        cloud.impersonate(operator, f"absent@{example.PROJECT}.iam.gserviceaccount.com")


def test_owners_do_not_impersonate(cloud: Cloud) -> None:
    account = create_account(cloud, "platform-deploy")
    with pytest.raises(ApiError, match="getAccessToken"):
        cloud.impersonate(ADMIN, account.email)


def test_an_api_that_is_off_answers_nobody(cloud: Cloud) -> None:
    cloud.call("serviceusage.services.disable", f"{PROJECT}/services/compute.googleapis.com", ADMIN)
    with pytest.raises(ApiError) as refused:
        cloud.call("compute.networks.get", f"{PROJECT}/global/networks/n", ADMIN)
    assert refused.value.reason == "SERVICE_DISABLED"


def test_every_call_is_in_the_audit_log_with_its_outcome_and_who_was_behind_it(cloud: Cloud) -> None:
    account = create_account(cloud, "platform-deploy")
    name = names.service_account(account.email).partition("googleapis.com/")[2]
    grant(cloud, "roles/iam.serviceAccountTokenCreator", "group:platform-operators@example.com", on=name)
    acting = cloud.impersonate(Caller(example.OPERATOR), account.email)
    with pytest.raises(ApiError):
        cloud.call("compute.networks.get", f"{PROJECT}/global/networks/n", acting)
    last = cloud.store.calls()[-1]
    assert (last.method, last.status) == ("compute.networks.get", "PERMISSION_DENIED")
    assert (last.principal, last.delegation) == (account.member, [example.OPERATOR])


def test_a_token_stands_for_its_caller_and_is_not_stored(cloud: Cloud, tmp_path: Path) -> None:
    account = create_account(cloud, "platform-deploy")
    token, _ = cloud.issue_token(account)
    assert cloud.caller_of_token(token) == account
    assert cloud.caller_of_token(token + "x") is None
    cloud.store.close()
    assert not any(token.encode() in path.read_bytes() for path in tmp_path.glob("cloud.db*"))


@pytest.mark.parametrize("service", ["iamcredentials.googleapis.com", "firestore.googleapis.com", ""])
def test_a_service_without_an_audit_configuration_of_its_own_is_refused(cloud: Cloud, service: str) -> None:
    current = cloud.call("cloudresourcemanager.projects.getIamPolicy", PROJECT, ADMIN)
    configured = {"service": service, "auditLogConfigs": [{"logType": "DATA_READ"}]}
    with pytest.raises(ApiError, match="does not support service level configuration"):
        cloud.call(
            "cloudresourcemanager.projects.setIamPolicy",
            PROJECT,
            ADMIN,
            {"policy": {**current, "auditConfigs": [configured]}},
        )
