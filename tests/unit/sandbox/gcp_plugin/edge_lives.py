"""Lives of the types at the edge of a cluster: its notifications, its image policy, names and certificates."""

from sandbox.plugins.protocol import Properties
from unit.sandbox.gcp_plugin.lives import CLUSTER, MEMBER, NETWORK, Life, P, R

TOPIC, SUBSCRIPTION = f"{P}/topics/upgrades", f"{P}/subscriptions/team"
ATTESTOR, ZONE = f"{P}/attestors/built-by-ci", f"{P}/managedZones/shop"
CERTIFICATES = f"{P}/locations/global"
AUTHORIZATION, CERTIFICATE = f"{CERTIFICATES}/dnsAuthorizations/shop", f"{CERTIFICATES}/certificates/shop"
MAP = f"{CERTIFICATES}/certificateMaps/shop"
ALL: Properties = {
    "priority": 2147483647,
    "action": "allow",
    "match": {"versionedExpr": "SRC_IPS_V1", "config": {"srcIpRanges": ["*"]}},
}
RULE: Properties = {"evaluationMode": "ALWAYS_DENY", "enforcementMode": "ENFORCED_BLOCK_AND_AUDIT_LOG"}
ATTESTED: Properties = {
    **RULE,
    "evaluationMode": "REQUIRE_ATTESTATION",
    "requireAttestationsBies": [ATTESTOR],
}

EDGE_SETUP: dict[str, tuple[str, Properties]] = {
    "topic": ("gcp:pubsub/topic:Topic", {"name": "upgrades"}),
    "subscription": ("gcp:pubsub/subscription:Subscription", {"name": "team", "topic": TOPIC}),
    "attestor": (
        "gcp:binaryauthorization/attestor:Attestor",
        {"name": "built-by-ci", "attestationAuthorityNote": {"noteReference": f"{P}/notes/built-by-ci"}},
    ),
    "zone": ("gcp:dns/managedZone:ManagedZone", {"name": "shop", "dnsName": "shop.example.com."}),
    "authorization": (
        "gcp:certificatemanager/dnsAuthorization:DnsAuthorization",
        {"name": "shop", "domain": "shop.example.com"},
    ),
    "certificate": (
        "gcp:certificatemanager/certificate:Certificate",
        {"name": "shop", "managed": {"domains": ["*.shop.example.com"], "dnsAuthorizations": [AUTHORIZATION]}},
    ),
    "map": ("gcp:certificatemanager/certificateMap:CertificateMap", {"name": "shop"}),
    "plan": (
        "gcp:gkebackup/backupPlan:BackupPlan",
        {"name": "daily", "location": R, "cluster": CLUSTER},
    ),
}

