"""Cases of GKE clusters and their nodes."""

from typing import Any

from pack.analyzer import UNKNOWN_STRING
from pack.cases import REMOVED, Broken, Inputs, Valid, breaking

CLUSTER = "gcp:container/cluster:Cluster"

POOL = "gcp:container/nodePool:NodePool"

A_KEY = "projects/p/locations/r/keyRings/data/cryptoKeys/cluster"

NODES = "gke-nodes@p.iam.gserviceaccount.com"

_STANDARD_NODE: dict[str, Any] = {
    "serviceAccount": NODES,
    "imageType": "COS_CONTAINERD",
    "shieldedInstanceConfig": {"enableSecureBoot": True, "enableIntegrityMonitoring": True},
    "workloadMetadataConfig": {"mode": "GKE_METADATA"},
    "kubeletConfig": {"insecureKubeletReadonlyPortEnabled": "FALSE"},
}

_ANY_CLUSTER: dict[str, Any] = {
    "location": "europe-west4",
    "deletionProtection": True,
    "privateClusterConfig": {"enablePrivateNodes": True},
    "ipAllocationPolicy": {"clusterSecondaryRangeName": "pods"},
    "controlPlaneEndpointsConfig": {
        "dnsEndpointConfig": {"allowExternalTraffic": True},
        "ipEndpointsConfig": {"enabled": False},
    },
    "authenticatorGroupsConfig": {"securityGroup": "gke-security-groups@example.com"},
    "anonymousAuthenticationConfig": {"mode": "LIMITED"},
    "rbacBindingConfig": {
        "enableInsecureBindingSystemAuthenticated": False,
        "enableInsecureBindingSystemUnauthenticated": False,
    },
    "binaryAuthorization": {"evaluationMode": "PROJECT_SINGLETON_POLICY_ENFORCE"},
    "databaseEncryption": {"state": "ENCRYPTED", "keyName": A_KEY},
    "releaseChannel": {"channel": "REGULAR"},
    "maintenancePolicy": {"recurringWindow": {"recurrence": "FREQ=WEEKLY"}},
    "loggingConfig": {"enableComponents": ["SYSTEM_COMPONENTS", "WORKLOADS", "APISERVER"]},
    "monitoringConfig": {"enableComponents": ["SYSTEM_COMPONENTS"], "managedPrometheus": {"enabled": True}},
    "nodePoolAutoConfig": {"nodeKubeletConfig": {"insecureKubeletReadonlyPortEnabled": "FALSE"}},
    "addonsConfig": {"gkeBackupAgentConfig": {"enabled": True}},
}

AUTOPILOT: dict[str, Any] = {
    **_ANY_CLUSTER,
    "enableAutopilot": True,
    "clusterAutoscaling": {"autoProvisioningDefaults": {"serviceAccount": NODES}},
}

STANDARD: dict[str, Any] = {
    **_ANY_CLUSTER,
    "datapathProvider": "ADVANCED_DATAPATH",
    "enableIntranodeVisibility": True,
    "enableShieldedNodes": True,
    "workloadIdentityConfig": {"workloadPool": "p.svc.id.goog"},
    "nodeConfig": _STANDARD_NODE,
}

_ENDPOINTS = "controlPlaneEndpointsConfig"


def exclusion(start: str, end: str, scope: str | None) -> Inputs:
    """Exclusion from maintenance."""
    return {"exclusionName": "season", "startTime": start, "endTime": end, "exclusionOptions": {"scope": scope}}


VALID: dict[str, Valid] = {
    CLUSTER: Valid(AUTOPILOT, protect=True),
    POOL: Valid({"nodeConfig": _STANDARD_NODE, "management": {"autoRepair": True, "autoUpgrade": True}}),
}

