"""The lives of further types: those that need more than a project, and variants that require other permissions."""

import example_tenant as example
from sandbox.cloud import seed
from sandbox.plugins.protocol import Properties
from unit.sandbox.gcp_plugin.lives import ACCOUNT, MEMBER, NETWORK, SETUP, SUBNETWORK, Life, P

_INSTANCE: Properties = {
    "name": "orders",
    "databaseVersion": "POSTGRES_17",
    "deletionProtection": False,
    "settings": {"tier": "db-custom-1-3840", "edition": "ENTERPRISE"},
}
_SECRET: Properties = {"secretId": "contract", "replication": {"auto": {}}}
_RANGE: Properties = {
    "name": "google",
    "purpose": "VPC_PEERING",
    "addressType": "INTERNAL",
    "prefixLength": 16,
    "network": NETWORK,
}
_CONNECTION: Properties = {
    "network": NETWORK,
    "service": "servicenetworking.googleapis.com",
    "reservedPeeringRanges": ["google"],
}
MORE_SETUP: dict[str, tuple[str, Properties]] = {
    "range": ("gcp:compute/globalAddress:GlobalAddress", _RANGE),
    "connection": ("gcp:servicenetworking/connection:Connection", _CONNECTION),
    "secret": ("gcp:secretmanager/secret:Secret", _SECRET),
    "instance": ("gcp:sql/databaseInstance:DatabaseInstance", _INSTANCE),
}
_GRANT: Properties = {"role": "roles/viewer", "member": MEMBER}

AUTOPILOT: tuple[str, Properties] = (
    "gcp:container/cluster:Cluster",
    {
        "name": "main",
        "network": NETWORK,
        "subnetwork": SUBNETWORK,
        "enableAutopilot": True,
        "clusterAutoscaling": {"autoProvisioningDefaults": {"serviceAccount": ACCOUNT.rpartition("/")[2]}},
        "deletionProtection": False,
    },
)
MORE_LIVES = [
    Life("", *SETUP["network"], {"routingMode": "GLOBAL"}, None),
    Life("network", *SETUP["subnetwork"], {"logConfig": {"aggregationInterval": "INTERVAL_5_SEC"}}, None),
    Life("network", *MORE_SETUP["range"], {"labels": {"team": "platform"}}, None),
    Life("", "gcp:compute/address:Address", {"name": "out"}, {"labels": {"team": "platform"}}, None),
    Life("network subnetwork account", *SETUP["cluster"], {"resourceLabels": {"team": "platform"}}, None),
    Life("", "gcp:folder/iAMMember:IAMMember", {**_GRANT, "folder": f"folders/{seed.FOLDER}"}, {}, None),
    Life("", "gcp:organizations/iAMMember:IAMMember", {**_GRANT, "orgId": example.ORGANIZATION}, {}, None),
    Life("", "gcp:projects/iAMMember:IAMMember", {**_GRANT, "project": example.PROJECT}, {}, None),
    Life("secret", "gcp:secretmanager/secretIamMember:SecretIamMember", {**_GRANT, "secretId": "contract"}, {}, None),
    Life("account", "gcp:serviceaccount/iAMMember:IAMMember", {**_GRANT, "serviceAccountId": ACCOUNT}, {}, None),
    Life(
        "",
        "gcp:projects/iAMCustomRole:IAMCustomRole",
        {"roleId": "reader", "title": "Reader", "permissions": ["resourcemanager.projects.get"]},
        {"title": "Readers"},
        None,
    ),
    Life(
        "",
        "gcp:projects/service:Service",
        {"service": "redis.googleapis.com", "disableOnDestroy": True},
        {},
        None,
    ),
    Life(
        "",
        "gcp:projects/serviceIdentity:ServiceIdentity",
        {"project": example.PROJECT, "service": "sqladmin.googleapis.com"},
        {},
        None,
    ),
    Life("", *MORE_SETUP["secret"], {"labels": {"team": "platform"}}, None),
    Life(
        "secret",
        "gcp:secretmanager/secretVersion:SecretVersion",
        {"secret": f"{P}/secrets/contract", "secretData": "{}"},
        {"enabled": False},
        None,
    ),
    Life("", *SETUP["account"], {"displayName": "Nodes"}, None),
    Life("network range", *MORE_SETUP["connection"], {}, None),
    Life(
        "",
        *MORE_SETUP["instance"],
        {"settings": {"tier": "db-custom-2-7680", "edition": "ENTERPRISE"}},
        None,
    ),
    Life(
        "network range connection",
        "gcp:sql/databaseInstance:DatabaseInstance",
        {
            **_INSTANCE,
            "settings": {
                **_INSTANCE["settings"],
                "ipConfiguration": {"privateNetwork": NETWORK, "ipv4Enabled": False},
            },
        },
        {},
        None,
    ),
    Life("instance", "gcp:sql/database:Database", {"instance": "orders", "name": "ledger"}, {}, None),
    Life(
        "instance",
        "gcp:sql/user:User",
        {"instance": "orders", "name": "team@example.com", "type": "CLOUD_IAM_GROUP"},
        {"databaseRoles": ["pg_read_all_data"]},
        None,
    ),
    Life("network subnetwork account", AUTOPILOT[0], AUTOPILOT[1], {"resourceLabels": {"team": "platform"}}, None),
    Life(
        "network subnetwork account",
        AUTOPILOT[0],
        {**AUTOPILOT[1], "skipNodePoolRefresh": True},
        {"resourceLabels": {"team": "platform"}},
        None,
    ),
]
