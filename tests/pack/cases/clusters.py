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

WINDOW: Inputs = {
    "startTime": "2025-01-04T01:00:00Z",
    "endTime": "2025-01-04T07:00:00Z",
    "recurrence": "FREQ=WEEKLY;BYDAY=SA,SU",
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
    "maintenancePolicy": {"recurringWindow": WINDOW},
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
        ("enableKubernetesAlpha", True),
    ),
    *breaking(
        "gke-maintenance-possible",
        CLUSTER,
        ("maintenancePolicy", REMOVED, "has no window"),
        *(
            ("maintenancePolicy.recurringWindow", {**WINDOW, **changes}, "leaves too little time")
            for changes in (
                {"endTime": "2025-01-04T04:59:00Z", "recurrence": "FREQ=DAILY"},
                {"recurrence": "FREQ=WEEKLY;BYDAY=SA"},
                {"recurrence": "FREQ=WEEKLY;BYDAY=SA,SA"},
                {"recurrence": "FREQ=WEEKLY"},
                {"endTime": "2025-01-04T00:00:00Z"},
            )
        ),
        *(
            ("maintenancePolicy.recurringWindow", {**WINDOW, **changes}, "cannot be judged")
            for changes in (
                {"recurrence": "FREQ=YEARLY"},
                {"recurrence": "FREQ=MONTHLY;BYSETPOS=1;BYDAY=SA,SU"},
                {"recurrence": "FREQ=DAILY;UNTIL=20260101T000000Z"},
                {"recurrence": UNKNOWN_STRING},
                {"startTime": "2025-01-04T01:00:00"},
            )
        ),
        (
            "maintenancePolicy.maintenanceExclusions",
            [
                exclusion("2026-12-01T00:00:00Z", "2026-12-20T00:00:00Z", "NO_UPGRADES"),
                exclusion("2026-12-21T00:00:00Z", "2027-01-10T00:00:00Z", None),
            ],
            "of NO_UPGRADES follow each other from 2026-12-01 to 2027-01-10",
        ),
        (
            "maintenancePolicy.maintenanceExclusions",
            [
                exclusion("2027-05-01T00:00:00Z", "2027-10-01T00:00:00Z", "NO_MINOR_UPGRADES"),
                exclusion("2026-12-01T00:00:00Z", "2027-05-20T00:00:00Z", "NO_MINOR_UPGRADES"),
            ],
            "of all scopes follow each other",
        ),
        (
            "maintenancePolicy.maintenanceExclusions",
            [
                exclusion("2026-12-01T00:00:00Z", "2027-05-20T00:00:00Z", "NO_MINOR_UPGRADES"),
                exclusion("2027-05-20T00:00:00Z", "2027-06-20T00:00:00Z", "NO_MINOR_OR_NODE_UPGRADES"),
            ],
            "from 2026-12-01 to 2027-06-20: together they keep fixes away for longer than 180 days",
        ),
        (
            "maintenancePolicy.maintenanceExclusions",
            [
                exclusion(f"2026-{month:02}-01T00:00:00Z", f"2026-{month:02}-02T00:00:00Z", "NO_UPGRADES")
                for month in range(1, 5)
            ],
            "has 4 exclusions of all upgrades",
        ),
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
                ("2026-12-02T00:00:00Z", "2026-12-01T00:00:00Z", "NO_UPGRADES"),
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
        ("upgradeSettings", {"maxSurge": 0, "maxUnavailable": 0}, "lets no node be added or taken away"),
        ("autoscaling", {"minNodeCount": 5, "maxNodeCount": 3}, "autoscaling.minNodeCount is more than maxNodeCount"),
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
        (
            "maintenancePolicy.maintenanceExclusions",
            [
                exclusion("2026-12-01T00:00:00Z", "2026-12-20T00:00:00Z", "NO_UPGRADES"),
                exclusion("2026-12-22T00:00:00Z", "2027-01-10T00:00:00Z", "NO_UPGRADES"),
                exclusion("2026-12-20T00:00:00Z", "2027-01-20T00:00:00Z", "NO_MINOR_UPGRADES"),
            ],
        ),
        ("maintenancePolicy.recurringWindow", {**WINDOW, "recurrence": "RRULE:FREQ=DAILY"}),
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
