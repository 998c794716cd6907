"""The lives of the types: what each is created with, what must be there first, what changes."""

from dataclasses import dataclass

import example_tenant as example
from sandbox.plugins.protocol import Properties

P, R = f"projects/{example.PROJECT}", example.REGION
NETWORK, SUBNETWORK = f"{P}/global/networks/main", f"{P}/regions/{R}/subnetworks/nodes"
RING = f"{P}/locations/{R}/keyRings/state"
KEY = f"{RING}/cryptoKeys/identity"
CLUSTER = f"{P}/locations/{R}/clusters/main"
ACCOUNT = f"{P}/serviceAccounts/gke-nodes@{example.PROJECT}.iam.gserviceaccount.com"
MEMBER = "group:security-team@example.com"
POOL = f"{P}/locations/global/workloadIdentityPools/github"
ATTACHED = f"cloudresourcemanager.googleapis.com%2Fprojects%2F{example.PROJECT}"
ALERT: Properties = {
    "displayName": "Roles change",
    "combiner": "OR",
    "conditions": [{"displayName": "c", "conditionMatchedLog": {"filter": "protoPayload.methodName=SetIamPolicy"}}],
}
DENIAL: Properties = {
    "denyRule": {
        "deniedPrincipals": ["principalSet://goog/public:all"],
        "deniedPermissions": ["cloudsql.googleapis.com/instances.delete"],
    }
}

SETUP: dict[str, tuple[str, Properties]] = {
    "network": ("gcp:compute/network:Network", {"name": "main", "autoCreateSubnetworks": False}),
    "subnetwork": (
        "gcp:compute/subnetwork:Subnetwork",
        {"name": "nodes", "network": NETWORK, "ipCidrRange": "10.0.0.0/20"},
    ),
    "ring": ("gcp:kms/keyRing:KeyRing", {"name": "state", "location": R}),
    "key": ("gcp:kms/cryptoKey:CryptoKey", {"name": "identity", "keyRing": RING}),
    "account": ("gcp:serviceaccount/account:Account", {"accountId": "gke-nodes"}),
    "cluster": (
        "gcp:container/cluster:Cluster",
        {
            "name": "main",
            "network": NETWORK,
            "subnetwork": SUBNETWORK,
            "removeDefaultNodePool": True,
            "nodeConfig": {"serviceAccount": ACCOUNT.rpartition("/")[2]},
            "deletionProtection": False,
        },
    ),
    "bucket": ("gcp:storage/bucket:Bucket", {"name": "state-1", "location": "EU"}),
    "router": ("gcp:compute/router:Router", {"name": "edge", "network": NETWORK}),
    "repository": ("gcp:artifactregistry/repository:Repository", {"repositoryId": "images", "format": "DOCKER"}),
    "pool": ("gcp:iam/workloadIdentityPool:WorkloadIdentityPool", {"workloadIdentityPoolId": "github"}),
}


@dataclass(frozen=True)
class Life:
    """A resource to be: what must be there first, its type, inputs, a change, its id (None: Google numbers it)."""

    needs: str
    token: str
    inputs: Properties
    change: Properties
    id: str | None


