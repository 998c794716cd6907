"""Access to a bucket: its first policy, the members that only buckets know, and its name in conditions."""

import pytest

import example_tenant as example
from sandbox.cloud import seed
from sandbox.cloud.api import Cloud
from sandbox.cloud.errors import ApiError
from sandbox.cloud.store import Json
from unit.sandbox.cloud.cases import ADMIN, DEVELOPER, FOLDER, PROJECT, REVIEWER, account, allows, bind

NAME = f"{PROJECT}/buckets/state"
BUCKET = f"//storage.googleapis.com/{NAME}"
UNIFORM: Json = {"iamConfiguration": {"uniformBucketLevelAccess": {"enabled": True}}}


@pytest.fixture(autouse=True)
def _storage(cloud: Cloud) -> None:
    cloud.call("serviceusage.services.enable", f"{PROJECT}/services/storage.googleapis.com", ADMIN)


def make(cloud: Cloud, body: Json | None = None) -> None:
    cloud.call("storage.buckets.insert", NAME, ADMIN, body or {})


def add(cloud: Cloud, role: str, member: str, on: str = NAME) -> None:
    kind = "storage.buckets" if "/buckets/" in on else "cloudresourcemanager.projects"
    policy = cloud.call(f"{kind}.getIamPolicy", on, ADMIN)
    bindings = [*policy["bindings"], {"role": role, "members": [member]}]
    cloud.call(f"{kind}.setIamPolicy", on, ADMIN, {"policy": {**policy, "bindings": bindings}})


def test_a_new_bucket_is_open_to_the_holders_of_basic_roles(cloud: Cloud) -> None:
    make(cloud)
    policy = cloud.call("storage.buckets.getIamPolicy", NAME, ADMIN)
    writers = [f"projectEditor:{example.PROJECT}", f"projectOwner:{example.PROJECT}"]
    assert policy["bindings"] == [
        {"role": "roles/storage.legacyBucketOwner", "members": writers},
        {"role": "roles/storage.legacyBucketReader", "members": [f"projectViewer:{example.PROJECT}"]},
    ]


def test_overwriting_an_object_takes_the_right_to_delete_it(cloud: Cloud) -> None:
    make(cloud, UNIFORM)
    add(cloud, "roles/storage.objectCreator", DEVELOPER.member)
    cloud.call("storage.objects.insert", f"{NAME}/objects/a", DEVELOPER)
    with pytest.raises(ApiError, match=r"storage\.objects\.delete"):
        cloud.call("storage.objects.insert", f"{NAME}/objects/a", DEVELOPER)


def test_a_condition_sees_the_name_of_a_new_object_and_not_the_prefix_of_a_list(cloud: Cloud) -> None:
    make(cloud, UNIFORM)
    expression = (
        "resource.name.startsWith('projects/_/buckets/state/objects/shop/')"
        " || api.getAttribute('storage.googleapis.com/objectListPrefix', '').startsWith('shop/')"
    )
    policy = cloud.call("storage.buckets.getIamPolicy", NAME, ADMIN)
    binding: Json = {"role": "roles/storage.objectUser", "members": [DEVELOPER.member]}
    binding["condition"] = {"title": "shop", "expression": expression}
    body = {"policy": {**policy, "version": 3, "bindings": [*policy["bindings"], binding]}}
    cloud.call("storage.buckets.setIamPolicy", NAME, ADMIN, body)
    cloud.call("storage.objects.insert", f"{NAME}/objects/shop%2Fa", DEVELOPER)
    for method, name, given in (
        ("insert", "shop", {}),
        ("insert", "billing%2Fa", {}),
        ("list", "-", {}),
        # The attribute is one of downscoped tokens, not of allow policies.
        ("list", "-", {"prefix": "shop/"}),
        ("list", "-", {"prefix": "billing/"}),
    ):
        with pytest.raises(ApiError, match=rf"storage\.objects\.{'create' if method == 'insert' else 'list'}"):
            cloud.call(f"storage.objects.{method}", f"{NAME}/objects/{name}", DEVELOPER, given)


@pytest.mark.parametrize(("body", "readable"), [({}, False), (UNIFORM, True)], ids=["by object", "uniform"])
def test_only_a_uniform_bucket_opens_its_objects_too(cloud: Cloud, body: Json, readable: bool) -> None:
    make(cloud, body)
    assert allows(cloud, ADMIN, "storage.objects.get", f"{BUCKET}/objects/a") is readable


@pytest.mark.parametrize(
    ("role", "permission", "allowed"),
    [
        ("roles/viewer", "storage.buckets.get", True),
        ("roles/viewer", "storage.buckets.update", False),
        ("roles/editor", "storage.buckets.update", True),
        ("roles/editor", "storage.buckets.delete", True),
        ("roles/browser", "storage.buckets.get", False),
    ],
)
def test_a_basic_role_on_the_project_counts_for_its_buckets(
    cloud: Cloud, role: str, permission: str, allowed: bool
) -> None:
    make(cloud)
    bind(cloud, role, "group:security-team@example.com")
    assert allows(cloud, REVIEWER, permission, BUCKET) is allowed


def test_the_binding_that_decided_names_the_convenience_member(cloud: Cloud) -> None:
    make(cloud)
    found = cloud.iam.find_grant(seed.ADMIN, "storage.buckets.get", BUCKET)
    assert found
    assert (found.member, found.resource) == (f"projectOwner:{example.PROJECT}", BUCKET)


def test_a_basic_role_on_the_folder_does_not_count(cloud: Cloud) -> None:
    make(cloud)
    bind(cloud, "roles/viewer", "group:security-team@example.com", FOLDER)
    assert not allows(cloud, REVIEWER, "storage.buckets.get", BUCKET)


def test_without_its_first_policy_a_bucket_is_closed_to_owners(cloud: Cloud) -> None:
    make(cloud)
    cloud.call("storage.buckets.setIamPolicy", NAME, ADMIN, {"policy": {"bindings": []}})
    assert not allows(cloud, ADMIN, "storage.buckets.get", BUCKET)


@pytest.mark.parametrize("kind", ["projectOwner", "projectEditor", "projectViewer"])
def test_only_a_buckets_policy_takes_convenience_members(cloud: Cloud, kind: str) -> None:
    make(cloud)
    add(cloud, "roles/storage.objectViewer", f"{kind}:{example.PROJECT}")
    with pytest.raises(ApiError, match=f"{kind}:{example.PROJECT} is of an unknown type"):
        add(cloud, "roles/storage.objectViewer", f"{kind}:{example.PROJECT}", PROJECT)


def test_legacy_roles_are_granted_on_buckets_alone(cloud: Cloud) -> None:
    make(cloud)
    add(cloud, "roles/storage.legacyBucketReader", DEVELOPER.member)
    with pytest.raises(ApiError, match="not supported for this resource"):
        add(cloud, "roles/storage.legacyBucketReader", DEVELOPER.member, PROJECT)


@pytest.mark.parametrize(
    ("bucket", "allowed"), [("projects/_/buckets/state", True), (NAME, False), ("projects/_/buckets/other", False)]
)
def test_conditions_name_a_bucket_without_its_project(cloud: Cloud, bucket: str, allowed: bool) -> None:
    member, condition = account(cloud, "identity-deploy"), f'resource.name.startsWith("{bucket}/objects/")'
    bind(cloud, "roles/storage.objectViewer", member.member, condition=condition)
    assert allows(cloud, member, "storage.objects.get", f"{BUCKET}/objects/a") is allowed
