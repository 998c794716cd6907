"""Deny policies beat every grant, except for whom they except."""

from typing import Any
from urllib.parse import quote

import pytest

import example_tenant as example
from sandbox.cloud import names
from sandbox.cloud.api import Cloud
from sandbox.cloud.errors import ApiError
from sandbox.cloud.iam import Caller
from sandbox.cloud.store import Json
from unit.sandbox.cloud.cases import ADMIN, DEVELOPER, FOLDER, ORGANIZATION, PROJECT, account, allows, bind

DELETE = "cloudsql.instances.delete"
GET = "cloudsql.instances.get"
INSTANCE = f"//sqladmin.googleapis.com/{PROJECT}/instances/orders"
RESCUER = Caller("user:rescuer@example.com")

EVERYBODY_BUT_RESCUERS: Json = {
    "deniedPrincipals": ["principalSet://goog/public:all"],
    "exceptionPrincipals": ["principalSet://goog/group/break-glass@example.com"],
    "deniedPermissions": ["cloudsql.googleapis.com/instances.delete"],
}


def deny_name(policy_id: str = "protect", on: str = PROJECT) -> str:
    return f"policies/{quote(f'cloudresourcemanager.googleapis.com/{on}', safe='')}/denypolicies/{policy_id}"


def deny(cloud: Cloud, rule: Json, on: str = PROJECT, policy_id: str = "protect") -> Json:
    body = {"rules": [{"description": "no deletion", "denyRule": rule}]}
    return cloud.call("iam.policies.createPolicy", deny_name(policy_id, on), ADMIN, body)


@pytest.fixture(autouse=True)
def people(cloud: Cloud) -> None:
    cloud.store.add_membership("group:break-glass@example.com", RESCUER.member)
    for caller in (DEVELOPER, RESCUER):
        bind(cloud, "roles/cloudsql.admin", caller.member)


@pytest.mark.parametrize("level", [ORGANIZATION, FOLDER, PROJECT])
def test_a_rule_on_any_level_above_denies_all_but_the_excepted(cloud: Cloud, level: str) -> None:
    assert allows(cloud, DEVELOPER, DELETE, INSTANCE)
    deny(cloud, EVERYBODY_BUT_RESCUERS, on=level)
    assert not allows(cloud, DEVELOPER, DELETE, INSTANCE)
    assert not allows(cloud, ADMIN, DELETE, INSTANCE)
    assert allows(cloud, RESCUER, DELETE, INSTANCE)
    assert allows(cloud, DEVELOPER, GET, INSTANCE)


@pytest.mark.parametrize(
    ("change", "denied"),
    [
        ({}, True),
        ({"deniedPrincipals": ["principal://goog/subject/shop-developer@example.com"]}, True),
        ({"deniedPrincipals": ["principal://goog/subject/another@example.com"]}, False),
        ({"deniedPrincipals": ["principalSet://goog/group/shop-team@example.com"]}, True),
        ({"deniedPrincipals": ["principalSet://goog/group/database-team@example.com"]}, False),
        ({"exceptionPrincipals": ["principal://goog/subject/shop-developer@example.com"]}, False),
        ({"exceptionPrincipals": ["principalSet://goog/group/shop-team@example.com"]}, False),
        ({"deniedPermissions": ["cloudsql.googleapis.com/instances.*"]}, True),
        ({"deniedPermissions": ["cloudsql.googleapis.com/*.*"]}, True),
        ({"deniedPermissions": ["cloudsql.googleapis.com/*.delete"]}, True),
        ({"deniedPermissions": ["cloudsql.googleapis.com/databases.*"]}, False),
        ({"deniedPermissions": ["container.googleapis.com/*.*"]}, False),
        (
            {
                "deniedPermissions": ["cloudsql.googleapis.com/*.*"],
                "exceptionPermissions": ["cloudsql.googleapis.com/instances.delete"],
            },
            False,
        ),
        ({"denialCondition": {"expression": "resource.matchTag('123456789012/env', 'prod')"}}, False),
        ({"denialCondition": {"expression": "!resource.matchTag('123456789012/env', 'prod')"}}, True),
    ],
)
def test_principals_permissions_exceptions_and_condition_decide(
    cloud: Cloud, change: dict[str, Any], *, denied: bool
) -> None:
    deny(cloud, {**EVERYBODY_BUT_RESCUERS, **change})
    assert allows(cloud, DEVELOPER, DELETE, INSTANCE) is not denied


