"""The cluster, its backups and its images: every value that a reviewer looks for."""

import json
from typing import Any

import pytest

from unit.platform_.deployment import deploy, deploy_namespaces
from unit.pulumi_mocks import PROJECT, Document, Engine

CLUSTER = "gcp:container/cluster:Cluster"
REPOSITORY = "gcp:artifactregistry/repository:Repository"
KEYS = f"projects/{PROJECT}/locations/europe-west4/keyRings/data/cryptoKeys"


@pytest.fixture(scope="module")
def engine() -> Engine:
    return deploy()


@pytest.fixture(scope="module")
def cluster(engine: Engine) -> Document:
    return engine.of(CLUSTER)["main"].inputs


def inputs_of_cluster(**changes: Any) -> Document:
    return deploy(cluster=changes).of(CLUSTER)["main"].inputs


def test_the_cluster_is_reached_by_google_identities_only(cluster: Document) -> None:
    assert cluster["controlPlaneEndpointsConfig"] == {
        "dnsEndpointConfig": {
            "allowExternalTraffic": True,
            "enableK8sTokensViaDns": False,
            "enableK8sCertsViaDns": False,
        },
        "ipEndpointsConfig": {"enabled": False},
    }
    assert cluster["anonymousAuthenticationConfig"] == {"mode": "LIMITED"}
    assert cluster["masterAuth"] == {"clientCertificateConfig": {"issueClientCertificate": False}}
    assert cluster["enableLegacyAbac"] is False


def test_rbac_knows_groups_and_grants_nothing_to_everybody(cluster: Document) -> None:
    assert cluster["authenticatorGroupsConfig"] == {"securityGroup": "gke-security-groups@example.com"}
    assert cluster["rbacBindingConfig"] == {
        "enableInsecureBindingSystemUnauthenticated": False,
        "enableInsecureBindingSystemAuthenticated": False,
    }


def test_nodes_are_private_and_run_as_their_own_account(cluster: Document) -> None:
    assert cluster["enableAutopilot"] is True
    assert cluster["privateClusterConfig"] == {"enablePrivateNodes": True}
    defaults = cluster["clusterAutoscaling"]["autoProvisioningDefaults"]
    assert defaults["serviceAccount"] == f"gke-nodes@{PROJECT}.iam.gserviceaccount.com"
    assert cluster["nodePoolAutoConfig"] == {"nodeKubeletConfig": {"insecureKubeletReadonlyPortEnabled": "FALSE"}}


def test_nothing_is_set_that_google_refuses_beside_autopilot(cluster: Document) -> None:
    conflicting = {"enableShieldedNodes", "enableIntranodeVisibility", "workloadIdentityConfig", "networkPolicy"}
    assert not cluster.keys() & (conflicting | {"nodeConfig", "nodePools", "removeDefaultNodePool"})
    assert "autopilotClusterPolicyConfig" not in cluster  # the API refuses it


def test_a_read_of_the_cluster_asks_for_no_instance_groups(cluster: Document) -> None:
    assert cluster["skipNodePoolRefresh"] is True  # the provider would need compute.instanceGroupManagers.list


def test_every_provider_takes_over_what_exists_and_fields_that_others_changed(engine: Engine) -> None:
    for stack in (engine, deploy_namespaces()):
        [provider] = stack.of("pulumi:providers:kubernetes").values()
        assert provider.inputs["upsertExistingObjects"] == "true"
        assert provider.inputs["enablePatchForce"] == "true"
        assert provider.inputs["enableServerSideApply"] == "true"


def test_secrets_backups_and_images_are_encrypted_with_our_own_keys(engine: Engine, cluster: Document) -> None:
    assert cluster["databaseEncryption"] == {"state": "ENCRYPTED", "keyName": f"{KEYS}/cluster"}
    [plan] = engine.of("gcp:gkebackup/backupPlan:BackupPlan").values()
    assert plan.inputs["backupConfig"]["encryptionKey"] == {"gcpKmsEncryptionKey": f"{KEYS}/backups"}
    assert {item.inputs["kmsKeyName"] for item in deploy_namespaces().of(REPOSITORY).values()} == {f"{KEYS}/registry"}


def test_the_cluster_and_its_backups_cannot_be_deleted_by_mistake(engine: Engine, cluster: Document) -> None:
    assert cluster["deletionProtection"] is True
    for kind in (CLUSTER, "gcp:gkebackup/backupPlan:BackupPlan"):
        assert engine.of(kind)
        assert all(item.protect for item in engine.of(kind).values())


