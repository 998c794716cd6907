"""Guard rails that hold whatever is granted: deny policy, organisation policies, audit, alerts, and protection."""

import json
import re

import pulumi
import pytest

from identity_layer.foundation import deny_policy
from identity_layer.foundation.alerts import ALERTS
from identity_layer.foundation.custom_roles import ROLES
from sandbox.cloud import auditable, deny
from unit.identity.declared import committed, foundation, gcp
from unit.pulumi_mocks import PROJECT, Declared, Document

DAY = 24 * 3600
OWNERS = ("foundation", "identity", "team", "platform", "namespaces", "storage", "apps")
STATES = {f"{PROJECT}-state-{name}" for name in OWNERS}


def of(kind: str) -> dict[str, Declared]:
    resources = committed().of(f"gcp:{kind}")
    assert resources
    return resources


def rules() -> list[Document]:
    [policy] = of("iam/denyPolicy:DenyPolicy").values()
    assert policy.protect
    assert policy.inputs["parent"] == f"cloudresourcemanager.googleapis.com%2Fprojects%2F{PROJECT}"
    return [rule["denyRule"] for rule in policy.inputs["rules"]]


def test_the_deny_policy_is_what_google_takes() -> None:
    [policy] = of("iam/denyPolicy:DenyPolicy").values()
    deny.check(json.loads(json.dumps(policy.inputs)))


def test_of_destruction_the_break_glass_group_alone_is_excepted() -> None:
    destruction = rules()[0]
    assert destruction["deniedPrincipals"] == ["principalSet://goog/public:all"]
    assert destruction["exceptionPrincipals"] == ["principalSet://goog/group/break-glass@example.com"]
    assert set(destruction["deniedPermissions"]) == set(deny_policy.DESTRUCTION.permissions)
    assert "denialCondition" not in destruction


def test_people_by_name_are_excepted_of_destruction_beside_the_group() -> None:
    [policy] = foundation({"onCall": {"people": ["jane@example.com"]}}).of("gcp:iam/denyPolicy:DenyPolicy").values()
    excepted: list[list[str]] = [rule["denyRule"]["exceptionPrincipals"] for rule in policy.inputs["rules"]]
    assert excepted[0] == [
        "principalSet://goog/group/break-glass@example.com",
        "principal://goog/subject/jane@example.com",
    ]
    assert not any("principal://goog/subject/jane@example.com" in rule for rule in excepted[1:])
    deny.check(json.loads(json.dumps(policy.inputs)))


# Google's list of permissions that can be denied, as far as they end protection, evidence or access by a change.
DISABLING = {
    "cloudkms.googleapis.com": {"cryptoKeyVersions.update"},
    "iam.googleapis.com": {
        *(f"workloadIdentityPoolProviders.{verb}" for verb in ("create", "update")),
        "workloadIdentityPools.update",
    },
    "logging.googleapis.com": {"buckets.update", "exclusions.create", "exclusions.update", "sinks.update"},
    "monitoring.googleapis.com": {"alertPolicies.delete"},
    "secretmanager.googleapis.com": {"secrets.update", "versions.disable"},
}


def test_of_disabling_the_administrators_alone_are_excepted() -> None:
    disabling = rules()[1]
    assert disabling["deniedPrincipals"] == ["principalSet://goog/public:all"]
    assert disabling["exceptionPrincipals"] == ["principalSet://goog/group/cloud-administrators@example.com"]
    assert set(disabling["deniedPermissions"]) == {
        f"{service}/{name}" for service, names in DISABLING.items() for name in names
    }
    assert "denialCondition" not in disabling


def test_no_account_needs_what_is_denied_to_all_but_administrators() -> None:
    needed = {deny.denied_permission(name) for role in ROLES.values() for name in role.permissions}
    assert needed.isdisjoint(deny_policy.DISABLING.permissions)


