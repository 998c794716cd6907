"""Refusals of the simulated services, in Google's words."""

import time
from collections.abc import Callable

import pytest

import example_tenant as example
from sandbox.cloud import seed
from sandbox.cloud.api import Cloud
from sandbox.cloud.errors import ApiError
from sandbox.cloud.iam import Caller
from sandbox.cloud.store import Json

P, R = f"projects/{example.PROJECT}", example.REGION
ADMIN = Caller(seed.ADMIN)
KEY = f"{P}/locations/{R}/keyRings/state/cryptoKeys/identity"
KEYS = "cloudkms.projects.locations.keyRings.cryptoKeys"
BUCKET = f"{P}/buckets/state"
LOGS = f"{P}/locations/global/buckets"
INSTANCE = f"{P}/instances/orders"
CLUSTER = f"{P}/locations/{R}/clusters/main"


Do = Callable[..., Json]


@pytest.fixture
def do(cloud: Cloud) -> Do:
    """Calls as the project's owner, who also administers storage and, above, organisation policies; every API is on."""

    def call(method: str, name: str, body: Json | None = None) -> Json:
        return cloud.call(method, name, ADMIN, body)

    for service in ("cloudkms", "storage", "orgpolicy", "logging", "monitoring", "gkebackup", "artifactregistry"):
        call("serviceusage.services.enable", f"{P}/services/{service}.googleapis.com")
    grant(call, "cloudresourcemanager.projects", P, "roles/storage.admin", seed.ADMIN)
    return call


def grant(do: Do, kind: str, name: str, role: str, member: str) -> None:
    policy = do(f"{kind}.getIamPolicy", name)
    binding: Json = {"role": role, "members": [member]}
    do(f"{kind}.setIamPolicy", name, {"policy": {**policy, "bindings": [*policy["bindings"], binding]}})


def make_key(do: Do) -> None:
    do("cloudkms.projects.locations.keyRings.create", KEY.partition("/cryptoKeys/")[0])
    do(f"{KEYS}.create", KEY, {"rotationPeriod": "7776000s"})


def make_agent(do: Do, service: str) -> str:
    return "serviceAccount:" + do("serviceusage.services.generateServiceIdentity", f"{P}/services/{service}")["email"]


def enforce(do: Do, constraint: str) -> None:
    do("orgpolicy.projects.policies.create", f"{P}/policies/{constraint}", {"spec": {"rules": [{"enforce": True}]}})


def test_keys_and_rings_are_never_deleted_and_versions_only_by_schedule(cloud: Cloud, do: Do) -> None:
    make_key(do)
    assert not {f"{KEYS}.delete", "cloudkms.projects.locations.keyRings.delete"} & cloud.methods.keys()
    version = f"{KEY}/cryptoKeyVersions/1"
    assert do(f"{KEYS}.cryptoKeyVersions.destroy", version)["state"] == "DESTROY_SCHEDULED"
    with pytest.raises(ApiError, match="DESTROY_SCHEDULED"):
        do(f"{KEYS}.cryptoKeyVersions.destroy", version)
    assert do(f"{KEYS}.cryptoKeyVersions.restore", version)["state"] == "DISABLED"
    with pytest.raises(ApiError, match="already exists"):
        do(f"{KEYS}.create", KEY, {})


