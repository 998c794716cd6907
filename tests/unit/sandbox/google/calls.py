"""Requests of Google's REST APIs by kind of resource: the life of one resource of each, in an order that works.

The methods, hosts and versions are what the vendor's provider and Google's own tools call. Bodies are minimal.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

import example_tenant as example
from sandbox.cloud import seed

Json = dict[str, Any]

P, N, R = f"projects/{example.PROJECT}", f"projects/{example.PROJECT_NUMBER}", example.REGION
L = f"{P}/locations/{R}"
ORGANIZATION, FOLDER = f"organizations/{example.ORGANIZATION}", f"folders/{seed.FOLDER}"
NETWORK, SUBNETWORK = f"{P}/global/networks/main", f"{P}/regions/{R}/subnetworks/nodes"
RING = f"{L}/keyRings/data"
ACCOUNT = f"{P}/serviceAccounts/gke-nodes@{example.PROJECT}.iam.gserviceaccount.com"
CLUSTER = f"{L}/clusters/main"
GROUP = "gke-main-system-7a6377c8-grp"
POOL = f"{P}/locations/global/workloadIdentityPools/github"
GLOBAL = f"{P}/locations/global"
ATTACHED = quote(f"cloudresourcemanager.googleapis.com/{P}", safe="")

COMPUTE = "compute.googleapis.com/compute/beta"
CONTAINER = "container.googleapis.com/v1beta1"
SQL = "sqladmin.googleapis.com/sql/v1beta4"
DNS = "dns.googleapis.com/dns/v1"
STORAGE = "storage.googleapis.com/storage/v1"
IAM = "iam.googleapis.com/v1"
KMS = "cloudkms.googleapis.com/v1"
MANAGER = "cloudresourcemanager.googleapis.com"
USAGE = "serviceusage.googleapis.com"
CERTIFICATES = "certificatemanager.googleapis.com/v1"
CONNECTIONS = "servicenetworking.googleapis.com/v1/services/servicenetworking.googleapis.com/connections"
BINARY = "binaryauthorization.googleapis.com/v1"
SECRETS = "secretmanager.googleapis.com/v1"

SERVICES = (
    *("artifactregistry", "binaryauthorization", "certificatemanager", "cloudasset", "cloudbilling", "cloudidentity"),
    "cloudkms",
    *("compute", "container", "dns", "gkebackup", "iam", "logging", "monitoring", "orgpolicy", "pubsub"),
    *("secretmanager", "servicenetworking", "sqladmin", "storage"),
)


@dataclass(frozen=True)
class Call:
    """One request; `{number}` in its URL is the last part of the name of the resource that was created last."""

    method: str
    url: str
    body: Json | None = None


@dataclass(frozen=True)
class Life:
    """The life of one resource.

    Attributes:
        url: its collection, without https.
        id: the last part of its URL; "" if the API numbers it.
        body: the body that creates it.
        query: the query of the creation.
        changes: requests on it between creation and deletion: method, the rest of the URL, body.
        created_by: the method that creates it; "" if it exists already.
        deleted: whether it can be deleted.
        listed: whether its collection can be listed.
    """

    url: str
    id: str
    body: Json = field(default_factory=dict[str, Any])
    query: str = ""
    changes: tuple[tuple[str, str, Json | None], ...] = ()
    created_by: str = "POST"
    deleted: bool = True
    listed: bool = True

    @property
    def resource(self) -> str:
        """The URL of the resource."""
        return f"{self.url}/{self.id or '{number}'}"

    def begin(self) -> Iterator[Call]:
        """The requests that create, read, list and change it."""
        if self.created_by == "PUT":
            yield Call("PUT", self.resource, self.body)
        elif self.created_by:
            yield Call(self.created_by, f"{self.url}{self.query}", self.body)
        yield Call("GET", self.resource)
        if self.listed:
            yield Call("GET", self.url)
        for method, rest, body in self.changes:
            yield Call(method, self.resource + rest, body)

    def end(self) -> Iterator[Call]:
        """The request that deletes it, if it can be deleted."""
        if self.deleted:
            yield Call("DELETE", self.resource)


def policies(*, read_by: str = "GET") -> tuple[tuple[str, str, Json | None], ...]:
    """Requests on the allow policy of a resource, in the form of the newer APIs."""
    body: Json | None = {} if read_by == "POST" else None
    return (
        (read_by, ":getIamPolicy", body),
        ("POST", ":setIamPolicy", {"policy": {"bindings": [{"role": "roles/viewer", "members": ["allUsers"]}]}}),
        ("POST", ":testIamPermissions", {"permissions": ["resourcemanager.projects.get"]}),
    )


_BINDING: Json = {"bindings": [{"role": "roles/viewer", "members": ["group:security-team@example.com"]}]}
_DENIAL: Json = {
    "description": "No keys",
    "denyRule": {
        "deniedPrincipals": ["principalSet://goog/public:all"],
        "deniedPermissions": ["iam.googleapis.com/serviceAccountKeys.create"],
    },
}
_RECORD: Json = {"name": "a.shop.example.com.", "type": "A", "ttl": 60, "rrdatas": ["192.0.2.1"]}
_ZONE: Json = {"name": "shop", "dnsName": "shop.example.com."}
_FIREWALL: Json = {"name": "deny", "network": NETWORK, "direction": "EGRESS"}
_RULE: Json = {"priority": 1000, "match": {"versionedExpr": "SRC_IPS_V1", "config": {"srcIpRanges": ["192.0.2.0/24"]}}}
_NODES: Json = {"serviceAccount": ACCOUNT.rpartition("/")[2]}
_NOTE: Json = {"userOwnedGrafeasNote": {"noteReference": f"{P}/notes/built"}}
_EVERY_DAY: Json = {"window": {"dailyMaintenanceWindow": {"startTime": "03:00"}}}

LIVES: tuple[Life, ...] = (
    Life(
        f"{IAM}/{P}/serviceAccounts",
        ACCOUNT.rpartition("/")[2],
        {"accountId": "gke-nodes", "serviceAccount": {"displayName": "Nodes"}},
        changes=(
            ("PATCH", "", {"serviceAccount": {"displayName": "The nodes"}, "updateMask": "display_name"}),
            *policies(read_by="POST"),
            ("POST", ":disable", {}),
            ("POST", ":enable", {}),
        ),
    ),
    Life(f"{IAM}/{ACCOUNT}/keys", "", {}),
    Life(
        f"{IAM}/{P}/roles",
        "reader",
        {"roleId": "reader", "role": {"title": "Reader", "includedPermissions": ["storage.objects.get"]}},
        changes=(("PATCH", "?updateMask=title,description", {"title": "A reader"}),),
    ),
    Life(
        f"{IAM}/{ORGANIZATION}/roles",
        "reader",
        {"roleId": "reader", "role": {"title": "Reader", "includedPermissions": ["storage.objects.get"]}},
        changes=(("PATCH", "?updateMask=stage", {"stage": "BETA"}),),
    ),
    Life(
        f"{IAM}/{GLOBAL}/workloadIdentityPools",
        "github",
        {"displayName": "GitHub"},
        "?workloadIdentityPoolId=github",
        changes=(
            ("PATCH", "?updateMask=description", {"description": "Tokens of GitHub"}),
            ("GET", ":listAttestationRules", None),
        ),
    ),
    Life(
        f"{IAM}/{POOL}/providers",
        "actions",
        {
            "attributeMapping": {"google.subject": "assertion.sub"},
            "attributeCondition": "assertion.repository_id == '1'",
            "oidc": {"issuerUri": "https://token.actions.githubusercontent.com"},
        },
        "?workloadIdentityPoolProviderId=actions",
        changes=(("PATCH", "?updateMask=displayName", {"displayName": "Actions"}),),
    ),
    Life(
        f"iam.googleapis.com/v2beta/policies/{ATTACHED}/denypolicies",
        "rails",
        {
            "displayName": "Guard rails",
            "rules": [_DENIAL],
        },
        "?policyId=rails",
        changes=(("PUT", "", {"displayName": "Rails", "rules": [_DENIAL]}),),
    ),
    Life(
        f"orgpolicy.googleapis.com/v2/{P}/policies",
        "sql.restrictPublicIp",
        {"name": f"{P}/policies/sql.restrictPublicIp", "spec": {"rules": [{"enforce": True}]}},
        changes=(
            ("PATCH", "?updateMask=spec", {"spec": {"rules": [{"enforce": False}]}}),
            ("PATCH", "?updateMask=policy.spec", {"spec": {"rules": [{"enforce": True}]}}),
        ),
    ),
    Life(f"{KMS}/{L}/keyRings", "data", {}, "?keyRingId=data", changes=policies(), deleted=False),
    Life(
        f"{KMS}/{RING}/cryptoKeys",
        "disks",
        {
            "purpose": "ENCRYPT_DECRYPT",
            "rotationPeriod": "7776000s",
            "nextRotationTime": "2030-01-01T00:00:00.123456789Z",
        },
        "?cryptoKeyId=disks&skipInitialVersionCreation=false",
        changes=(
            ("PATCH", "?updateMask=rotationPeriod,nextRotationTime", {}),
            *policies(),
            ("POST", ":encrypt", {"plaintext": "aGVsbG8="}),
        ),
        deleted=False,
    ),
    Life(
        f"{KMS}/{RING}/cryptoKeys/disks/cryptoKeyVersions",
        "1",
        created_by="",
        changes=(("POST", ":destroy", {}), ("POST", ":restore", {})),
        deleted=False,
    ),
    Life(
        f"{SECRETS}/{P}/secrets",
        "token",
        {"replication": {"automatic": {}}, "labels": {"app": "shop"}},
        "?secretId=token",
        changes=(
            ("PATCH", "?updateMask=labels", {"labels": {"app": "reports"}}),
            *policies(),
            ("POST", ":addVersion", {"payload": {"data": "aGVsbG8="}}),
        ),
    ),
    Life(
        f"{SECRETS}/{P}/secrets/token/versions",
        "1",
        created_by="",
        changes=(("GET", ":access", None), ("POST", ":disable", {}), ("POST", ":enable", {}), ("POST", ":destroy", {})),
        deleted=False,
    ),
    Life(
        f"{STORAGE}/b",
        "trial-state-2",
        {
            "name": "trial-state-2",
            "location": "EU",
            "softDeletePolicy": {"retentionDurationSeconds": "604800"},
            "lifecycle": {"rule": [{"action": {"type": "Delete"}, "condition": {"age": 3, "isLive": False}}]},
            "retentionPolicy": {"retentionPeriod": "1"},
        },
        f"?project={example.PROJECT}",
        changes=(
            ("PATCH", "", {"labels": {"state": "identity"}, "versioning": {"enabled": True}}),
            ("PUT", "", {"location": "EU", "name": "trial-state-2", "retentionPolicy": {"retentionPeriod": 1}}),
            ("GET", "/anywhereCaches/", None),
            ("POST", "/lockRetentionPolicy?ifMetagenerationMatch=1", None),
            ("GET", "/iam?optionsRequestedPolicyVersion=3", None),
            ("GET", "/iam/testPermissions?permissions=storage.buckets.get", None),
            ("PUT", "/iam", _BINDING),
        ),
        listed=False,
    ),
    Life(f"{STORAGE}/{P}", "serviceAccount", created_by="", deleted=False, listed=False),
    Life(
        f"{COMPUTE}/{P}/global/networks",
        "main",
        {"name": "main", "autoCreateSubnetworks": False, "routingConfig": {"routingMode": "REGIONAL"}},
        changes=(("PATCH", "", {"routingConfig": {"routingMode": "GLOBAL"}}),),
    ),
    Life(
        f"{COMPUTE}/{P}/regions/{R}/subnetworks",
        "nodes",
        {"name": "nodes", "network": NETWORK, "ipCidrRange": "10.0.0.0/20"},
        changes=(
            ("POST", "/expandIpCidrRange", {"ipCidrRange": "10.0.0.0/19"}),
            ("POST", "/setPrivateIpGoogleAccess", {"privateIpGoogleAccess": True}),
            ("PATCH", "", {"logConfig": {"enable": True}}),
            ("GET", "/getIamPolicy", None),
            ("POST", "/setIamPolicy", {"policy": _BINDING}),
            ("POST", "/testIamPermissions", {"permissions": ["compute.subnetworks.use"]}),
        ),
    ),
    Life(
        f"{COMPUTE}/{P}/global/firewalls",
        "deny",
        {**_FIREWALL, "denied": [{"IPProtocol": "all"}]},
        changes=(
            ("PATCH", "", {"priority": 65534}),
            ("PUT", "", {**_FIREWALL, "denied": [{"IPProtocol": "tcp"}]}),
        ),
    ),
    Life(
        f"{COMPUTE}/{P}/global/addresses",
        "databases",
        {
            "name": "databases",
            "network": NETWORK,
            "addressType": "INTERNAL",
            "purpose": "VPC_PEERING",
            "prefixLength": 20,
        },
        changes=(("POST", "/setLabels", {"labels": {"layer": "platform"}}),),
    ),
    Life(
        f"{COMPUTE}/{P}/regions/{R}/addresses",
        "out",
        {"name": "out"},
        changes=(("POST", "/setLabels", {"labels": {"layer": "platform"}}),),
    ),
    Life(
        f"{COMPUTE}/{P}/regions/{R}/routers",
        "edge",
        {"name": "edge", "network": NETWORK, "bgp": None},
        changes=(
            ("PATCH", "", {"nats": [{"name": "out", "natIpAllocateOption": "AUTO_ONLY", "initialNatIps": []}]}),
            ("PUT", "", {"name": "edge", "network": NETWORK}),
        ),
    ),
    Life(
        f"{COMPUTE}/{P}/global/routes",
        "out",
        {
            "name": "out",
            "network": NETWORK,
            "destRange": "0.0.0.0/0",
            "nextHopGateway": f"{P}/global/gateways/default-internet-gateway",
        },
    ),
    Life(
        f"{COMPUTE}/{P}/global/sslPolicies",
        "modern",
        {"name": "modern", "profile": "MODERN"},
        changes=(("PATCH", "", {"minTlsVersion": "TLS_1_2"}),),
    ),
    Life(
        f"{COMPUTE}/{P}/global/securityPolicies",
        "edge",
        {"name": "edge"},
        changes=(
            ("PATCH", "", {"description": "Cloud Armor"}),
            ("POST", "/setLabels", {"labels": {"layer": "platform"}}),
            ("POST", "/addRule", {**_RULE, "action": "deny(403)"}),
            ("POST", "/patchRule?priority=1000&updateMask=description", {"action": "allow"}),
            ("GET", "/getRule?priority=1000", None),
            ("POST", "/removeRule?priority=1000", None),
        ),
    ),
    Life(
        f"{CONTAINER}/{L}/clusters",
        "main",
        {
            "cluster": {
                "name": "main",
                "network": NETWORK,
                "subnetwork": SUBNETWORK,
                "nodeConfig": _NODES,
            }
        },
        changes=(
            ("PUT", "", {"update": {"desiredReleaseChannel": {"channel": "STABLE"}}}),
            ("PUT", "", {"update": {"desiredIntraNodeVisibilityConfig": {"enabled": True}}}),
            ("POST", ":setResourceLabels", {"resourceLabels": {"layer": "platform"}}),
            (
                "POST",
                ":setMaintenancePolicy",
                {"maintenancePolicy": _EVERY_DAY},
            ),
            ("POST", ":setLegacyAbac", {"enabled": False}),
            ("POST", ":setNetworkPolicy", {"networkPolicy": {"enabled": True, "provider": "CALICO"}}),
            ("POST", ":setAddons", {"addonsConfig": {"httpLoadBalancing": {"disabled": False}}}),
            ("POST", ":setLocations", {"locations": [f"{R}-a"]}),
        ),
    ),
    Life(
        f"{CONTAINER}/{CLUSTER}/nodePools",
        "system",
        {
            "nodePool": {
                "name": "system",
                "config": _NODES,
                "initialNodeCount": 1,
            }
        },
        changes=(
            ("PUT", "", {"labels": {"labels": {"pool": "system"}}}),
            ("POST", ":setManagement", {"management": {"autoUpgrade": True, "autoRepair": True}}),
            ("POST", ":setSize", {"nodeCount": 2}),
            ("POST", ":setAutoscaling", {"autoscaling": {"enabled": True, "maxNodeCount": 3}}),
        ),
    ),
    Life(f"{CONTAINER}/{L}", "serverConfig", created_by="", deleted=False, listed=False),
    Life(
        f"gkebackup.googleapis.com/v1/{L}/backupPlans",
        "daily",
        {"cluster": CLUSTER, "name": f"{L}/backupPlans/daily", "backupSchedule": {"cronSchedule": "30 2 * * *"}},
        "?backupPlanId=daily",
        changes=(("PATCH", "?updateMask=description", {"description": "Every night"}), *policies()),
    ),
    Life(
        f"gkebackup.googleapis.com/v1/{L}/restorePlans",
        "daily",
        {"cluster": CLUSTER, "backupPlan": f"{L}/backupPlans/daily", "restoreConfig": {"allNamespaces": True}},
        "?restorePlanId=daily",
        changes=(("PATCH", "?updateMask=description", {"description": "On demand"}), *policies()),
    ),
    Life(
        f"artifactregistry.googleapis.com/v1/{L}/repositories",
        "images",
        {"format": "DOCKER", "cleanupPolicies": {"old": {"action": "DELETE", "condition": {"olderThan": "2592000s"}}}},
        "?repository_id=images",
        changes=(("PATCH", "?updateMask=description", {"description": "Images"}), *policies()),
    ),
    Life(
        f"{BINARY}/{P}/attestors",
        "built",
        _NOTE,
        "?attestorId=built",
        changes=(
            (
                "PUT",
                "",
                {
                    "name": f"{P}/attestors/built",
                    "description": "Built by CI",
                    "userOwnedGrafeasNote": {"noteReference": f"{P}/notes/built"},
                },
            ),
            *policies(),
        ),
    ),
    Life(
        f"{BINARY}/{P}",
        "policy",
        {"defaultAdmissionRule": {"evaluationMode": "ALWAYS_DENY", "enforcementMode": "ENFORCED_BLOCK_AND_AUDIT_LOG"}},
        created_by="PUT",
        deleted=False,
        listed=False,
    ),
    Life(
        f"pubsub.googleapis.com/v1/{P}/topics",
        "notices",
        {"messageRetentionDuration": "86400s"},
        changes=(
            ("PATCH", "", {"topic": {"labels": {"layer": "platform"}}, "updateMask": "labels"}),
            ("PATCH", "?updateMask=labels", {"topic": {"labels": {"layer": "apps"}}}),
            *policies(),
        ),
        created_by="PUT",
    ),
    Life(
        f"pubsub.googleapis.com/v1/{P}/subscriptions",
        "operators",
        {"topic": f"{P}/topics/notices", "expirationPolicy": {}, "retryPolicy": None},
        changes=(
            ("PATCH", "", {"subscription": {"ackDeadlineSeconds": 20}, "updateMask": "ack_deadline_seconds"}),
            *policies(),
        ),
        created_by="PUT",
    ),
    Life(
        f"logging.googleapis.com/v2/{L}/buckets",
        "audit",
        {"retentionDays": 30, "name": "", "cmekSettings": None},
        ":createAsync?bucketId=audit",
        changes=(
            ("PATCH", "?updateMask=retentionDays", {"retentionDays": 60}),
            ("POST", ":updateAsync?updateMask=analyticsEnabled", {"analyticsEnabled": True}),
        ),
    ),
    Life(f"logging.googleapis.com/v2/{L}/buckets", "other", {}, "?bucketId=other"),
    Life(
        f"logging.googleapis.com/v2/{P}/sinks",
        "audit",
        {"name": "audit", "destination": f"logging.googleapis.com/{L}/buckets/audit"},
        "?uniqueWriterIdentity=true",
        changes=(
            ("PATCH", "?updateMask=filter&uniqueWriterIdentity=true", {"filter": "severity>=ERROR"}),
            (
                "PUT",
                "?uniqueWriterIdentity=true",
                {
                    "name": "audit",
                    "destination": "storage.googleapis.com/trial-state",
                },
            ),
        ),
    ),
    Life(
        f"logging.googleapis.com/v2/{P}/metrics",
        "errors",
        {"name": "errors", "filter": "severity>=ERROR"},
        changes=(("PUT", "", {"name": "errors", "filter": "severity=ERROR"}),),
    ),
    Life(
        f"monitoring.googleapis.com/v3/{P}/notificationChannels",
        "",
        {"type": "email", "labels": {"email_address": "security-team@example.com"}},
        changes=(("PATCH", "?updateMask=displayName", {"displayName": "Security"}),),
    ),
    Life(
        f"monitoring.googleapis.com/v3/{P}/alertPolicies",
        "",
        {
            "displayName": "Owners",
            "combiner": "OR",
            "conditions": [{"displayName": "c", "conditionMatchedLog": {"filter": "severity=ERROR"}}],
        },
        changes=(("PATCH", "?updateMask=severity", {"severity": "CRITICAL"}),),
    ),
    Life(
        f"monitoring.googleapis.com/v3/{P}/uptimeCheckConfigs",
        "",
        {
            "displayName": "Shop",
            "httpCheck": {"path": "/"},
            "monitoredResource": {"type": "uptime_url", "labels": {"host": "shop.example.com"}},
        },
        changes=(("PATCH", "?updateMask=timeout", {"timeout": "10s"}),),
    ),
    Life(
        f"{DNS}/{P}/managedZones",
        "shop",
        {**_ZONE, "description": "The shop"},
        changes=(
            ("PATCH", "", {"labels": {"layer": "platform"}}),
            (
                "PUT",
                "",
                {**_ZONE, "description": "The shop's", "visibility": "public"},
            ),
            *policies(read_by="POST"),
            (
                "POST",
                "/changes",
                {"additions": [_RECORD]},
            ),
            ("GET", "/changes/1", None),
            ("GET", "/changes", None),
            ("GET", "/rrsets?name=a.shop.example.com.&type=A", None),
            (
                "POST",
                "/changes",
                {"deletions": [_RECORD]},
            ),
        ),
    ),
    Life(
        f"{DNS}/{P}/managedZones/shop/rrsets",
        "b.shop.example.com./A",
        {"name": "b.shop.example.com.", "type": "A", "ttl": 60, "rrdatas": ["192.0.2.1"]},
        changes=(("PATCH", "", {"name": "b.shop.example.com.", "type": "A", "ttl": 300}),),
    ),
    Life(
        f"dns.googleapis.com/dns/v1beta2/{P}/policies",
        "main",
        {"name": "main", "description": "Logs", "networks": [{"networkUrl": f"https://{COMPUTE}/{NETWORK}"}]},
        changes=(("PUT", "", {"name": "main", "description": "All"}), ("PATCH", "", {"networks": None})),
    ),
    Life(
        f"{CERTIFICATES}/{GLOBAL}/dnsAuthorizations",
        "shop",
        {"domain": "shop.example.com"},
        "?dnsAuthorizationId=shop",
        changes=(("PATCH", "?updateMask=description", {"description": "The shop"}),),
    ),
    Life(
        f"{CERTIFICATES}/{GLOBAL}/certificates",
        "shop",
        {"managed": {"domains": ["shop.example.com"], "dnsAuthorizations": [f"{GLOBAL}/dnsAuthorizations/shop"]}},
        "?certificateId=shop",
        changes=(("PATCH", "?updateMask=labels", {"labels": {"layer": "platform"}}),),
    ),
    Life(
        f"{CERTIFICATES}/{GLOBAL}/certificateMaps",
        "shop",
        {},
        "?certificateMapId=shop",
        changes=(("PATCH", "?updateMask=description", {"description": "The shop"}),),
    ),
    Life(
        f"{CERTIFICATES}/{GLOBAL}/certificateMaps/shop/certificateMapEntries",
        "shop",
        {"hostname": "shop.example.com", "certificates": [f"{GLOBAL}/certificates/shop"]},
        "?certificateMapEntryId=shop",
        changes=(("PATCH", "?updateMask=description", {"description": "The shop"}),),
    ),
    Life(
        f"{SQL}/{P}/instances",
        "orders",
        {
            "name": "orders",
            "region": R,
            "databaseVersion": "POSTGRES_17",
            "settings": {
                "tier": "db-custom-1-3840",
                "edition": "ENTERPRISE",
                "dataDiskSizeGb": 10,
                "userLabels": {"layer": "platform"},
            },
        },
        changes=(
            ("PATCH", "", {"settings": {"availabilityType": "REGIONAL"}}),
            ("PUT", "", {"settings": {"tier": "db-custom-2-7680", "edition": "ENTERPRISE", "settingsVersion": "2"}}),
            (
                "POST",
                "/preCheckMajorVersionUpgrade",
                {"preCheckMajorVersionUpgradeContext": {"targetDatabaseVersion": "POSTGRES_18"}},
            ),
        ),
    ),
    Life(
        f"{SQL}/{P}/instances/orders/databases",
        "orders",
        {"name": "orders", "instance": "orders"},
        changes=(("PUT", "", {"name": "orders", "charset": "UTF8"}), ("PATCH", "", {"charset": "UTF8"})),
    ),
    Life(f"{SQL}/{P}/instances/orders/backupRuns", "", {"description": "before the move"}),
    Life(
        f"{MANAGER}/v3/tagKeys",
        "",
        {"parent": ORGANIZATION, "shortName": "tier"},
        changes=(("PATCH", "?updateMask=description", {"description": "How much it matters"}),),
        listed=False,
    ),
)

_OWNER: Json = {"role": "roles/owner", "members": [seed.ADMIN]}
_ADMINISTRATION: list[Json] = [
    {"role": f"roles/{role}", "members": [seed.ADMIN]}
    for role in (
        *("iam.denyAdmin", "iam.organizationRoleAdmin", "orgpolicy.policyAdmin"),
        *("resourcemanager.folderAdmin", "resourcemanager.organizationAdmin", "resourcemanager.tagAdmin"),
    )
]
# Requests beside lives: what exists without being created, and what has another form than a life.
OTHERS: tuple[Call, ...] = (
    Call("GET", "openidconnect.googleapis.com/v1/userinfo"),
    Call("GET", f"{MANAGER}/v1/{P}"),
    Call("GET", f"{MANAGER}/v3/{N}"),
    Call("GET", f"{MANAGER}/v1/projects?filter=lifecycleState:ACTIVE"),
    Call("GET", f"{MANAGER}/v3/projects:search"),
    Call("GET", f"{MANAGER}/v3/projects?parent={FOLDER}"),
    Call("POST", f"{MANAGER}/v1/{P}:getAncestry", {}),
    Call("GET", f"{MANAGER}/v3/tagBindings?parent=//cloudresourcemanager.googleapis.com/{N}"),
    Call("GET", f"{MANAGER}/v3/effectiveTags?parent=//cloudresourcemanager.googleapis.com/{N}"),
    Call(
        "POST",
        f"{IAM}/permissions:queryTestablePermissions",
        {"fullResourceName": f"//cloudresourcemanager.googleapis.com/{P}"},
    ),
    Call("POST", f"{MANAGER}/v1/{P}:getIamPolicy", {"options": {"requestedPolicyVersion": 3}}),
    Call("POST", f"{MANAGER}/v1/{P}:testIamPermissions", {"permissions": ["resourcemanager.projects.get"]}),
    Call("GET", f"{MANAGER}/v3/{ORGANIZATION}"),
    Call("POST", f"{MANAGER}/v1/{ORGANIZATION}:getIamPolicy", {}),
    Call("POST", f"{MANAGER}/v1/{ORGANIZATION}:setIamPolicy", {"policy": {"bindings": _ADMINISTRATION}}),
    Call("POST", f"{MANAGER}/v1/{P}:setIamPolicy", {"policy": {"bindings": [_OWNER]}, "updateMask": "bindings"}),
    Call("GET", f"{MANAGER}/v3/{FOLDER}"),
    Call("POST", f"{MANAGER}/v3/{FOLDER}:getIamPolicy", {}),
    Call("POST", f"{MANAGER}/v3/{FOLDER}:setIamPolicy", {"policy": {"bindings": []}}),
    Call("GET", f"cloudbilling.googleapis.com/v1/{P}/billingInfo"),
    Call("GET", "cloudidentity.googleapis.com/v1/groups:lookup?groupKey.id=Security-Team%40example.com"),
    Call(
        "GET",
        f"{USAGE}/v1beta1/{P}/services/iam.googleapis.com/consumerQuotaMetrics"
        "/iam.googleapis.com%2Fquota%2Fservice-account-count",
    ),
    Call("GET", f"cloudasset.googleapis.com/v1/{P}:searchAllIamPolicies"),
    Call("GET", f"{USAGE}/v1/{P}/services?filter=state:ENABLED&fields=services%2Fname%2CnextPageToken&pageSize=5"),
    Call("GET", f"{USAGE}/v1/{P}/services/storage.googleapis.com"),
    Call("GET", f"{USAGE}/v1/{P}/services:batchGet?names={P}/services/storage.googleapis.com"),
    Call("POST", f"{USAGE}/v1/{P}/services/cloudtrace.googleapis.com:enable", {}),
    Call("POST", f"{USAGE}/v1/{P}/services/cloudtrace.googleapis.com:disable", {}),
    Call("POST", f"{USAGE}/v1/{P}/services:batchEnable", {"serviceIds": ["cloudtrace.googleapis.com"]}),
    Call("POST", f"{USAGE}/v1beta1/{P}/services/sqladmin.googleapis.com:generateServiceIdentity"),
    Call("GET", f"{COMPUTE}/{P}/regions"),
    Call("GET", f"{COMPUTE}/{P}/regions/{R}"),
    Call("GET", f"{COMPUTE}/{P}/zones?filter=name%3D{R}-*"),
    Call("GET", f"{COMPUTE}/{P}/zones/{R}-a"),
    Call("GET", f"{STORAGE}/b?project={example.PROJECT}"),
    Call("GET", f"{SQL}/{P}/backups"),
)
# Requests after the lives: pools and roles are kept after their deletion.
AFTER: tuple[Call, ...] = (
    Call("GET", f"{IAM}/{P}/roles/reader"),
    Call("GET", f"{IAM}/{P}/roles?showDeleted=true"),
    Call("POST", f"{IAM}/{P}/roles/reader:undelete", {}),
    Call("POST", f"{IAM}/{ORGANIZATION}/roles/reader:undelete", {}),
    Call("GET", f"{IAM}/{POOL}:listAttestationRules"),
    Call("POST", f"{IAM}/{POOL}:undelete", {}),
    Call("POST", f"{IAM}/{POOL}/providers/actions:undelete", {}),
    Call("GET", f"{IAM}/{GLOBAL}/workloadIdentityPools?showDeleted=true"),
    Call("POST", f"logging.googleapis.com/v2/{L}/buckets/other:undelete", {}),
)
# Requests between the beginnings and the ends of the lives.
BETWEEN: tuple[Call, ...] = (
    *(
        Call("GET", f"{COMPUTE}/{P}/aggregated/{kind}")
        for kind in ("addresses", "routers", "securityPolicies", "sslPolicies", "subnetworks")
    ),
    Call("GET", f"{COMPUTE}/{P}/zones/{R}-a/instanceGroupManagers"),
    Call("GET", f"{COMPUTE}/{P}/zones/{R}-a/instanceGroupManagers/{GROUP}"),
    Call("GET", f"{MANAGER}/v3/tagKeys?parent={ORGANIZATION}"),
    Call("POST", CONNECTIONS, {"network": f"{N}/global/networks/main", "reservedPeeringRanges": ["databases"]}),
    Call("GET", f"{CONNECTIONS}?network={N}/global/networks/main"),
    Call(
        "PATCH",
        f"{CONNECTIONS}/-?updateMask=reservedPeeringRanges&force=true",
        {"network": f"{N}/global/networks/main", "reservedPeeringRanges": ["databases"]},
    ),
    Call(
        "POST",
        f"{CONNECTIONS}/servicenetworking-googleapis-com",
        {"consumerNetwork": f"{N}/global/networks/main"},
    ),
    Call("POST", f"{SQL}/{P}/instances/orders/users", {"name": "owner", "password": "not-a-secret"}),
    Call("GET", f"{SQL}/{P}/instances/orders/users"),
    Call("GET", f"{SQL}/{P}/instances/orders/users/owner"),
    Call("PUT", f"{SQL}/{P}/instances/orders/users?name=owner&host=", {"password": "another"}),
    Call("DELETE", f"{SQL}/{P}/instances/orders/users?name=owner&host="),
    Call("POST", f"{SQL}/{P}/instances/orders/clone", {"cloneContext": {"destinationInstanceName": "orders-2"}}),
    Call("DELETE", f"{SQL}/{P}/instances/orders-2"),
)


def calls() -> Iterator[Call]:
    """All requests, in an order in which each can succeed."""
    yield from OTHERS
    for life in LIVES:
        yield from life.begin()
    yield from BETWEEN
    for life in reversed(LIVES):
        yield from life.end()
    yield from AFTER