def test_a_key_of_a_service_account_is_made_by_nobody_at_all() -> None:
    keys = rules()[2]
    assert keys["deniedPermissions"] == ["iam.googleapis.com/serviceAccountKeys.create"]
    assert keys["deniedPrincipals"] == ["principalSet://goog/public:all"]
    assert not keys["exceptionPrincipals"]


def test_who_grants_acts_as_nobody_whatever_they_grant_themselves() -> None:
    impersonation = rules()[3]
    accounts = [f"{owner}-deploy@{PROJECT}.iam.gserviceaccount.com" for owner in ("identity", "team")]
    assert impersonation["deniedPrincipals"] == [
        f"principal://iam.googleapis.com/projects/-/serviceAccounts/{account}" for account in accounts
    ]
    assert set(impersonation["deniedPermissions"]) == {
        f"iam.googleapis.com/serviceAccounts.{verb}"
        for verb in ("actAs", "getAccessToken", "getOpenIdToken", "implicitDelegation", "signBlob", "signJwt")
    }
    assert len(rules()) == 4


@pytest.mark.parametrize("kind", ["databases", "instances", "users", "backupRuns"])
def test_everything_of_cloud_sql_that_can_be_deleted_is_protected(kind: str) -> None:
    assert f"cloudsql.googleapis.com/{kind}.delete" in deny_policy.DESTRUCTION.permissions


def test_the_organisation_policies_are_exactly_these() -> None:
    policies = of("orgpolicy/policy:Policy").values()
    rules = {item.inputs["name"].rpartition("/")[2]: item.inputs["spec"]["rules"] for item in policies}
    enforced = [{"enforce": "TRUE"}]
    assert rules == {
        "iam.disableServiceAccountKeyCreation": enforced,
        "iam.disableServiceAccountKeyUpload": enforced,
        "iam.automaticIamGrantsForDefaultServiceAccounts": enforced,
        "iam.workloadIdentityPoolProviders": [
            {"values": {"allowedValues": ["https://token.actions.githubusercontent.com"]}}
        ],
        "iam.allowedPolicyMemberDomains": [{"values": {"allowedValues": ["C0sandbox"]}}],
        "compute.skipDefaultNetworkCreation": enforced,
        "compute.disableSerialPortAccess": enforced,
        "compute.requireOsLogin": enforced,
        "compute.vmExternalIpAccess": [{"denyAll": "TRUE"}],
        "sql.restrictPublicIp": enforced,
        "sql.restrictAuthorizedNetworks": enforced,
        "storage.publicAccessPrevention": enforced,
        "storage.uniformBucketLevelAccess": enforced,
    }
    assert {item.inputs["parent"] for item in policies} == {f"projects/{PROJECT}"}


def test_a_constraint_that_acts_on_what_is_there_can_be_left_out_while_adopting() -> None:
    left_out = ["iam.allowedPolicyMemberDomains", "storage.publicAccessPrevention"]
    organization = {"id": "123456789012", "customerId": "C0sandbox", "without": left_out}
    declared = foundation({"organization": organization}).of("gcp:orgpolicy/policy:Policy").values()
    constraints = {item.inputs["name"].rpartition("/")[2] for item in declared}
    assert constraints == {
        item.inputs["name"].rpartition("/")[2] for item in of("orgpolicy/policy:Policy").values()
    } - {*left_out}


@pytest.mark.parametrize("constraint", ["iam.disableServiceAccountKeyCreation", "storage.PublicAccess"])
def test_no_other_constraint_can_be_left_out(constraint: str) -> None:
    organization = {"id": "123456789012", "customerId": "C0sandbox", "without": [constraint]}
    with pytest.raises(pulumi.RunError, match=r"organization\.without"):
        foundation({"organization": organization})


# What enables Compute or works on what comes with it.
MACHINES = {f"api-{name}" for name in ("compute", "container", "gkebackup", "servicenetworking", "sqladmin")}
FIRST = {
    "organization-compute.skipDefaultNetworkCreation",
    "organization-iam.automaticIamGrantsForDefaultServiceAccounts",
}