@pytest.mark.parametrize(
    ("service", "method", "name", "body"),
    [
        (
            "sqladmin.googleapis.com",
            "sql.instances.insert",
            INSTANCE,
            {
                "region": R,
                "settings": {"tier": "db-f1-micro"},
                "diskEncryptionConfiguration": {"kmsKeyName": KEY},
            },
        ),
        ("storage.googleapis.com", "storage.buckets.insert", BUCKET, {"encryption": {"defaultKmsKeyName": KEY}}),
        (
            "artifactregistry.googleapis.com",
            "artifactregistry.projects.locations.repositories.create",
            f"{P}/locations/{R}/repositories/images",
            {"format": "DOCKER", "kmsKeyName": KEY},
        ),
    ],
)
def test_a_key_is_of_use_only_to_a_service_that_was_granted_it(
    do: Do, service: str, method: str, name: str, body: Json
) -> None:
    with pytest.raises(ApiError, match="was not found"):
        do(method, name, body)
    make_key(do)
    with pytest.raises(ApiError, match=r"service-\d+@.* has been granted roles/cloudkms\.cryptoKeyEncrypterDecrypter"):
        do(method, name, body)
    grant(do, KEYS, KEY, "roles/cloudkms.cryptoKeyEncrypterDecrypter", make_agent(do, service))
    do(method, name, body)


def test_an_agent_that_nobody_asked_for_cannot_be_granted_anything(do: Do) -> None:
    make_key(do)
    agent = f"serviceAccount:service-{example.PROJECT_NUMBER}@gcp-sa-cloud-sql.iam.gserviceaccount.com"
    with pytest.raises(ApiError, match="does not exist"):
        grant(do, KEYS, KEY, "roles/cloudkms.cryptoKeyEncrypterDecrypter", agent)
    assert make_agent(do, "sqladmin.googleapis.com") == agent
    grant(do, KEYS, KEY, "roles/cloudkms.cryptoKeyEncrypterDecrypter", agent)


def test_a_key_whose_versions_are_off_encrypts_nothing(do: Do) -> None:
    make_key(do)
    role = "roles/cloudkms.cryptoKeyEncrypterDecrypter"
    grant(do, KEYS, KEY, role, make_agent(do, "storage.googleapis.com"))
    do(f"{KEYS}.cryptoKeyVersions.destroy", f"{KEY}/cryptoKeyVersions/1")
    with pytest.raises(ApiError, match="is not enabled"):
        do("storage.buckets.insert", BUCKET, {"encryption": {"defaultKmsKeyName": KEY}})


def test_a_bucket_with_objects_stays(do: Do) -> None:
    do("storage.buckets.insert", BUCKET, {"location": "EU"})
    do("storage.objects.insert", f"{BUCKET}/objects/a")
    with pytest.raises(ApiError, match="not empty") as refused:
        do("storage.buckets.delete", BUCKET)
    assert refused.value.code == 409
    do("storage.objects.delete", f"{BUCKET}/objects/a")
    do("storage.buckets.delete", BUCKET)


@pytest.mark.parametrize("method", ["storage.objects.delete", "storage.objects.insert"])
def test_an_object_under_retention_stays_as_it_is(do: Do, method: str) -> None:
    do("storage.buckets.insert", BUCKET, {"retentionPolicy": {"retentionPeriod": "3600"}})
    do("storage.objects.insert", f"{BUCKET}/objects/a")
    with pytest.raises(ApiError, match="retention policy"):
        do(method, f"{BUCKET}/objects/a")


@pytest.mark.parametrize(
    ("policy", "allowed"),
    [
        (None, False),
        ({"retentionPeriod": "60", "isLocked": True}, False),
        ({"retentionPeriod": "34560000"}, False),
        ({"retentionPeriod": "34560001", "isLocked": True}, True),
    ],
)
def test_a_locked_retention_only_grows(do: Do, policy: Json | None, *, allowed: bool) -> None:
    do("storage.buckets.insert", BUCKET, {"retentionPolicy": {"retentionPeriod": "34560000", "isLocked": True}})
    if allowed:
        do("storage.buckets.patch", BUCKET, {"retentionPolicy": policy})
        return
    with pytest.raises(ApiError, match="Cannot reduce retention duration"):
        do("storage.buckets.patch", BUCKET, {"retentionPolicy": policy})


