"""The organisation's directory: groups that exist, and members of other directories."""

import pytest

import example_tenant as example
from sandbox.cloud import directory, names, seed, settings
from sandbox.cloud.api import Cloud
from sandbox.cloud.errors import ApiError
from sandbox.cloud.iam import Caller
from sandbox.cloud.store import Json, StoredResource
from unit.sandbox.cloud.test_limits import ADMIN, PROJECT, set_bindings

KNOWN, UNKNOWN = "security-team@example.com", "nobodys-team@example.com"
SECRET = f"{PROJECT}/secrets/s"
BUCKET = f"{PROJECT}/buckets/b"


def grant(cloud: Cloud, member: str) -> None:
    set_bindings(cloud, {"role": "roles/logging.viewer", "members": [member]})


def enable(cloud: Cloud, *services: str) -> None:
    for service in services:
        cloud.call("serviceusage.services.enable", f"{PROJECT}/services/{service}.googleapis.com", ADMIN)


def restrict(cloud: Cloud) -> None:
    """Allows members of the own directory alone, as the foundation does."""
    enable(cloud, "orgpolicy")
    rules: list[Json] = [{"values": {"allowedValues": ["C012ab3cd"]}}]
    name = f"{PROJECT}/policies/{directory.CONSTRAINT}"
    cloud.call("orgpolicy.projects.policies.create", name, ADMIN, {"spec": {"rules": rules}})


def test_an_allow_policy_names_groups_that_exist_whatever_their_case(cloud: Cloud) -> None:
    grant(cloud, f"group:{KNOWN}")
    grant(cloud, f"group:{KNOWN.title()}")
    with pytest.raises(ApiError) as refused:
        grant(cloud, f"group:{UNKNOWN}")
    assert (refused.value.code, refused.value.message) == (400, f"Group {UNKNOWN} does not exist.")


def test_a_group_of_the_stack_files_can_be_missing(cloud: Cloud) -> None:
    settings.change(cloud.store, directory.MISSING_SETTING, f"other@example.com,{KNOWN}")
    with pytest.raises(ApiError, match=f"Group {KNOWN} does not exist"):
        grant(cloud, f"group:{KNOWN}")


@pytest.mark.parametrize("field", ["deniedPrincipals", "exceptionPrincipals"])
def test_a_deny_policy_names_groups_that_exist(cloud: Cloud, field: str) -> None:
    attached = f"policies/cloudresourcemanager.googleapis.com%2Fprojects%2F{example.PROJECT}/denypolicies/p"
    rule: Json = {
        "deniedPrincipals": ["principalSet://goog/public:all"],
        "deniedPermissions": ["cloudsql.googleapis.com/instances.delete"],
    }

    def create(group: str) -> None:
        body: Json = {"rules": [{"denyRule": {**rule, field: [f"principalSet://goog/group/{group}"]}}]}
        cloud.call("iam.policies.createPolicy", attached, ADMIN, body)

    with pytest.raises(ApiError, match=f"400: Group {UNKNOWN} does not exist"):
        create(UNKNOWN)
    create(KNOWN)


def test_a_cluster_needs_the_group_that_holds_the_groups_of_rbac(cloud: Cloud) -> None:
    group = "gke-security-groups@example.com"
    settings.change(cloud.store, directory.MISSING_SETTING, group)
    network, subnetwork = f"{PROJECT}/global/networks/main", f"{PROJECT}/regions/{example.REGION}/subnetworks/nodes"
    email = f"gke-nodes@{example.PROJECT}.iam.gserviceaccount.com"
    cloud.call("compute.networks.insert", network, ADMIN, {"name": "main", "autoCreateSubnetworks": False})
    where: Json = {"name": "nodes", "network": network, "ipCidrRange": "10.0.0.0/20"}
    cloud.call("compute.subnetworks.insert", subnetwork, ADMIN, where)
    cloud.call("iam.projects.serviceAccounts.create", f"{PROJECT}/serviceAccounts/{email}", ADMIN, {})
    body: Json = {
        "network": network,
        "subnetwork": subnetwork,
        "nodeConfig": {"serviceAccount": email},
        "authenticatorGroupsConfig": {"securityGroup": group},
    }
    create, name = "container.projects.locations.clusters.create", f"{PROJECT}/locations/{example.REGION}/clusters/main"
    with pytest.raises(ApiError) as refused:
        cloud.call(create, name, ADMIN, body)
    assert refused.value.code == 404
    assert refused.value.message == f"Not found: GAIA email lookup: {group} does not exist or has been deleted."
    settings.change(cloud.store, directory.MISSING_SETTING, None)
    cloud.call(create, name, ADMIN, body)


