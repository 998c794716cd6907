"""Bodies in the cloud are Google's: what the plugin stores for each type fits Google's schema of the resource."""

from pathlib import Path

import pytest

from sandbox.cloud import seed
from sandbox.cloud.api import Cloud
from sandbox.cloud.iam import Caller
from sandbox.google import schemas
from sandbox.plugins.gcp.catalog import TYPES
from sandbox.plugins.gcp.members import PolicyType
from sandbox.plugins.protocol import Properties
from unit.sandbox.gcp_plugin.conftest import Plugin, prepare
from unit.sandbox.gcp_plugin.edge_lives import EDGE_LIVES
from unit.sandbox.gcp_plugin.lives import ACCOUNT, LIVES, NETWORK, SUBNETWORK, Life, P, R
from unit.sandbox.published import reading

CLUSTER = Life(
    "network subnetwork account",
    "gcp:container/cluster:Cluster",
    {
        "name": "whole",
        "network": NETWORK,
        "subnetwork": SUBNETWORK,
        "deletionProtection": False,
        "enableAutopilot": True,
        "allowNetAdmin": True,
        "clusterAutoscaling": {"autoProvisioningDefaults": {"serviceAccount": ACCOUNT.rpartition("/")[2]}},
        "enableLegacyAbac": False,
        "gatewayApiConfig": {"channel": "CHANNEL_STANDARD"},
        "serviceExternalIpsConfig": {"enabled": False},
        "loggingConfig": {"enableComponents": ["APISERVER"]},
        "monitoringConfig": {"enableComponents": ["SYSTEM_COMPONENTS"], "managedPrometheus": {"enabled": True}},
        "nodePoolAutoConfig": {"nodeKubeletConfig": {"insecureKubeletReadonlyPortEnabled": "FALSE"}},
        "maintenancePolicy": {
            "recurringWindow": {
                "startTime": "2026-01-01T02:00:00Z",
                "endTime": "2026-01-01T08:00:00Z",
                "recurrence": "FREQ=DAILY",
            },
            "maintenanceExclusions": [
                {
                    "exclusionName": "holidays",
                    "startTime": "2026-12-20T00:00:00Z",
                    "endTime": "2027-01-02T00:00:00Z",
                    "exclusionOptions": {"scope": "NO_UPGRADES"},
                }
            ],
        },
    },
    {"allowNetAdmin": False},
    f"{P}/locations/{R}/clusters/whole",
)
WHOLE = [
    CLUSTER,
    Life(
        "",
        "gcp:storage/bucket:Bucket",
        {
            "name": "whole-1",
            "location": "EU",
            "softDeletePolicy": {"retentionDurationSeconds": 2592000},
            "lifecycleRules": [
                {"action": {"type": "Delete"}, "condition": {"daysSinceNoncurrentTime": 3, "withState": "ARCHIVED"}},
                {"action": {"type": "Delete"}, "condition": {"age": 9, "matchesPrefixes": ["tmp/"]}},
            ],
            "cors": [{"methods": ["GET"], "origins": ["*"], "responseHeaders": ["*"], "maxAgeSeconds": 60}],
        },
        {"softDeletePolicy": {"retentionDurationSeconds": 604800}},
        "whole-1",
    ),
    Life(
        "",
        "gcp:artifactregistry/repository:Repository",
        {
            "repositoryId": "whole",
            "format": "DOCKER",
            "cleanupPolicies": [
                {"id": "keep", "action": "KEEP", "mostRecentVersions": {"keepCount": 20}},
                {"id": "old", "action": "DELETE", "condition": {"tagState": "UNTAGGED", "olderThan": "2592000s"}},
            ],
        },
        {"cleanupPolicies": [{"id": "keep", "action": "KEEP", "mostRecentVersions": {"keepCount": 10}}]},
        f"{P}/locations/{R}/repositories/whole",
    ),
    Life(
        "topic",
        "gcp:pubsub/subscription:Subscription",
        {"name": "whole", "topic": f"{P}/topics/upgrades", "expirationPolicy": {"ttl": ""}},
        {"ackDeadlineSeconds": 20},
        f"{P}/subscriptions/whole",
    ),
    Life(
        "",
        "gcp:orgpolicy/policy:Policy",
        {"parent": P, "name": f"{P}/policies/gcp.resourceLocations", "spec": {"rules": [{"denyAll": "TRUE"}]}},
        {"spec": {"rules": [{"values": {"allowedValues": ["in:eu-locations"]}}]}},
        f"{P}/policies/gcp.resourceLocations",
    ),
    Life(
        "network subnetwork router",
        "gcp:compute/routerNat:RouterNat",
        {
            "name": "out",
            "router": "edge",
            "natIpAllocateOption": "AUTO_ONLY",
            "sourceSubnetworkIpRangesToNat": "LIST_OF_SUBNETWORKS",
            "subnetworks": [{"name": SUBNETWORK, "sourceIpRangesToNats": ["ALL_IP_RANGES"]}],
        },
        {"minPortsPerVm": 128},
        None,
    ),
    Life(
        "",
        "gcp:secretmanager/secret:Secret",
        {"secretId": "whole", "replication": {"auto": {}}, "deletionProtection": False},
        {"labels": {"team": "shop"}},
        f"{P}/secrets/whole",
    ),
]


# Parts of policies have no body of their own.
OWN = [life for life in [*LIVES, *EDGE_LIVES, *WHOLE] if not isinstance(TYPES[life.token], PolicyType)]


@pytest.mark.parametrize("life", OWN, ids=lambda life: f"{life.token}-{life.id or ''}")
def test_what_is_stored_fits_googles_schema(ready: Plugin, tmp_path: Path, life: Life) -> None:
    prepare(ready, life.needs)
    checked, failures = ready.check(life.token, life.inputs)
    assert failures == []
    created, state = ready.create(life.token, checked)
    _assert_fits(tmp_path, life.token)
    if life.change:
        ready.update(life.token, created, state, checked, {**checked, **life.change})
        _assert_fits(tmp_path, life.token)


@pytest.mark.parametrize("life", WHOLE, ids=lambda life: life.token)
def test_a_refresh_finds_what_was_declared(ready: Plugin, life: Life) -> None:
    prepare(ready, life.needs)
    checked, _ = ready.check(life.token, life.inputs)
    created, state = ready.create(life.token, checked)
    assert ready.read(life.token, created, checked)[1] == checked
    changed: Properties = {**checked, **life.change}
    ready.update(life.token, created, state, checked, changed)
    assert ready.read(life.token, created, changed)[1] == changed


def _assert_fits(folder: Path, token: str) -> None:
    kind = TYPES[token].kind
    definition = reading(kind)
    assert definition is not None
    cloud = Cloud(folder / "cloud.db")
    for stored in cloud.store.find(kind, "//"):
        body = cloud.call(definition.id, stored.name.removeprefix("//").partition("/")[2], Caller(seed.ADMIN))
        assert schemas.misfits(definition.api, definition.response or {}, body) == []
    cloud.store.close()