def test_a_bucket_that_prevents_public_access_takes_no_public_member(do: Do) -> None:
    do("storage.buckets.insert", BUCKET, {"iamConfiguration": {"publicAccessPrevention": "enforced"}})
    with pytest.raises(ApiError, match="public access prevention is enforced"):
        grant(do, "storage.buckets", BUCKET, "roles/storage.objectViewer", "allUsers")


@pytest.mark.parametrize(
    ("constraint", "method", "name", "body"),
    [
        ("storage.uniformBucketLevelAccess", "storage.buckets.insert", BUCKET, {}),
        (
            "sql.restrictPublicIp",
            "sql.instances.insert",
            INSTANCE,
            {"region": R, "settings": {"tier": "db-f1-micro", "ipConfiguration": {"ipv4Enabled": True}}},
        ),
    ],
)
def test_an_enforced_constraint_forbids_what_it_is_about(
    do: Do, constraint: str, method: str, name: str, body: Json
) -> None:
    enforce(do, constraint)
    with pytest.raises(ApiError, match=f"constraints/{constraint}"):
        do(method, name, body)
    do("orgpolicy.projects.policies.delete", f"{P}/policies/{constraint}")
    do(method, name, body)


def test_an_owner_of_a_project_sets_no_organisation_policy(cloud: Cloud) -> None:
    cloud.call("serviceusage.services.enable", f"{P}/services/orgpolicy.googleapis.com", ADMIN)
    owner = Caller("user:owner@example.com")
    policy = cloud.call("cloudresourcemanager.projects.getIamPolicy", P, ADMIN)
    policy["bindings"].append({"role": "roles/owner", "members": [owner.member]})
    cloud.call("cloudresourcemanager.projects.setIamPolicy", P, ADMIN, {"policy": policy})
    with pytest.raises(ApiError, match=r"orgpolicy\.policies\.create"):
        cloud.call("orgpolicy.projects.policies.create", f"{P}/policies/sql.restrictPublicIp", owner, {"spec": {}})


def test_a_locked_log_bucket_is_neither_changed_nor_deleted(do: Do) -> None:
    do("logging.projects.locations.buckets.create", f"{LOGS}/audit", {"retentionDays": 400, "locked": True})
    for change in ({"retentionDays": 401}, {"locked": False}):
        with pytest.raises(ApiError, match="locked bucket"):
            do("logging.projects.locations.buckets.patch", f"{LOGS}/audit", change)
    with pytest.raises(ApiError, match="Cannot delete"):
        do("logging.projects.locations.buckets.delete", f"{LOGS}/audit")


def test_a_deleted_log_bucket_is_kept_for_a_week_in_which_it_is_restored_and_not_changed(
    do: Do, monkeypatch: pytest.MonkeyPatch
) -> None:
    buckets, name = "logging.projects.locations.buckets", f"{LOGS}/trial"
    do(f"{buckets}.create", name, {"retentionDays": 9})
    with pytest.raises(ApiError, match="not in the state DELETE_REQUESTED"):
        do(f"{buckets}.undelete", name)
    do(f"{buckets}.delete", name)

    assert do(f"{buckets}.get", name)["lifecycleState"] == "DELETE_REQUESTED"
    assert do(f"{buckets}.list", f"{LOGS}/-")["items"] == [do(f"{buckets}.get", name)]
    for method, body, refusal in (
        ("patch", {"retentionDays": 8}, "in the state DELETE_REQUESTED and cannot be updated"),
        ("delete", {}, "in the state DELETE_REQUESTED and cannot be deleted"),
        ("create", {}, "already exists"),
    ):
        with pytest.raises(ApiError, match=refusal):
            do(f"{buckets}.{method}", name, body)

    do(f"{buckets}.undelete", name)
    restored = do(f"{buckets}.get", name)
    assert (restored["lifecycleState"], restored["retentionDays"]) == ("ACTIVE", 9)
    do(f"{buckets}.delete", name)
    later = time.time() + 7 * 24 * 3600 + 2
    monkeypatch.setattr(time, "time", lambda: later)
    assert do(f"{buckets}.list", f"{LOGS}/-")["items"] == []
    assert do(f"{buckets}.create", name, {})["lifecycleState"] == "ACTIVE"