BROKEN: list[Broken] = [
    *breaking(
        "gke-arguments-of-its-mode",
        CLUSTER,
        ("addonsConfig.slurmOperatorConfig", {"enabled": True}, "addonsConfig.slurmOperatorConfig.enabled is true"),
        ("autopilotClusterPolicyConfig", {"noSystemMutation": True}, "Google refuses it on an Autopilot cluster"),
        ("defaultMaxPodsPerNode", 64),
        ("enableIntranodeVisibility", True),
        ("enableShieldedNodes", True),
        ("enableTpu", True),
        ("networkPolicy", {"enabled": True}),
        ("nodeConfig", {"machineType": "e2-standard-4"}),
        ("nodePools", [{"name": "own"}]),
        ("removeDefaultNodePool", True),
        ("", {**STANDARD, "allowNetAdmin": True}, "Google refuses it on a Standard cluster"),
    ),
    Broken("datastore-protected", CLUSTER, "protect", False),
    *breaking("datastore-protected", CLUSTER, ("deletionProtection", False)),
    *breaking(
        "gke-private-nodes",
        CLUSTER,
        ("privateClusterConfig.enablePrivateNodes", False),
        ("privateClusterConfig", REMOVED),
    ),
    *breaking(
        "gke-control-plane-closed",
        CLUSTER,
        (f"{_ENDPOINTS}.ipEndpointsConfig.enabled", True, "to everybody"),
        (f"{_ENDPOINTS}", REMOVED),
        (f"{_ENDPOINTS}.dnsEndpointConfig.enableK8sTokensViaDns", True),
        (f"{_ENDPOINTS}.dnsEndpointConfig.enableK8sCertsViaDns", True),
    ),
    *breaking(
        "gke-control-plane-closed",
        CLUSTER,
        (
            "",
            {
                **AUTOPILOT,
                _ENDPOINTS: {},
                "masterAuthorizedNetworksConfig": {"cidrBlocks": [{"cidrBlock": "0.0.0.0/0"}]},
            },
        ),
        (
            "",
            {
                **AUTOPILOT,
                _ENDPOINTS: {},
                "masterAuthorizedNetworksConfig": {
                    "cidrBlocks": [{"cidrBlock": "203.0.113.0/24"}],
                    "gcpPublicCidrsAccessEnabled": True,
                },
            },
            "every machine on Google Cloud",
        ),
    ),
    *breaking(
        "gke-authentication-by-google",
        CLUSTER,
        ("masterAuth.clientCertificateConfig.issueClientCertificate", True),
        ("masterAuth.username", "admin"),
        ("masterAuth.password", "hunter2"),
        ("enableLegacyAbac", True),
        ("authenticatorGroupsConfig", REMOVED, "gke-security-groups"),
        ("authenticatorGroupsConfig.securityGroup", "all@example.com"),
        ("anonymousAuthenticationConfig.mode", "ENABLED"),
        ("rbacBindingConfig.enableInsecureBindingSystemAuthenticated", True),
        ("rbacBindingConfig.enableInsecureBindingSystemUnauthenticated", REMOVED),
    ),
    *breaking("gke-workload-identity", CLUSTER, ("workloadIdentityConfig", {"workloadPool": "other"})),
    *breaking("gke-workload-identity", CLUSTER, ("", {**STANDARD, "workloadIdentityConfig": {}})),
    *breaking(
        "gke-node-account",
        CLUSTER,
        ("clusterAutoscaling", REMOVED, "are editors"),
        ("clusterAutoscaling.autoProvisioningDefaults.serviceAccount", "default"),
        ("", {**STANDARD, "nodeConfig": {**_STANDARD_NODE, "serviceAccount": "default"}}),
    ),
    *breaking(
        "gke-images-checked",
        CLUSTER,
        ("binaryAuthorization", REMOVED),
        ("binaryAuthorization.evaluationMode", "DISABLED"),
    ),
    *breaking(
        "gke-secrets-encrypted",
        CLUSTER,
        ("databaseEncryption.state", "DECRYPTED"),
        ("databaseEncryption.keyName", REMOVED),
    ),
    *breaking(
        "gke-kept-up-to-date",
        CLUSTER,
        ("releaseChannel.channel", "UNSPECIFIED"),
        ("releaseChannel.channel", "RAPID"),
        ("maintenancePolicy", REMOVED, "has no window"),
        ("enableKubernetesAlpha", True),
        *(
            (
                "maintenancePolicy.maintenanceExclusions",
                [exclusion(start, end, scope)],
                "keeps fixes away for longer than",
            )
            for start, end, scope in (
                ("2026-12-01T00:00:00Z", "2026-12-31T00:00:01Z", "NO_UPGRADES"),
                ("2026-12-01T00:00:00Z", "2099-01-01T00:00:00Z", "NO_MINOR_UPGRADES"),
                ("2026-12-01T00:00:00Z", "2027-02-01T00:00:00Z", None),
                ("2026-12-01T00:00:00", "2026-12-02T00:00:00", "NO_UPGRADES"),
                ("2026-12-01T00:00:00Z", "soon", "NO_UPGRADES"),
                ("2026-12-01T00:00:00Z", UNKNOWN_STRING, "NO_UPGRADES"),
            )
        ),
    ),
    *breaking(
        "gke-observed",
        CLUSTER,
        ("loggingConfig.enableComponents", ["SYSTEM_COMPONENTS", "WORKLOADS"], "has no APISERVER"),
        ("loggingConfig", REMOVED),
        ("monitoringConfig", REMOVED),
        ("monitoringConfig.managedPrometheus.enabled", False),
        ("loggingService", "none"),
    ),
    *breaking(
        "gke-traffic-controlled",
        CLUSTER,
        ("serviceExternalIpsConfig.enabled", True, "CVE-2020-8554"),
        ("ipAllocationPolicy", REMOVED),
        ("", {**STANDARD, "datapathProvider": "LEGACY_DATAPATH"}),
        ("", {**STANDARD, "enableIntranodeVisibility": False}),
    ),
    *breaking(
        "gke-no-way-around",
        CLUSTER,
        ("nodePoolAutoConfig", REMOVED, "read-only port is not closed"),
        ("addonsConfig.kubernetesDashboard", {}),
        ("nodePoolDefaults.nodeConfigDefaults.insecureKubeletReadonlyPortEnabled", "TRUE"),
    ),
    *breaking(
        "gke-survives-a-zone",
        CLUSTER,
        ("location", "europe-west4-a", "not a region"),
        ("addonsConfig.gkeBackupAgentConfig.enabled", False),
    ),
    *breaking(
        "gke-nodes-shielded",
        POOL,
        ("nodeConfig.shieldedInstanceConfig.enableSecureBoot", False),
        ("nodeConfig.shieldedInstanceConfig.enableIntegrityMonitoring", REMOVED),
        ("nodeConfig.imageType", "UBUNTU_CONTAINERD"),
    ),
    *breaking("gke-nodes-shielded", CLUSTER, ("", {**STANDARD, "enableShieldedNodes": False})),
    *breaking(
        "gke-node-metadata-hidden",
        POOL,
        ("nodeConfig.workloadMetadataConfig.mode", "GCE_METADATA"),
        ("nodeConfig.workloadMetadataConfig", REMOVED),
        ("nodeConfig.metadata", {"disable-legacy-endpoints": "false"}),
    ),
    *breaking(
        "gke-node-pool-account", POOL, ("nodeConfig.serviceAccount", REMOVED), ("nodeConfig.serviceAccount", "default")
    ),
    *breaking(
        "gke-node-pool-maintained",
        POOL,
        ("management.autoRepair", False),
        ("management.autoUpgrade", REMOVED),
        ("networkConfig.enablePrivateNodes", False),
        ("nodeConfig.kubeletConfig.insecureKubeletReadonlyPortEnabled", "TRUE"),
    ),
]