LIVES = [
    Life("", "gcp:storage/bucket:Bucket", SETUP["bucket"][1], {"versioning": {"enabled": True}}, "state-1"),
    Life("", "gcp:kms/keyRing:KeyRing", SETUP["ring"][1], {}, RING),
    Life("ring", "gcp:kms/cryptoKey:CryptoKey", SETUP["key"][1], {"rotationPeriod": "7776000s"}, KEY),
    Life(
        "network",
        "gcp:compute/firewall:Firewall",
        {
            "name": "deny",
            "network": NETWORK,
            "denies": [{"protocol": "all"}],
            "direction": "INGRESS",
            "sourceRanges": ["0.0.0.0/0"],
        },
        {"priority": 65534},
        f"{P}/global/firewalls/deny",
    ),
    Life(
        "network",
        "gcp:compute/router:Router",
        SETUP["router"][1],
        {"description": "to the internet"},
        f"{P}/regions/{R}/routers/edge",
    ),
    Life(
        "network router",
        "gcp:compute/routerNat:RouterNat",
        {
            "name": "out",
            "router": "edge",
            "natIpAllocateOption": "AUTO_ONLY",
            "sourceSubnetworkIpRangesToNat": "ALL_SUBNETWORKS_ALL_IP_RANGES",
        },
        {"minPortsPerVm": 128},
        f"{example.PROJECT}/{R}/edge/out",
    ),
    Life("", "gcp:compute/address:Address", {"name": "out"}, {}, f"{P}/regions/{R}/addresses/out"),
    Life(
        "network subnetwork account cluster",
        "gcp:container/nodePool:NodePool",
        {"name": "system", "cluster": CLUSTER, "nodeConfig": {"serviceAccount": ACCOUNT.rpartition("/")[2]}},
        {"nodeCount": 2},
        f"{CLUSTER}/nodePools/system",
    ),
    Life(
        "network subnetwork account cluster",
        "gcp:gkebackup/backupPlan:BackupPlan",
        {"name": "daily", "location": R, "cluster": CLUSTER},
        {"description": "every night"},
        f"{P}/locations/{R}/backupPlans/daily",
    ),
    Life(
        "",
        "gcp:artifactregistry/repository:Repository",
        SETUP["repository"][1],
        {"description": "images"},
        f"{P}/locations/{R}/repositories/images",
    ),
    Life(
        "bucket",
        "gcp:logging/projectSink:ProjectSink",
        {"name": "audit", "destination": "storage.googleapis.com/state-1"},
        {"filter": "logName:activity"},
        f"{P}/sinks/audit",
    ),
    Life("", "gcp:logging/metric:Metric", {"name": "roles", "filter": "x"}, {"filter": "y"}, "roles"),
    Life(
        "",
        "gcp:logging/projectBucketConfig:ProjectBucketConfig",
        {"project": example.PROJECT, "location": "global", "bucketId": "audit"},
        {"retentionDays": 400},
        f"{P}/locations/global/buckets/audit",
    ),
    Life("", "gcp:monitoring/alertPolicy:AlertPolicy", ALERT, {"severity": "CRITICAL"}, None),
    Life(
        "",
        "gcp:monitoring/notificationChannel:NotificationChannel",
        {"type": "email", "labels": {"email_address": "security-team@example.com"}},
        {"displayName": "Security"},
        None,
    ),
    Life(
        "",
        "gcp:projects/iAMAuditConfig:IAMAuditConfig",
        {"project": example.PROJECT, "service": "allServices", "auditLogConfigs": [{"logType": "ADMIN_READ"}]},
        {"auditLogConfigs": [{"logType": "DATA_READ"}]},
        f"{example.PROJECT}/audit_config/allServices",
    ),
    Life(
        "",
        "gcp:projects/iAMBinding:IAMBinding",
        {"project": example.PROJECT, "role": "roles/viewer", "members": [MEMBER]},
        {"members": ["group:database-team@example.com"]},
        f"{example.PROJECT}/roles/viewer",
    ),
    Life(
        "",
        "gcp:projects/iamMemberRemove:IamMemberRemove",
        {"project": example.PROJECT, "role": "roles/editor", "member": MEMBER},
        {},
        f"{example.PROJECT}/{MEMBER}/roles/editor",
    ),
    Life(
        "",
        "gcp:iam/workloadIdentityPool:WorkloadIdentityPool",
        SETUP["pool"][1],
        {"displayName": "GitHub"},
        POOL,
    ),
    Life(
        "pool",
        "gcp:iam/workloadIdentityPoolProvider:WorkloadIdentityPoolProvider",
        {
            "workloadIdentityPoolId": "github",
            "workloadIdentityPoolProviderId": "actions",
            "attributeMapping": {"google.subject": "assertion.sub"},
            "attributeCondition": "assertion.repository_id == '1'",
            "oidc": {"issuerUri": "https://token.actions.githubusercontent.com"},
        },
        {"displayName": "Actions"},
        f"{POOL}/providers/actions",
    ),
    Life(
        "",
        "gcp:iam/denyPolicy:DenyPolicy",
        {"parent": ATTACHED, "name": "datastores", "rules": [DENIAL]},
        {"displayName": "Datastores stay"},
        f"{ATTACHED}/datastores",
    ),
    Life(
        "",
        "gcp:orgpolicy/policy:Policy",
        {"parent": P, "name": f"{P}/policies/sql.restrictPublicIp", "spec": {"rules": [{"enforce": "TRUE"}]}},
        {"spec": {"rules": [{"enforce": "FALSE"}]}},
        f"{P}/policies/sql.restrictPublicIp",
    ),
    Life(
        "",
        "gcp:organizations/iAMCustomRole:IAMCustomRole",
        {
            "orgId": example.ORGANIZATION,
            "roleId": "policyReader",
            "title": "Reader",
            "permissions": ["resourcemanager.organizations.getIamPolicy"],
        },
        {"permissions": ["resourcemanager.organizations.get"]},
        f"organizations/{example.ORGANIZATION}/roles/policyReader",
    ),
    Life("account", "gcp:serviceaccount/key:Key", {"serviceAccountId": ACCOUNT}, {}, None),
    Life(
        "bucket",
        "gcp:storage/bucketIAMMember:BucketIAMMember",
        {"bucket": "state-1", "role": "roles/storage.objectViewer", "member": MEMBER},
        {},
        f"b/state-1/roles/storage.objectViewer/{MEMBER}",
    ),
    Life(
        "ring key",
        "gcp:kms/cryptoKeyIAMMember:CryptoKeyIAMMember",
        {"cryptoKeyId": KEY, "role": "roles/cloudkms.viewer", "member": MEMBER},
        {},
        f"{KEY}/roles/cloudkms.viewer/{MEMBER}",
    ),
    Life(
        "network subnetwork",
        "gcp:compute/subnetworkIAMMember:SubnetworkIAMMember",
        {"subnetwork": "nodes", "role": "roles/compute.networkUser", "member": MEMBER},
        {},
        f"{SUBNETWORK}/roles/compute.networkUser/{MEMBER}",
    ),
    Life(
        "repository",
        "gcp:artifactregistry/repositoryIamMember:RepositoryIamMember",
        {"repository": "images", "role": "roles/artifactregistry.reader", "member": MEMBER},
        {},
        f"{P}/locations/{R}/repositories/images/roles/artifactregistry.reader/{MEMBER}",
    ),
]
LOG_BUCKET = "gcp:logging/projectBucketConfig:ProjectBucketConfig"
KEPT = {
    LOG_BUCKET,  # for a week
    "gcp:kms/keyRing:KeyRing",
    "gcp:kms/cryptoKey:CryptoKey",
    "gcp:projects/iamMemberRemove:IamMemberRemove",  # an absence stays one
}
KEY_TOKEN = "gcp:serviceaccount/key:Key"