def test_every_project_has_its_two_log_buckets(do: Do) -> None:
    assert do("logging.projects.locations.buckets.get", f"{LOGS}/_Required")["retentionDays"] == 400
    do("logging.projects.locations.buckets.patch", f"{LOGS}/_Default", {"retentionDays": 90})
    assert do("logging.projects.locations.buckets.get", f"{LOGS}/_Default")["retentionDays"] == 90
    with pytest.raises(ApiError, match="Cannot delete"):
        do("logging.projects.locations.buckets.delete", f"{LOGS}/_Default")
    with pytest.raises(ApiError, match="reserved"):
        do("logging.projects.locations.buckets.create", f"{LOGS}/_Other", {})


def test_a_sink_writes_as_an_account_of_its_own_and_only_where_logs_go(do: Do) -> None:
    sink = do("logging.projects.sinks.create", f"{P}/sinks/audit", {"destination": "storage.googleapis.com/state"})
    agent = f"service-{example.PROJECT_NUMBER}@gcp-sa-logging.iam.gserviceaccount.com"
    assert sink["writerIdentity"] == f"serviceAccount:{agent}"
    with pytest.raises(ApiError, match="Unsupported destination"):
        do("logging.projects.sinks.create", f"{P}/sinks/other", {"destination": "example.com"})


def test_a_channel_that_an_alert_uses_stays_unless_it_is_forced(do: Do) -> None:
    channel = do("monitoring.projects.notificationChannels.create", f"{P}/notificationChannels/-", {"type": "email"})
    do("monitoring.projects.alertPolicies.create", f"{P}/alertPolicies/-", {"notificationChannels": [channel["name"]]})
    with pytest.raises(ApiError, match="refers to it"):
        do("monitoring.projects.notificationChannels.delete", channel["name"])
    do("monitoring.projects.notificationChannels.delete", channel["name"], {"force": True})
    with pytest.raises(ApiError, match="404"):
        do("monitoring.projects.alertPolicies.create", f"{P}/alertPolicies/-", {"notificationChannels": ["x"]})


def test_a_backup_plan_needs_its_cluster(do: Do) -> None:
    name = f"{P}/locations/{R}/backupPlans/daily"
    with pytest.raises(ApiError, match="does not exist"):
        do("gkebackup.projects.locations.backupPlans.create", name, {"cluster": CLUSTER})


def test_a_policy_changed_by_another_in_between_is_refused(do: Do) -> None:
    read = do("cloudresourcemanager.projects.getIamPolicy", P)
    grant(do, "cloudresourcemanager.projects", P, "roles/viewer", "group:security-team@example.com")
    with pytest.raises(ApiError, match="concurrent policy changes") as refused:
        do("cloudresourcemanager.projects.setIamPolicy", P, {"policy": read})
    assert refused.value.code == 409


def test_audit_logs_change_only_where_the_mask_names_them(do: Do) -> None:
    configured: Json = {"auditConfigs": [{"service": "allServices", "auditLogConfigs": [{"logType": "DATA_READ"}]}]}
    read = do("cloudresourcemanager.projects.getIamPolicy", P)
    mask = "bindings,etag,auditConfigs"
    do("cloudresourcemanager.projects.setIamPolicy", P, {"policy": {**read, **configured}, "updateMask": mask})
    grant(do, "cloudresourcemanager.projects", P, "roles/viewer", "group:security-team@example.com")
    read = do("cloudresourcemanager.projects.getIamPolicy", P)
    do("cloudresourcemanager.projects.setIamPolicy", P, {"policy": {**read, "auditConfigs": []}})
    assert do("cloudresourcemanager.projects.getIamPolicy", P)["auditConfigs"] == configured["auditConfigs"]
