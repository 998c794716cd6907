"""Cases of what the platform layer declares: network, cluster, registry, and what is set up in the cluster."""

from typing import Any

from pack.cases import REMOVED, Broken, Valid, breaking

NETWORK = "gcp:compute/network:Network"
SUBNETWORK = "gcp:compute/subnetwork:Subnetwork"
FIREWALL = "gcp:compute/firewall:Firewall"
NAT = "gcp:compute/routerNat:RouterNat"
TLS = "gcp:compute/sSLPolicy:SSLPolicy"
ZONE = "gcp:dns/managedZone:ManagedZone"
DNS_POLICY = "gcp:dns/policy:Policy"
CLUSTER = "gcp:container/cluster:Cluster"
POOL = "gcp:container/nodePool:NodePool"
REPOSITORY = "gcp:artifactregistry/repository:Repository"
ADMISSION = "gcp:binaryauthorization/policy:Policy"
NAMESPACE = "kubernetes:core/v1:Namespace"
QUOTA = "kubernetes:core/v1:ResourceQuota"
ROLE = "kubernetes:rbac.authorization.k8s.io/v1:Role"
CLUSTER_ROLE = "kubernetes:rbac.authorization.k8s.io/v1:ClusterRole"
BINDING = "kubernetes:rbac.authorization.k8s.io/v1:RoleBinding"
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

VALID: dict[str, Valid] = {
    NETWORK: Valid({"name": "main", "autoCreateSubnetworks": False}, protect=True),
    SUBNETWORK: Valid(
        {"privateIpGoogleAccess": True, "logConfig": {"metadata": "INCLUDE_ALL_METADATA"}, "stackType": "IPV4_ONLY"},
        protect=True,
    ),
    "gcp:servicenetworking/connection:Connection": Valid({"deletionPolicy": "ABANDON"}, protect=True),
    FIREWALL: Valid(
        {"direction": "INGRESS", "allows": [{"protocol": "tcp", "ports": ["443"]}], "sourceRanges": ["35.191.0.0/16"]}
    ),
    NAT: Valid({"logConfig": {"enable": True, "filter": "ALL"}}),
    TLS: Valid({"profile": "RESTRICTED", "minTlsVersion": "TLS_1_2"}),
    ZONE: Valid({"visibility": "public", "dnssecConfig": {"state": "on"}}),
    DNS_POLICY: Valid({"enableLogging": True}),
    CLUSTER: Valid(AUTOPILOT, protect=True),
    POOL: Valid({"nodeConfig": _STANDARD_NODE, "management": {"autoRepair": True, "autoUpgrade": True}}),
    REPOSITORY: Valid(
        {
            "format": "DOCKER",
            "mode": "STANDARD_REPOSITORY",
            "kmsKeyName": A_KEY,
            "dockerConfig": {"immutableTags": True},
            "vulnerabilityScanningConfig": {"enablementConfig": "INHERITED"},
        },
        protect=True,
    ),
    ADMISSION: Valid(
        {
            "defaultAdmissionRule": {
                "evaluationMode": "ALWAYS_DENY",
                "enforcementMode": "ENFORCED_BLOCK_AND_AUDIT_LOG",
            },
            "admissionWhitelistPatterns": [
                {"namePattern": "europe-west4-docker.pkg.dev/p/shop/**"},
                {"namePattern": f"gcr.io/proxy@sha256:{'a' * 64}"},
            ],
        }
    ),
    NAMESPACE: Valid(
        {"metadata": {"name": "storefront", "labels": {"pod-security.kubernetes.io/enforce": "restricted"}}}
    ),
    QUOTA: Valid(
        {
            "metadata": {"namespace": "storefront"},
            "spec": {
                "hard": {
                    "pods": "20",
                    "requests.cpu": "4",
                    "requests.memory": "8Gi",
                    "services.loadbalancers": "0",
                    "services.nodeports": "0",
                }
            },
        }
    ),
    ROLE: Valid(
        {
            "metadata": {"namespace": "storefront"},
            "rules": [{"apiGroups": ["apps"], "resources": ["deployments"], "verbs": ["get", "create", "delete"]}],
        }
    ),
    CLUSTER_ROLE: Valid(
        {
            "metadata": {"name": "reader"},
            "rules": [{"apiGroups": [""], "resources": ["pods", "pods/log"], "verbs": ["get", "list", "watch"]}],
        }
    ),
    BINDING: Valid(
        {
            "metadata": {"namespace": "storefront"},
            "roleRef": {"kind": "Role", "name": "developer"},
            "subjects": [{"kind": "Group", "name": "team@example.com"}, {"kind": "User", "name": NODES}],
        }
    ),
}