def test_everything_in_the_cluster_is_backed_up_and_the_retention_is_locked(engine: Engine, cluster: Document) -> None:
    [plan] = engine.of("gcp:gkebackup/backupPlan:BackupPlan").values()
    config = plan.inputs["backupConfig"]
    assert [config[key] for key in ("allNamespaces", "includeSecrets", "includeVolumeData")] == [True, True, True]
    assert plan.inputs["retentionPolicy"] == {"backupRetainDays": 35, "backupDeleteLockDays": 14, "locked": True}
    assert plan.inputs["backupSchedule"]["paused"] is False
    assert cluster["addonsConfig"]["gkeBackupAgentConfig"] == {"enabled": True}


def test_only_images_of_our_registry_googles_own_and_the_proxy_run(engine: Engine, cluster: Document) -> None:
    [policy] = engine.of("gcp:binaryauthorization/policy:Policy").values()
    assert policy.protect
    assert policy.inputs["defaultAdmissionRule"] == {
        "evaluationMode": "ALWAYS_DENY",
        "enforcementMode": "ENFORCED_BLOCK_AND_AUDIT_LOG",
    }
    proxy = engine.outputs["contract"]["databaseProxyImage"]
    patterns = {pattern["namePattern"] for pattern in policy.inputs["admissionWhitelistPatterns"]}
    assert patterns == {f"europe-west4-docker.pkg.dev/{PROJECT}/**", proxy}
    assert policy.inputs["globalPolicyEvaluationMode"] == "ENABLE"
    assert cluster["binaryAuthorization"] == {"evaluationMode": "PROJECT_SINGLETON_POLICY_ENFORCE"}


def test_the_policy_on_images_is_there_before_the_cluster(engine: Engine) -> None:
    needed = {"images", "main-deny-egress", "main-egress-google-apis", "private-pkg-dev-aliases", "main-gateway"}
    assert needed <= engine.of(CLUSTER)["main"].dependencies


def test_upgrades_come_on_weekend_nights_and_are_announced(cluster: Document) -> None:
    assert cluster["releaseChannel"] == {"channel": "REGULAR"}
    assert cluster["maintenancePolicy"] == {
        "recurringWindow": {
            "startTime": "2025-01-04T01:00:00Z",
            "endTime": "2025-01-04T07:00:00Z",
            "recurrence": "FREQ=WEEKLY;BYDAY=SA,SU",
        }
    }
    assert cluster["notificationConfig"]["pubsub"]["enabled"] is True
    assert "minMasterVersion" not in cluster


def test_a_window_may_pass_midnight() -> None:
    window = inputs_of_cluster(maintenance={"days": ["MO", "TU"], "start": "22:30", "hours": 6})["maintenancePolicy"]
    assert window["recurringWindow"]["startTime"] == "2025-01-04T22:30:00Z"
    assert window["recurringWindow"]["endTime"] == "2025-01-05T04:30:00Z"


def test_a_freeze_and_a_version_reach_the_cluster() -> None:
    freeze = {"start": "2026-11-20T00:00:00Z", "end": "2026-12-02T00:00:00Z"}
    always = {"days": ["MO", "TU", "WE", "TH", "FR", "SA", "SU"]}
    inputs = inputs_of_cluster(freezes={"sales": freeze}, minimumVersion="1.35", maintenance=always)
    assert inputs["minMasterVersion"] == "1.35"
    assert inputs["maintenancePolicy"]["maintenanceExclusions"] == [
        {
            "exclusionName": "sales",
            "startTime": freeze["start"],
            "endTime": freeze["end"],
            "exclusionOptions": {"scope": "NO_UPGRADES"},
        }
    ]


def test_logs_metrics_and_costs_are_seen(cluster: Document) -> None:
    assert {"SYSTEM_COMPONENTS", "WORKLOADS", "APISERVER"} <= set(cluster["loggingConfig"]["enableComponents"])
    assert cluster["monitoringConfig"]["managedPrometheus"] == {"enabled": True}
    assert cluster["costManagementConfig"] == {"enabled": True}
    assert cluster["securityPostureConfig"]["mode"] == "BASIC"


def test_the_kubeconfig_holds_no_credential(engine: Engine) -> None:
    provider = engine.of("pulumi:providers:kubernetes")["main"]
    kubeconfig = json.loads(provider.inputs["kubeconfig"])
    assert kubeconfig["clusters"][0]["cluster"] == {"server": "https://gke-1234.europe-west4.gke.goog"}
    assert set(kubeconfig["users"][0]["user"]) == {"exec"}
