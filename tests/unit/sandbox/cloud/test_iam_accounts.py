"""Service accounts: what their deletion leaves behind, and the workloads that use them."""

import pytest

import example_tenant as example
from sandbox.cloud import policies
from sandbox.cloud.api import Cloud
from sandbox.cloud.errors import ApiError
from sandbox.cloud.iam import Caller
from unit.sandbox.cloud.cases import ADMIN, OPERATOR, PROJECT, account, account_name, allows, bind, policy

PERMISSION = "secretmanager.secrets.list"
SECRETS = f"//secretmanager.googleapis.com/{PROJECT}"


def delete(cloud: Cloud, caller: Caller) -> str:
    """Deletes an account; its unique id."""
    name = account_name(caller.email)
    number = str(cloud.call("iam.projects.serviceAccounts.get", name, ADMIN)["uniqueId"])
    cloud.call("iam.projects.serviceAccounts.delete", name, ADMIN)
    return number


@pytest.fixture
def reader(cloud: Cloud) -> Caller:
    """An account that may list secrets."""
    created = account(cloud, "some-reader")
    bind(cloud, "roles/secretmanager.viewer", created.member)
    assert allows(cloud, created, PERMISSION, SECRETS)
    return created


def members(cloud: Cloud) -> list[str]:
    bindings = policy(cloud, PROJECT)["bindings"]
    return [member for one in bindings if one["role"] == "roles/secretmanager.viewer" for member in one["members"]]


def test_a_deleted_accounts_grant_stays_behind_and_grants_nothing(cloud: Cloud, reader: Caller) -> None:
    number = delete(cloud, reader)
    assert members(cloud) == [f"deleted:{reader.member}?uid={number}"]
    assert not allows(cloud, reader, PERMISSION, SECRETS)


def test_a_new_account_of_the_same_email_does_not_inherit_the_grant(cloud: Cloud, reader: Caller) -> None:
    delete(cloud, reader)
    again = account(cloud, "some-reader")
    assert again == reader
    assert not allows(cloud, again, PERMISSION, SECRETS)
    bind(cloud, "roles/secretmanager.viewer", again.member)
    assert allows(cloud, again, PERMISSION, SECRETS)


def test_group_membership_does_not_pass_to_a_new_account(cloud: Cloud, reader: Caller) -> None:
    cloud.store.add_membership("group:security-team@example.com", reader.member)
    delete(cloud, reader)
    account(cloud, "some-reader")
    assert not cloud.store.groups_of(reader.member)


def test_a_policy_with_a_deleted_member_can_be_written_back(cloud: Cloud, reader: Caller) -> None:
    delete(cloud, reader)
    bind(cloud, "roles/viewer", "user:another@example.com")
    assert len(members(cloud)) == 1


def test_an_undeleted_account_has_its_grants_again(cloud: Cloud, reader: Caller) -> None:
    name = account_name(reader.email)
    bind(cloud, "roles/iam.serviceAccountTokenCreator", OPERATOR.member, on=name)
    number = delete(cloud, reader)
    cloud.call("iam.projects.serviceAccounts.undelete", f"{PROJECT}/serviceAccounts/{number}", ADMIN)
    assert allows(cloud, reader, PERMISSION, SECRETS)
    cloud.impersonate(OPERATOR, reader.email)


def test_an_account_is_not_undeleted_over_a_new_one(cloud: Cloud, reader: Caller) -> None:
    number = delete(cloud, reader)
    account(cloud, "some-reader")
    with pytest.raises(ApiError) as refused:
        cloud.call("iam.projects.serviceAccounts.undelete", f"{PROJECT}/serviceAccounts/{number}", ADMIN)
    assert refused.value.code == 409


@pytest.mark.parametrize("verb", ["delete", "disable"])
def test_credentials_of_a_deleted_or_disabled_account_count_no_longer(cloud: Cloud, reader: Caller, verb: str) -> None:
    token, _ = cloud.issue_token(reader)
    cloud.call(f"iam.projects.serviceAccounts.{verb}", account_name(reader.email), ADMIN)
    assert cloud.caller_of_token(token) is None
    with pytest.raises(ApiError) as refused:
        cloud.call("secretmanager.projects.secrets.list", f"{PROJECT}/secrets/-", reader)
    assert refused.value.code == 401


def test_a_disabled_account_is_not_impersonated_until_it_is_enabled(cloud: Cloud, reader: Caller) -> None:
    name = account_name(reader.email)
    bind(cloud, "roles/iam.serviceAccountTokenCreator", OPERATOR.member, on=name)
    cloud.call("iam.projects.serviceAccounts.disable", name, ADMIN)
    with pytest.raises(ApiError, match="is disabled"):
        cloud.impersonate(OPERATOR, reader.email)
    cloud.call("iam.projects.serviceAccounts.enable", name, ADMIN)
    cloud.impersonate(OPERATOR, reader.email)


@pytest.mark.parametrize(
    ("namespace", "name", "allowed"),
    [("storefront", "storefront", True), ("storefront", "other", False), ("other", "storefront", False)],
)
@pytest.mark.parametrize("form", ["member", "subject"])
def test_only_the_bound_workload_uses_the_account(
    cloud: Cloud, reader: Caller, namespace: str, name: str, form: str, *, allowed: bool
) -> None:
    pool = f"{example.PROJECT}.svc.id.goog"
    base = f"//iam.googleapis.com/projects/{example.PROJECT_NUMBER}/locations/global/workloadIdentityPools/{pool}"
    forms = {
        "member": f"serviceAccount:{pool}[storefront/storefront]",
        "subject": f"principal:{base}/subject/ns/storefront/sa/storefront",
    }
    bind(cloud, "roles/iam.workloadIdentityUser", forms[form], on=account_name(reader.email))
    workload = cloud.workload(namespace, name)
    if allowed:
        assert cloud.impersonate(workload, reader.email).member == reader.member
        return
    with pytest.raises(ApiError, match="getAccessToken"):
        cloud.impersonate(workload, reader.email)


def test_workloads_are_unknown_before_the_projects_first_cluster(cloud: Cloud, reader: Caller) -> None:
    cloud.store.set_setting(policies.WORKLOAD_POOL_SETTING, "")
    member = f"serviceAccount:{example.PROJECT}.svc.id.goog[storefront/storefront]"
    with pytest.raises(ApiError, match="Identity Pool does not exist"):
        bind(cloud, "roles/iam.workloadIdentityUser", member, on=account_name(reader.email))


def test_no_key_is_made_where_the_organisation_forbids_keys(cloud: Cloud) -> None:
    email = account(cloud, "identity-deploy").email
    cloud.call("serviceusage.services.enable", f"{PROJECT}/services/orgpolicy.googleapis.com", ADMIN)
    constraint = f"{PROJECT}/policies/iam.disableServiceAccountKeyCreation"
    key = f"{PROJECT}/serviceAccounts/{email}/keys/-"
    cloud.call("iam.projects.serviceAccounts.keys.create", key, ADMIN, {})
    cloud.call("orgpolicy.projects.policies.create", constraint, ADMIN, {"spec": {"rules": [{"enforce": True}]}})
    with pytest.raises(ApiError, match="Key creation is not allowed on this service account"):
        cloud.call("iam.projects.serviceAccounts.keys.create", key, ADMIN, {})