ACCEPTED: list[Broken] = [
    *breaking(
        "",
        CLUSTER,
        ("", STANDARD),
        ("", {**STANDARD, "nodeConfig": {}, "removeDefaultNodePool": True}),
        (
            "",
            {
                **AUTOPILOT,
                _ENDPOINTS: {},
                "masterAuthorizedNetworksConfig": {"cidrBlocks": [{"cidrBlock": "203.0.0.0/16"}]},
            },
        ),
        ("workloadIdentityConfig", {"workloadPool": "p.svc.id.goog"}),
        ("maintenancePolicy", {"dailyMaintenanceWindow": {"startTime": "01:00"}}),
        *(
            ("maintenancePolicy.maintenanceExclusions", [exclusion("2026-12-01T00:00:00Z", end, scope)])
            for end, scope in (("2026-12-31T00:00:00Z", "NO_UPGRADES"), ("2027-05-30T00:00:00Z", "NO_MINOR_UPGRADES"))
        ),
        ("monitoringConfig.managedPrometheus", REMOVED),
        ("loggingService", "logging.googleapis.com/kubernetes"),
        ("addonsConfig.kubernetesDashboard", {"disabled": True}),
        (
            "",
            {
                **AUTOPILOT,
                "nodePoolAutoConfig": {},
                "nodePoolDefaults": {"nodeConfigDefaults": {"insecureKubeletReadonlyPortEnabled": "FALSE"}},
            },
        ),
    ),
    *breaking("", POOL, ("nodeConfig.metadata", {"disable-legacy-endpoints": "true"}), ("networkConfig", {})),
]