def test_the_apis_of_machines_come_after_the_policies_on_what_google_makes_with_them() -> None:
    services = of("projects/service:Service")
    assert {name for name, one in services.items() if one.dependencies >= FIRST} == MACHINES
    policies = of("orgpolicy/policy:Policy")
    assert all("api-orgpolicy" in policies[name].dependencies for name in FIRST)
    # Nothing that the policies need may wait for them.
    assert services["api-orgpolicy"].dependencies == frozenset()


def test_without_an_organisation_the_apis_wait_for_nothing() -> None:
    services = foundation({"organization": {}}).of("gcp:projects/service:Service")
    assert {name for name, one in services.items() if one.dependencies} == set()
    assert set(services) == set(of("projects/service:Service"))


def test_the_default_account_is_no_editor_unless_an_adopted_project_needs_it() -> None:
    kind = "gcp:projects/iamMemberRemove:IamMemberRemove"
    settings: list[Document] = [{}, {"organization": {}}]
    for changes in settings:
        [absent] = foundation(changes).of(kind).values()
        assert absent.inputs == {
            "project": PROJECT,
            "role": "roles/editor",
            "member": "serviceAccount:100200300400-compute@developer.gserviceaccount.com",
        }
        assert "api-compute" in absent.dependencies
    assert foundation({"keepDefaultEditor": True}).of(kind) == {}


def test_the_reads_of_these_services_are_logged_for_everybody() -> None:
    configured = of("projects/iAMAuditConfig:IAMAuditConfig").values()
    assert {item.inputs["service"] for item in configured} >= {
        f"{service}.googleapis.com" for service in ("iam", "sts", "storage", "secretmanager", "cloudsql", "cloudkms")
    }
    for item in configured:
        kinds = item.inputs["auditLogConfigs"]
        assert {kind["logType"] for kind in kinds} == {"ADMIN_READ", "DATA_READ", "DATA_WRITE"}
        assert not any(kind.get("exemptedMembers") for kind in kinds)


def test_google_takes_the_audit_configuration_of_every_service() -> None:
    configured = of("projects/iAMAuditConfig:IAMAuditConfig").values()
    assert {item.inputs["service"] for item in configured} <= auditable.SERVICES


@pytest.mark.parametrize(
    ("setting", "days", "locked"),
    [({}, 400, False), ({"locked": True}, 400, True), ({"retentionDays": 500, "locked": True}, 500, True)],
)
def test_the_log_is_kept_for_four_hundred_days_and_locked_where_the_environment_says_so(
    setting: Document, days: int, *, locked: bool
) -> None:
    engine = foundation({"auditLog": setting})
    [bucket] = engine.of("gcp:logging/projectBucketConfig:ProjectBucketConfig").values()
    assert (bucket.inputs["retentionDays"], bucket.inputs["locked"], bucket.protect) == (days, locked, True)
    assert bucket.inputs["enableAnalytics"] is True


def test_the_committed_log_is_locked() -> None:
    [bucket] = of("logging/projectBucketConfig:ProjectBucketConfig").values()
    assert (bucket.inputs["retentionDays"], bucket.inputs["locked"]) == (400, True)


def test_all_audit_logs_of_the_project_go_there() -> None:
    [bucket] = of("logging/projectBucketConfig:ProjectBucketConfig").values()
    [sink] = of("logging/projectSink:ProjectSink").values()
    place = f"projects/{PROJECT}/locations/{bucket.inputs['location']}/buckets/{bucket.inputs['bucketId']}"
    assert sink.inputs["destination"] == f"logging.googleapis.com/{place}"
    assert sink.inputs["filter"] == f'logName:"projects/{PROJECT}/logs/cloudaudit.googleapis.com"'
    assert not sink.inputs.get("exclusions")
    assert not sink.inputs.get("disabled")
    assert sink.protect