EDGE_LIVES = [
    Life("", "gcp:pubsub/topic:Topic", EDGE_SETUP["topic"][1], {"labels": {"team": "platform"}}, TOPIC),
    Life(
        "topic",
        "gcp:pubsub/subscription:Subscription",
        EDGE_SETUP["subscription"][1],
        {"ackDeadlineSeconds": 60},
        SUBSCRIPTION,
    ),
    Life(
        "topic",
        "gcp:pubsub/topicIAMMember:TopicIAMMember",
        {"topic": "upgrades", "role": "roles/pubsub.publisher", "member": MEMBER},
        {},
        f"{TOPIC}/roles/pubsub.publisher/{MEMBER}",
    ),
    Life(
        "topic subscription",
        "gcp:pubsub/subscriptionIAMMember:SubscriptionIAMMember",
        {"subscription": "team", "role": "roles/pubsub.subscriber", "member": MEMBER},
        {},
        f"{SUBSCRIPTION}/roles/pubsub.subscriber/{MEMBER}",
    ),
    Life(
        "attestor",
        "gcp:binaryauthorization/policy:Policy",
        {
            "defaultAdmissionRule": ATTESTED,
            "admissionWhitelistPatterns": [{"namePattern": "gke.gcr.io/*"}],
            "clusterAdmissionRules": [{**ATTESTED, "cluster": "europe-west4.main"}],
        },
        {"defaultAdmissionRule": RULE},
        P,
    ),
    Life("", "gcp:binaryauthorization/attestor:Attestor", EDGE_SETUP["attestor"][1], {"description": "CI"}, ATTESTOR),
    Life(
        "attestor",
        "gcp:binaryauthorization/attestorIamMember:AttestorIamMember",
        {"attestor": "built-by-ci", "role": "roles/binaryauthorization.attestorsVerifier", "member": MEMBER},
        {},
        f"{ATTESTOR}/roles/binaryauthorization.attestorsVerifier/{MEMBER}",
    ),
    Life(
        "network",
        "gcp:dns/policy:Policy",
        {"name": "main", "networks": [{"networkUrl": NETWORK}]},
        {"enableLogging": True},
        f"{P}/policies/main",
    ),
    Life("", "gcp:dns/managedZone:ManagedZone", EDGE_SETUP["zone"][1], {"description": "the shop"}, ZONE),
    Life(
        "zone",
        "gcp:dns/dnsManagedZoneIamMember:DnsManagedZoneIamMember",
        {"managedZone": "shop", "role": "roles/dns.reader", "member": MEMBER},
        {},
        f"{ZONE}/roles/dns.reader/{MEMBER}",
    ),
    Life(
        "zone",
        "gcp:dns/recordSet:RecordSet",
        {"managedZone": "shop", "name": "www.shop.example.com.", "type": "A", "ttl": 300, "rrdatas": ["192.0.2.1"]},
        {"ttl": 60},
        f"{ZONE}/rrsets/www.shop.example.com./A",
    ),
    Life(
        "",
        "gcp:certificatemanager/dnsAuthorization:DnsAuthorization",
        EDGE_SETUP["authorization"][1],
        {"description": "the shop's"},
        AUTHORIZATION,
    ),
    Life(
        "authorization",
        "gcp:certificatemanager/certificate:Certificate",
        EDGE_SETUP["certificate"][1],
        {"labels": {"team": "shop"}},
        CERTIFICATE,
    ),
    Life(
        "",
        "gcp:certificatemanager/certificateMap:CertificateMap",
        EDGE_SETUP["map"][1],
        {"description": "the shop's"},
        MAP,
    ),
    Life(
        "authorization certificate map",
        "gcp:certificatemanager/certificateMapEntry:CertificateMapEntry",
        {"name": "www", "map": "shop", "certificates": [CERTIFICATE], "hostname": "www.shop.example.com"},
        {"description": "the shop's"},
        f"{MAP}/certificateMapEntries/www",
    ),
    Life(
        "",
        "gcp:compute/securityPolicy:SecurityPolicy",
        {"name": "edge", "rules": [ALL, {**ALL, "priority": 1000, "action": "deny(403)"}]},
        {"rules": [{**ALL, "priority": 2000, "action": "deny(404)"}, ALL]},
        f"{P}/global/securityPolicies/edge",
    ),
    Life(
        "",
        "gcp:compute/sSLPolicy:SSLPolicy",
        {"name": "edge", "profile": "MODERN", "minTlsVersion": "TLS_1_2"},
        {"profile": "RESTRICTED"},
        f"{P}/global/sslPolicies/edge",
    ),
    Life("", "gcp:compute/globalAddress:GlobalAddress", {"name": "edge"}, {}, f"{P}/global/addresses/edge"),
    Life(
        "network",
        "gcp:compute/route:Route",
        {"name": "out", "network": NETWORK, "destRange": "0.0.0.0/0", "nextHopGateway": "default-internet-gateway"},
        {},
        f"{P}/global/routes/out",
    ),
    Life(
        "network subnetwork account cluster plan",
        "gcp:gkebackup/restorePlan:RestorePlan",
        {
            "name": "drill",
            "location": R,
            "backupPlan": f"{P}/locations/{R}/backupPlans/daily",
            "cluster": CLUSTER,
            "restoreConfig": {"allNamespaces": True, "namespacedResourceRestoreMode": "FAIL_ON_CONFLICT"},
        },
        {"description": "rehearsed every quarter"},
        f"{P}/locations/{R}/restorePlans/drill",
    ),
    Life(
        "",
        "gcp:monitoring/uptimeCheckConfig:UptimeCheckConfig",
        {
            "displayName": "shop",
            "timeout": "10s",
            "httpCheck": {"path": "/", "requestMethod": "GET", "port": 443, "useSsl": True, "validateSsl": True},
            "monitoredResource": {"type": "uptime_url", "labels": {"host": "www.shop.example.com"}},
        },
        {"timeout": "5s"},
        None,
    ),
]
EDGE_KEPT = {"gcp:binaryauthorization/policy:Policy"}
