"""Cases of network and registry."""

from pack.cases import REMOVED, Broken, Valid, breaking

NETWORK = "gcp:compute/network:Network"

SUBNETWORK = "gcp:compute/subnetwork:Subnetwork"

FIREWALL = "gcp:compute/firewall:Firewall"

NAT = "gcp:compute/routerNat:RouterNat"

TLS = "gcp:compute/sSLPolicy:SSLPolicy"

ZONE = "gcp:dns/managedZone:ManagedZone"

DNS_POLICY = "gcp:dns/policy:Policy"

REPOSITORY = "gcp:artifactregistry/repository:Repository"

ADMISSION = "gcp:binaryauthorization/policy:Policy"

A_KEY = "projects/p/locations/r/keyRings/data/cryptoKeys/cluster"

DELETE_UNTAGGED = {"id": "old", "action": "DELETE", "condition": {"tagState": "UNTAGGED", "olderThan": "2592000s"}}
KEEP = {"id": "last", "action": "KEEP", "mostRecentVersions": {"keepCount": 10}}

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
}

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
        ("sourceRanges", REMOVED, "admits everybody"),
        ("sourceRanges", [f"{first}.0.0.0/8" for first in range(1, 224)], "223 ranges that add up to it"),
        ("sourceRanges", ["8.0.0.0/9", "9.0.0.0/9", "11.0.0.0/9"], "3 ranges that add up to it"),
        ("sourceRanges", ["2000::/8"], "2000::/8"),
        ("sourceRanges", ["everywhere"]),
    ),
    *breaking(
        "network-firewall-egress-named",
        FIREWALL,
        ("", {"direction": "EGRESS", "allows": [{"protocol": "all"}], "destinationRanges": ["0.0.0.0/0"]}),
        ("", {"direction": "EGRESS", "allows": [{"protocol": "tcp"}]}, "lets everything out"),
        *(
            ("", {"direction": "EGRESS", "allows": [{"protocol": "tcp", "ports": ports}]}, "lets everything out")
            for ports in (["0-65535"], ["1-32767", "32768-65535"], ["443", "all"], ["443-80"], ["443"])
        ),
        *(
            (
                "",
                {
                    "direction": "EGRESS",
                    "allows": [{"protocol": "tcp", "ports": ["443"]}],
                    "destinationRanges": ranges,
                },
                "lets everything out to (nearly) the whole internet",
            )
            for ranges in (["0.0.0.0/0"], ["0.0.0.0/1", "128.0.0.0/1"], ["::/0"], ["12.0.0.0/8", "13.0.0.0/8"])
        ),
        ("", {"direction": "EGRESS", "allows": [{"protocol": "esp", "ports": ["443"]}]}, "lets everything out"),
    ),
    *breaking("network-nat-logged", NAT, ("logConfig.enable", False), ("logConfig", REMOVED)),
    *breaking("network-tls-modern", TLS, ("profile", "COMPATIBLE"), ("minTlsVersion", "TLS_1_0"), ("profile", REMOVED)),
    *breaking(
        "network-dns-signed",
        ZONE,
        ("dnssecConfig.state", "off"),
        ("dnssecConfig.defaultKeySpecs", [{"algorithm": "rsasha1"}], "uses rsasha1"),
        ("forwardingConfig.targetNameServers", [{"ipv4Address": "203.0.113.1"}]),
        ("", {"visibility": "private", "forwardingConfig": {"targetNameServers": []}}, "another server answers"),
        ("", {"visibility": "private", "peeringConfig": {"targetNetwork": {}}}, "another server answers"),
    ),
    *breaking(
        "network-dns-logged",
        DNS_POLICY,
        ("enableLogging", False),
        ("enableLogging", REMOVED),
        ("alternativeNameServerConfig", {"targetNameServers": [{"ipv4Address": "203.0.113.1"}]}, "another server"),
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
        "registry-cleanup-keeps",
        REPOSITORY,
        ("cleanupPolicies", [DELETE_UNTAGGED], "no policy keeps the last 10 versions"),
        (
            "cleanupPolicies",
            [DELETE_UNTAGGED, {**KEEP, "mostRecentVersions": {"keepCount": 10, "packageNamePrefixes": ["web"]}}],
            "of every package",
        ),
        *(
            (
                "cleanupPolicies",
                [{**DELETE_UNTAGGED, "condition": {"tagState": "UNTAGGED", **age}}, KEEP],
                "condition.olderThan is",
            )
            for age in ({}, {"olderThan": "86400s"}, {"olderThan": "0s"}, {"newerThan": "2592000s"})
        ),
        ("cleanupPolicies", [DELETE_UNTAGGED, {**KEEP, "mostRecentVersions": {"keepCount": 9}}]),
        ("cleanupPolicies", [{"action": "DELETE", "condition": {"olderThan": "2592000s"}}, KEEP], "with a tag"),
        ("cleanupPolicies", [{**DELETE_UNTAGGED, "condition": {"tagState": "ANY"}}, KEEP], "with a tag"),
    ),
    *breaking(
        "registry-images-admitted-by-name",
        ADMISSION,
        ("defaultAdmissionRule.evaluationMode", "ALWAYS_ALLOW", "any image runs"),
        ("defaultAdmissionRule.enforcementMode", "DRYRUN_AUDIT_LOG_ONLY"),
        ("defaultAdmissionRule", REMOVED),
        ("admissionWhitelistPatterns.0.namePattern", "gcr.io/*", "neither a repository of ours"),
        ("admissionWhitelistPatterns.0.namePattern", "europe-west4-docker.pkg.dev/**"),
        ("admissionWhitelistPatterns.0.namePattern", "europe-west4-docker.pkg.dev/another-project/**"),
        ("admissionWhitelistPatterns.0.namePattern", "nginx:latest"),
        (
            "clusterAdmissionRules",
            [{"evaluationMode": "ALWAYS_ALLOW", "enforcementMode": "ENFORCED_BLOCK_AND_AUDIT_LOG"}],
        ),
    ),
]