def test_a_rule_may_name_a_service_account(cloud: Cloud) -> None:
    deployer = account(cloud, "platform-deploy")
    bind(cloud, "roles/cloudsql.admin", deployer.member)
    principal = f"principal://iam.googleapis.com/projects/-/serviceAccounts/{deployer.email}"
    deny(cloud, {**EVERYBODY_BUT_RESCUERS, "deniedPrincipals": [principal]})
    assert not allows(cloud, deployer, DELETE, INSTANCE)
    assert allows(cloud, DEVELOPER, DELETE, INSTANCE)


def test_a_denial_reads_like_a_missing_grant(cloud: Cloud) -> None:
    cloud.call("serviceusage.services.enable", f"{PROJECT}/services/sqladmin.googleapis.com", ADMIN)
    deny(cloud, EVERYBODY_BUT_RESCUERS)
    with pytest.raises(ApiError, match=r"Permission 'cloudsql\.instances\.delete' denied on resource") as denied:
        cloud.call("sql.instances.delete", f"{PROJECT}/instances/orders", DEVELOPER)
    assert (denied.value.code, denied.value.reason) == (403, "IAM_PERMISSION_DENIED")


def test_a_deleted_policy_denies_nothing(cloud: Cloud) -> None:
    deny(cloud, EVERYBODY_BUT_RESCUERS)
    cloud.call("iam.policies.delete", deny_name(), ADMIN)
    assert allows(cloud, DEVELOPER, DELETE, INSTANCE)


def test_each_policy_is_evaluated_on_its_own(cloud: Cloud) -> None:
    nobody: Json = {**EVERYBODY_BUT_RESCUERS, "exceptionPrincipals": []}
    deny(cloud, EVERYBODY_BUT_RESCUERS)
    deny(cloud, nobody, on=ORGANIZATION, policy_id="stricter")
    assert not allows(cloud, RESCUER, DELETE, INSTANCE)


def test_owners_do_not_manage_deny_policies(cloud: Cloud) -> None:
    owner = Caller("user:owner@example.com")
    bind(cloud, "roles/owner", owner.member)
    body = {"rules": [{"denyRule": EVERYBODY_BUT_RESCUERS}]}
    with pytest.raises(ApiError, match=r"iam\.denypolicies\.create"):
        cloud.call("iam.policies.createPolicy", deny_name(), owner, body)


def test_an_update_from_an_old_read_is_refused(cloud: Cloud) -> None:
    stale = deny(cloud, EVERYBODY_BUT_RESCUERS)
    cloud.call("iam.policies.update", deny_name(), ADMIN, {"displayName": "one"})
    with pytest.raises(ApiError) as conflict:
        cloud.call("iam.policies.update", deny_name(), ADMIN, {"displayName": "two", "etag": stale["etag"]})
    assert conflict.value.status == "ABORTED"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"deniedPermissions": [DELETE]}, "write cloudsql.googleapis.com/instances.delete"),
        ({"deniedPermissions": []}, "needs deniedPermissions"),
        ({"deniedPrincipals": []}, "needs deniedPrincipals"),
        ({"deniedPrincipals": ["group:a@example.com"]}, "write principalSet://goog/group/a@example.com"),
        ({"exceptionPrincipals": ["allUsers"]}, "write principalSet://goog/public:all"),
        ({"denialCondition": {"expression": 'resource.name == "x"'}}, "undefined field 'name'"),
        ({"denialCondition": {"expression": "request.time > timestamp('2020-01-01T00:00:00Z')"}}, "undeclared"),
    ],
)
def test_a_rule_in_the_wrong_form_is_refused(cloud: Cloud, change: dict[str, Any], message: str) -> None:
    with pytest.raises(ApiError, match=message):
        deny(cloud, {**EVERYBODY_BUT_RESCUERS, **change})


@pytest.mark.parametrize("point", [f"{PROJECT}/secrets/s", "projects"])
def test_a_policy_is_attached_to_containers_only(cloud: Cloud, point: str) -> None:
    with pytest.raises(ApiError, match="Invalid attachment point"):
        deny(cloud, EVERYBODY_BUT_RESCUERS, on=point)


def test_kubernetes_permissions_of_iam_are_denied_too(cloud: Cloud) -> None:
    rule = {**EVERYBODY_BUT_RESCUERS, "deniedPermissions": ["container.googleapis.com/clusters.delete"]}
    bind(cloud, "roles/container.admin", DEVELOPER.member)
    deny(cloud, rule)
    assert not allows(cloud, DEVELOPER, "container.clusters.delete", names.project(example.PROJECT))