# Benchmark's number to what a log filter for it must name: kind of resource, and methods or fields.
CIS = {
    "CIS 2.4": ["SetIamPolicy", "roles/owner"],
    "CIS 2.5": ["SetIamPolicy", "auditConfigDeltas"],
    "CIS 2.6": ["iam_role", "CreateRole", "UpdateRole", "DeleteRole"],
    "CIS 2.7": ["gce_firewall_rule", "firewalls.insert", "firewalls.patch", "firewalls.delete"],
    "CIS 2.8": ["gce_route", "routes.insert", "routes.delete"],
    "CIS 2.9": ["gce_network", "networks.insert", "networks.patch", "networks.delete", "networks.addPeering"],
    "CIS 2.10": ["gcs_bucket", "storage.setIamPermissions"],
    "CIS 2.11": ["cloudsql_database", "instances.create", "instances.update", "instances.delete"],
}


@pytest.mark.parametrize("rule", CIS)
def test_a_change_that_the_benchmark_lists_is_told_of(rule: str) -> None:
    [alert] = [alert for alert in ALERTS.values() if alert.source == rule]
    assert [part for part in CIS[rule] if part not in alert.filter] == []


# Methods in audit logs that destroy or only disable, by the alert about them.
DENIED_METHODS = {
    "disabling": [
        "UpdateCryptoKeyVersion",
        "google.cloud.secretmanager.v1.SecretManagerService.DisableSecretVersion",
        "google.cloud.secretmanager.v1.SecretManagerService.UpdateSecret",
    ],
    "logs": [
        f"google.logging.v2.ConfigServiceV2.{verb}"
        for verb in ("CreateExclusion", "DeleteBucket", "DeleteSink", "UpdateBucket", "UpdateExclusion", "UpdateSink")
    ],
    "alerting": [
        "google.monitoring.v3.AlertPolicyService.DeleteAlertPolicy",
        "google.monitoring.v3.AlertPolicyService.UpdateAlertPolicy",
        "google.monitoring.v3.NotificationChannelService.DeleteNotificationChannel",
        "google.monitoring.v3.NotificationChannelService.UpdateNotificationChannel",
        "google.monitoring.v3.SnoozeService.CreateSnooze",
    ],
    "destruction": [
        "DestroyCryptoKeyVersion",
        "google.cloud.secretmanager.v1.SecretManagerService.DeleteSecret",
        "google.cloud.secretmanager.v1.SecretManagerService.DestroySecretVersion",
        "storage.buckets.delete",
    ],
}


@pytest.mark.parametrize(
    ("name", "method"), [(name, method) for name, methods in DENIED_METHODS.items() for method in methods]
)
def test_what_destroys_or_only_disables_is_told_of(name: str, method: str) -> None:
    _, _, listed = ALERTS[name].filter.partition("protoPayload.methodName:(")
    assert [word for word in re.findall(r'"([^"]+)"', listed) if word in method]


@pytest.mark.parametrize("name", sorted({"disabling", "logs", "alerting", "destruction"}))
def test_an_alert_by_methods_is_not_raised_by_reading(name: str) -> None:
    _, _, listed = ALERTS[name].filter.partition("protoPayload.methodName:(")
    read = ("GetSink", "ListSinks", "GetBucket", "GetSecretVersion", "AccessSecretVersion", "ListAlertPolicies")
    assert not [word for word in re.findall(r'"([^"]+)"', listed) if any(word in method for method in read)]


def test_every_alert_reaches_the_address_in_the_configuration_with_an_advice() -> None:
    [channel] = of("monitoring/notificationChannel:NotificationChannel").values()
    policies = of("monitoring/alertPolicy:AlertPolicy")
    assert channel.inputs["labels"] == {"email_address": "security-alerts@example.com"}
    assert {name.removeprefix("alert-") for name in policies} == set(ALERTS)
    for name, policy in policies.items():
        [condition] = policy.inputs["conditions"]
        alert = ALERTS[name.removeprefix("alert-")]
        assert condition["conditionMatchedLog"]["filter"] == alert.filter
        assert alert.advice in policy.inputs["documentation"]["content"]
        assert len(policy.inputs["notificationChannels"]) == 1
        assert policy.inputs.get("enabled") in (None, True)