ACCEPTED: list[Broken] = [
    *breaking(
        "",
        SUBNETWORK,
        ("", {"purpose": "REGIONAL_MANAGED_PROXY"}),
        ("", {"purpose": "GLOBAL_MANAGED_PROXY"}),
        ("ipv6AccessType", "INTERNAL"),
    ),
    *breaking(
        "",
        FIREWALL,
        ("sourceRanges", ["10.0.0.0/8"]),
        ("", {"allows": [{"protocol": "tcp"}], "sourceTags": ["web"]}),
        ("", {"allows": [{"protocol": "tcp"}], "sourceServiceAccounts": ["a@p.iam.gserviceaccount.com"]}),
        ("", {"allows": [{"protocol": "tcp"}], "sourceRanges": ["0.0.0.0/0"], "disabled": True}),
        ("", {"denies": [{"protocol": "all"}], "sourceRanges": ["0.0.0.0/0"]}),
        ("", {"direction": "EGRESS", "allows": [{"protocol": "all"}], "destinationRanges": ["10.0.0.0/8"]}),
        (
            "",
            {
                "direction": "EGRESS",
                "allows": [{"protocol": "tcp", "ports": ["443"]}],
                "destinationRanges": ["203.0.114.0/28"],
            },
        ),
        ("", {"direction": "EGRESS", "allows": [{"protocol": "all"}], "disabled": True}),
        ("", {"direction": "EGRESS", "denies": [{"protocol": "all"}]}),
    ),
    *breaking("", TLS, ("profile", "MODERN"), ("minTlsVersion", "TLS_1_3")),
    *breaking(
        "", ZONE, ("", {"visibility": "private"}), ("dnssecConfig.defaultKeySpecs", [{"algorithm": "rsasha512"}])
    ),
    *breaking("", NETWORK, ("name", REMOVED)),
    *breaking("", REPOSITORY, ("cleanupPolicies", [DELETE_UNTAGGED, KEEP]), ("cleanupPolicies", [])),
    *breaking("", REPOSITORY, ("vulnerabilityScanningConfig", REMOVED), ("mode", REMOVED), ("format", "PYTHON")),
    Broken("", REPOSITORY, "", {"format": "PYTHON", "kmsKeyName": A_KEY}),
    *breaking("", ADMISSION, ("admissionWhitelistPatterns", REMOVED)),
]