FOREIGN = (
    "user:contractor@gmail.com",
    "domain:elsewhere.example",
    "serviceAccount:vendor@another-project.iam.gserviceaccount.com",
    "principalSet://iam.googleapis.com/projects/999999999999/locations/global/workloadIdentityPools/p/*",
    "allAuthenticatedUsers",
)


@pytest.mark.parametrize("member", FOREIGN)
def test_a_policy_with_one_foreign_member_refuses_every_later_grant(cloud: Cloud, member: str) -> None:
    account = names.service_account(member.removeprefix("serviceAccount:"))
    cloud.store.put(StoredResource(account, "iam.projects.serviceAccounts", {}, {}))
    grant(cloud, member)
    restrict(cloud)
    with pytest.raises(ApiError) as refused:
        grant(cloud, f"group:{KNOWN}")
    assert refused.value.code == 400
    assert refused.value.message == "One or more users named in the policy do not belong to a permitted customer."


@pytest.mark.parametrize(
    "member",
    [
        "user:ada@example.com",
        f"group:{KNOWN}",
        "domain:example.com",
        f"principalSet://iam.googleapis.com/projects/{example.PROJECT_NUMBER}/locations/global/workloadIdentityPools/p/*",
        f"serviceAccount:{example.PROJECT}.svc.id.goog[shop/shop]",
        f"serviceAccount:service-{example.PROJECT_NUMBER}@container-engine-robot.iam.gserviceaccount.com",
        "serviceAccount:cloud-logs@system.gserviceaccount.com",
    ],
)
def test_members_of_the_own_directory_projects_and_agents_stay_permitted(cloud: Cloud, member: str) -> None:
    restrict(cloud)
    grant(cloud, member)


def test_the_constraint_holds_for_every_resource_of_the_project(cloud: Cloud) -> None:
    cloud.call("secretmanager.projects.secrets.create", SECRET, ADMIN, {"replication": {"automatic": {}}})
    restrict(cloud)
    policy: Json = {"bindings": [{"role": "roles/secretmanager.viewer", "members": [FOREIGN[0]]}]}
    with pytest.raises(ApiError, match="do not belong to a permitted customer"):
        cloud.call("secretmanager.projects.secrets.setIamPolicy", SECRET, ADMIN, {"policy": policy})


@pytest.mark.parametrize("where", ["bucket", "project"])
def test_public_access_prevention_acts_on_buckets_that_exist(cloud: Cloud, where: str) -> None:
    enable(cloud, "storage", "orgpolicy")
    set_bindings(cloud, {"role": "roles/storage.admin", "members": [seed.ADMIN]})
    uniform: Json = {"uniformBucketLevelAccess": {"enabled": True}}
    cloud.call("storage.buckets.insert", BUCKET, ADMIN, {"location": "EU", "iamConfiguration": uniform})
    policy = cloud.call("storage.buckets.getIamPolicy", BUCKET, ADMIN)
    public: Json = {"role": "roles/storage.objectViewer", "members": ["allUsers"]}
    changed = {**policy, "bindings": [*policy["bindings"], public]}
    cloud.call("storage.buckets.setIamPolicy", BUCKET, ADMIN, {"policy": changed})
    target = f"//storage.googleapis.com/{BUCKET}/objects/o"
    assert cloud.iam.decide("allUsers", "storage.objects.get", target).allowed

    if where == "bucket":
        prevented: Json = {"iamConfiguration": {**uniform, "publicAccessPrevention": "enforced"}}
        cloud.call("storage.buckets.patch", BUCKET, ADMIN, prevented)
    else:
        name = f"{PROJECT}/policies/storage.publicAccessPrevention"
        cloud.call("orgpolicy.projects.policies.create", name, ADMIN, {"spec": {"rules": [{"enforce": True}]}})

    assert not cloud.iam.decide("allUsers", "storage.objects.get", target).allowed
    assert cloud.iam.decide(seed.ADMIN, "storage.objects.get", target).allowed


def test_on_a_project_made_by_an_api_service_usage_is_off_for_its_own_quota(cloud: Cloud) -> None:
    settings.change(cloud.store, "serviceusage.enabled", "false")
    own, projects = Caller(seed.ADMIN, quota_project=""), Caller(seed.ADMIN, quota_project=example.PROJECT)
    listed = f"{PROJECT}/services/-"
    with pytest.raises(ApiError) as refused:
        cloud.call("serviceusage.services.list", listed, projects)
    assert (refused.value.code, refused.value.reason) == (403, "SERVICE_DISABLED")
    assert "has not been used in project" in refused.value.message
    items = cloud.call("serviceusage.services.list", listed, own)["items"]
    assert items
    assert f"{PROJECT}/services/serviceusage.googleapis.com" not in [each["name"] for each in items]

    cloud.call("serviceusage.services.enable", f"{PROJECT}/services/serviceusage.googleapis.com", own)

    assert cloud.call("serviceusage.services.list", listed, projects)["items"]