@pytest.mark.parametrize("name", ALERTS)
def test_a_filter_is_whole(name: str) -> None:
    written = ALERTS[name].filter
    assert written.count("(") == written.count(")")
    assert written.count('"') % 2 == 0
    assert re.search(r"\w+(\.\w+)*(=|:)", written)


@pytest.mark.parametrize("name", ["federation", "guard-rails"])
def test_an_alert_by_a_kind_of_resource_is_of_changes_alone(name: str) -> None:
    # A preview reads pools, providers and policies, and data access logs have such reads.
    changed, _, rest = ALERTS[name].filter.partition(" AND ")
    assert changed == 'logName:"cloudaudit.googleapis.com%2Factivity"'
    assert " OR " not in rest or rest.startswith("(")


def test_a_state_is_kept_in_versions_encrypted_and_never_public() -> None:
    buckets = {item.inputs["name"]: item for item in of("storage/bucket:Bucket").values()}
    assert set(buckets) == STATES
    for name, bucket in buckets.items():
        inputs, layer = bucket.inputs, name.rpartition("-")[2]
        assert bucket.protect
        assert inputs["uniformBucketLevelAccess"] is True
        assert inputs["publicAccessPrevention"] == "enforced"
        assert inputs["forceDestroy"] is False
        assert inputs["versioning"] == {"enabled": True}
        assert inputs["softDeletePolicy"]["retentionDurationSeconds"] == 30 * DAY
        assert inputs["encryption"]["defaultKmsKeyName"].endswith(f"keyRings/state/cryptoKeys/{layer}")


def test_old_versions_of_a_state_alone_are_ever_removed() -> None:
    for bucket in of("storage/bucket:Bucket").values():
        [rule] = bucket.inputs["lifecycleRules"]
        assert rule["action"] == {"type": "Delete"}
        assert rule["condition"] == {"daysSinceNoncurrentTime": 400, "withState": "ARCHIVED"}


def test_every_key_rotates_and_can_be_taken_back_for_a_month() -> None:
    keys = of("kms/cryptoKey:CryptoKey")
    assert len(keys) == len(STATES) + 4
    for key in keys.values():
        assert key.protect
        assert int(key.inputs["rotationPeriod"].removesuffix("s")) <= 90 * DAY
        assert int(key.inputs["destroyScheduledDuration"].removesuffix("s")) >= 30 * DAY
    assert all(ring.protect for ring in of("kms/keyRing:KeyRing").values())


def test_an_api_is_left_enabled_when_it_is_no_longer_declared() -> None:
    for service in of("projects/service:Service").values():
        assert service.inputs["disableOnDestroy"] is False
        assert not service.inputs.get("disableDependentServices")


def test_the_secrets_of_contracts_and_apps_are_protected() -> None:
    secrets = of("secretmanager/secret:Secret")
    assert set(secrets) == {
        "app-reports-signing-key",
        *(f"contract-{name}" for name in ("foundation", "identity", "network", "platform", "storage")),
        *(f"contract-{name}-shop" for name in ("team", "namespaces")),
    }
    assert all(secret.protect and secret.inputs["deletionProtection"] for secret in secrets.values())


def test_what_can_never_be_made_again_under_its_name_is_protected() -> None:
    kinds = {item.type for item in gcp(committed()).values() if item.protect}
    assert kinds >= {
        "gcp:iam/workloadIdentityPool:WorkloadIdentityPool",
        "gcp:iam/workloadIdentityPoolProvider:WorkloadIdentityPoolProvider",
        "gcp:kms/cryptoKey:CryptoKey",
        "gcp:kms/keyRing:KeyRing",
        "gcp:storage/bucket:Bucket",
    }