_ENDPOINTS = "controlPlaneEndpointsConfig"


def _role(policy: str, kind: str, *rules: dict[str, Any]) -> list[Broken]:
    full = {"apiGroups": ["x"], "resources": ["y"], "verbs": ["get"]}
    return [Broken(policy, kind, "rules.0", {**full, **one}) for one in rules]


BROKEN: list[Broken] = [
    *breaking(
        "network-custom-mode",
        NETWORK,
        ("autoCreateSubnetworks", True),
        ("autoCreateSubnetworks", REMOVED),
        ("name", "default", "like the default network"),
    ),
    *(Broken("network-protected", kind, "protect", False) for kind in (NETWORK, SUBNETWORK)),
    *breaking(
        "network-subnet-observed", SUBNETWORK, ("logConfig", REMOVED), ("logConfig.metadata", "EXCLUDE_ALL_METADATA")
    ),
    *breaking(
        "network-subnet-private-access",
        SUBNETWORK,
        ("privateIpGoogleAccess", False),
        ("ipv6AccessType", "EXTERNAL", "public addresses"),
    ),
    *breaking(
        "network-firewall-closed",
        FIREWALL,
        ("sourceRanges", ["0.0.0.0/0"], "the whole internet"),
        ("sourceRanges", ["10.0.0.0/8", "::/0"]),
        ("sourceRanges", ["0.0.0.0/1"]),
        ("sourceRanges", REMOVED, "lets everybody in"),
    ),
    *breaking(
        "network-firewall-egress-named",
        FIREWALL,
        ("", {"direction": "EGRESS", "allows": [{"protocol": "all"}], "destinationRanges": ["0.0.0.0/0"]}),
        ("", {"direction": "EGRESS", "allows": [{"protocol": "tcp"}]}, "lets everything out"),
    ),
    *breaking("network-nat-logged", NAT, ("logConfig.enable", False), ("logConfig", REMOVED)),
    *breaking("network-tls-modern", TLS, ("profile", "COMPATIBLE"), ("minTlsVersion", "TLS_1_0"), ("profile", REMOVED)),
    *breaking(
        "network-dns-signed",
        ZONE,
        ("dnssecConfig.state", "off"),
        ("dnssecConfig.defaultKeySpecs", [{"algorithm": "rsasha1"}], "uses rsasha1"),
        ("forwardingConfig.targetNameServers", [{"ipv4Address": "203.0.113.1"}]),
    ),
    *breaking("network-dns-logged", DNS_POLICY, ("enableLogging", False), ("enableLogging", REMOVED)),
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
    *breaking("registry-tags-immutable", REPOSITORY, ("dockerConfig", REMOVED), ("dockerConfig.immutableTags", False)),
    *breaking(
        "registry-scanned",
        REPOSITORY,
        ("vulnerabilityScanningConfig.enablementConfig", "DISABLED"),
        ("mode", "REMOTE_REPOSITORY", "images of strangers"),
    ),
    *breaking("datastore-encrypted-with-own-key", REPOSITORY, ("kmsKeyName", REMOVED)),
    *breaking(
        "registry-images-admitted-by-name",
        ADMISSION,
        ("defaultAdmissionRule.evaluationMode", "ALWAYS_ALLOW", "any image runs"),
        ("defaultAdmissionRule.enforcementMode", "DRYRUN_AUDIT_LOG_ONLY"),
        ("defaultAdmissionRule", REMOVED),
        ("admissionWhitelistPatterns.0.namePattern", "gcr.io/*", "neither a repository of ours"),
        ("admissionWhitelistPatterns.0.namePattern", "europe-west4-docker.pkg.dev/**"),
        ("admissionWhitelistPatterns.0.namePattern", "nginx:latest"),
        (
            "clusterAdmissionRules",
            [{"evaluationMode": "ALWAYS_ALLOW", "enforcementMode": "ENFORCED_BLOCK_AND_AUDIT_LOG"}],
        ),
    ),
    *breaking(
        "namespace-pod-security",
        NAMESPACE,
        ("metadata.labels", {}, "enforce is not set"),
        ("metadata.labels", {"pod-security.kubernetes.io/enforce": "baseline"}, "enforce is baseline"),
    ),
    *breaking(
        "namespace-named",
        QUOTA,
        ("metadata.namespace", "default"),
        ("metadata.namespace", "kube-system"),
        ("metadata", {}),
    ),
    *breaking(
        "namespace-quota-closes-ways-out",
        QUOTA,
        ("spec.hard.services/loadbalancers", "1"),
        ("spec.hard.services/nodeports", REMOVED),
        ("spec.hard.pods", REMOVED, "starve"),
        ("spec.hard.requests/memory", REMOVED),
    ),
    *_role("rbac-no-wildcards rbac-cluster-roles-read", CLUSTER_ROLE, {"apiGroups": ["*"], "verbs": ["patch"]}),
    *_role("rbac-no-wildcards", ROLE, {"apiGroups": ["*"]}),
    *breaking("rbac-no-wildcards", CLUSTER_ROLE, ("aggregationRule", {"clusterRoleSelectors": []}, "takes in rules")),
    *_role(
        "rbac-no-escalation",
        ROLE,
        {"verbs": ["bind"]},
        {"verbs": ["impersonate"]},
        {"resources": ["rolebindings"], "verbs": ["get", "create"]},
        {"resources": ["roles"], "verbs": ["patch"]},
    ),
    *_role("rbac-no-secrets", ROLE, {"resources": ["secrets"]}),
    *_role(
        "rbac-no-way-into-pods",
        ROLE,
        {"resources": ["pods/exec"], "verbs": ["create"]},
        {"resources": ["pods/portforward"], "verbs": ["create"]},
        {"resources": ["pods/ephemeralcontainers"], "verbs": ["patch"]},
        {"resources": ["nodes/proxy"]},
    ),
    *_role("rbac-no-wildcards rbac-no-way-into-pods", ROLE, {"resources": ["pods/*"]}),
    *_role(
        "rbac-no-credentials",
        ROLE,
        {"resources": ["serviceaccounts/token"], "verbs": ["create"]},
        {"resources": ["certificatesigningrequests/approval"], "verbs": ["update"]},
    ),
    *_role(
        "rbac-no-admission-control",
        ROLE,
        {"resources": ["mutatingwebhookconfigurations"], "verbs": ["patch"]},
        {"resources": ["persistentvolumes"], "verbs": ["create"]},
    ),
    *_role(
        "rbac-no-wildcards rbac-no-escalation rbac-no-secrets rbac-no-way-into-pods rbac-no-credentials "
        "rbac-no-admission-control rbac-cluster-roles-read",
        CLUSTER_ROLE,
        {"apiGroups": ["*"], "resources": ["*"], "verbs": ["*"]},
    ),
    *breaking("rbac-cluster-roles-read", CLUSTER_ROLE, ("rules.0.verbs", ["get", "create"], "in every namespace")),
    *breaking(
        "rbac-binds-known-subjects",
        BINDING,
        ("subjects.0.name", "system:authenticated", "everybody"),
        ("subjects.0", {"kind": "ServiceAccount", "name": "default"}),
        ("subjects.0", {"kind": "User", "name": "jane@example.com"}, "the person"),
        ("roleRef.name", "cluster-admin", "roleRef is cluster-admin"),
        ("roleRef.name", "edit"),
        ("roleRef.name", "system:node"),
    ),
]
