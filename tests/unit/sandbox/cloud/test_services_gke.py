"""Google's refusals for a cluster's versions and backups, and for a network's DNS policy."""

from collections.abc import Callable

import pytest

import example_tenant as example
from sandbox.cloud.api import Cloud
from sandbox.cloud.errors import ApiError
from sandbox.cloud.store import Json
from unit.sandbox.cloud.cases import ADMIN

P, R = f"projects/{example.PROJECT}", example.REGION
NETWORK, SUBNETWORK = f"{P}/global/networks/main", f"{P}/regions/{R}/subnetworks/nodes"
NODES = f"gke-nodes@{example.PROJECT}.iam.gserviceaccount.com"
CLUSTERS = "container.projects.locations.clusters"
CLUSTER = f"{P}/locations/{R}/clusters/main"
PLANS = "gkebackup.projects.locations.backupPlans"
PLAN = f"{P}/locations/{R}/backupPlans/daily"
LOCKED: Json = {"backupRetainDays": 35, "backupDeleteLockDays": 14, "locked": True}
OF_NETWORK: Json = {"networks": [{"networkUrl": NETWORK}]}

Do = Callable[..., Json]


@pytest.fixture
def do(cloud: Cloud) -> Do:
    """Calls as the project's owner, with a network and the APIs on."""

    def call(method: str, name: str, body: Json | None = None) -> Json:
        return cloud.call(method, name, ADMIN, body)

    for service in ("cloudkms", "container", "dns", "gkebackup", "pubsub"):
        call("serviceusage.services.enable", f"{P}/services/{service}.googleapis.com")
    call("compute.networks.insert", NETWORK, {"name": "main", "autoCreateSubnetworks": False})
    call("compute.subnetworks.insert", SUBNETWORK, {"name": "nodes", "network": NETWORK, "ipCidrRange": "10.0.0.0/20"})
    call("iam.projects.serviceAccounts.create", f"{P}/serviceAccounts/{NODES}")
    return call


def make_cluster(do: Do, **body: object) -> Json:
    own = {"network": NETWORK, "subnetwork": SUBNETWORK, "nodeConfig": {"serviceAccount": NODES}}
    return do(f"{CLUSTERS}.create", CLUSTER, {**own, "autopilot": {"enabled": True}, **body})


@pytest.mark.parametrize("version", ["1.34", "1.34.4", "1.34.4-gke.1000000", "latest"])
def test_a_cluster_is_brought_to_a_version_that_google_offers(do: Do, version: str) -> None:
    make_cluster(do)
    do(f"{CLUSTERS}.update", CLUSTER, {"initialClusterVersion": version})


@pytest.mark.parametrize("version", ["1.3", "1.35", "1.34.4-gke.2"])
def test_a_version_that_google_does_not_offer_is_refused(do: Do, version: str) -> None:
    make_cluster(do)
    with pytest.raises(ApiError, match="is unsupported"):
        do(f"{CLUSTERS}.update", CLUSTER, {"initialClusterVersion": version})


@pytest.mark.parametrize(
    "autopilot",
    [
        {"enabled": True, "clusterPolicyConfig": {"noSystemMutation": True}},
        {"workloadPolicyConfig": {"allowNetAdmin": True}},
    ],
)
def test_an_argument_of_the_other_mode_is_refused(do: Do, autopilot: Json) -> None:
    with pytest.raises(ApiError, match="can only be set on"):
        make_cluster(do, autopilot=autopilot)


@pytest.mark.parametrize(
    "autopilot",
    [
        {"clusterPolicyConfig": {"noSystemMutation": True}},
        {"enabled": True, "workloadPolicyConfig": {"allowNetAdmin": True}},
    ],
)
def test_an_argument_of_the_own_mode_is_taken(do: Do, autopilot: Json) -> None:
    make_cluster(do, autopilot=autopilot)


def test_a_cluster_tells_of_its_upgrades_on_a_topic_that_is_there(do: Do) -> None:
    topic = f"{P}/topics/upgrades"
    notifying: Json = {"notificationConfig": {"pubsub": {"enabled": True, "topic": topic}}}
    with pytest.raises(ApiError, match="404"):
        make_cluster(do, **notifying)
    do("pubsub.projects.topics.create", topic)
    make_cluster(do, **notifying)


def test_a_locked_retention_is_neither_changed_nor_unlocked(do: Do) -> None:
    make_cluster(do)
    do(f"{PLANS}.create", PLAN, {"cluster": CLUSTER, "retentionPolicy": LOCKED})
    for change in ({"backupRetainDays": 1}, {"locked": False}, {"backupDeleteLockDays": 0}):
        with pytest.raises(ApiError, match="is locked"):
            do(f"{PLANS}.patch", PLAN, {"retentionPolicy": LOCKED | change})
    do(f"{PLANS}.patch", PLAN, {"description": "every day", "retentionPolicy": LOCKED})


def test_a_retention_that_is_not_locked_may_be_changed(do: Do) -> None:
    make_cluster(do)
    do(f"{PLANS}.create", PLAN, {"cluster": CLUSTER, "retentionPolicy": LOCKED | {"locked": False}})
    do(f"{PLANS}.patch", PLAN, {"retentionPolicy": LOCKED})


def test_no_backup_is_locked_for_longer_than_it_is_kept(do: Do) -> None:
    make_cluster(do)
    with pytest.raises(ApiError, match="greater than or equal"):
        do(f"{PLANS}.create", PLAN, {"cluster": CLUSTER, "retentionPolicy": LOCKED | {"backupRetainDays": 7}})


def test_a_backup_plan_needs_a_key_that_its_agent_may_use(do: Do) -> None:
    make_cluster(do)
    ring = f"{P}/locations/{R}/keyRings/data"
    do("cloudkms.projects.locations.keyRings.create", ring)
    key = f"{ring}/cryptoKeys/backups"
    do("cloudkms.projects.locations.keyRings.cryptoKeys.create", key, {"purpose": "ENCRYPT_DECRYPT"})
    encrypted: Json = {"encryptionKey": {"gcpKmsEncryptionKey": key}}
    with pytest.raises(ApiError, match="gcp-sa-gkebackup"):
        do(f"{PLANS}.create", PLAN, {"cluster": CLUSTER, "backupConfig": encrypted})


def test_a_subnetworks_range_only_grows(do: Do) -> None:
    do("compute.subnetworks.patch", SUBNETWORK, {"ipCidrRange": "10.0.0.0/19"})
    for other in ("10.0.0.0/20", "10.1.0.0/19"):
        with pytest.raises(ApiError, match=r"must contain 10\.0\.0\.0/19"):
            do("compute.subnetworks.patch", SUBNETWORK, {"ipCidrRange": other})


def test_the_ranges_that_a_cluster_uses_stay(do: Do) -> None:
    pods, more = ({"rangeName": name, "ipCidrRange": f"10.{number}.0.0/16"} for name, number in (("pods", 4), ("x", 5)))
    do("compute.subnetworks.patch", SUBNETWORK, {"secondaryIpRanges": [pods]})
    make_cluster(do)
    do("compute.subnetworks.patch", SUBNETWORK, {"secondaryIpRanges": [pods, more]})
    for changed in ([], [pods | {"ipCidrRange": "10.6.0.0/16"}, more]):
        with pytest.raises(ApiError, match="used by a cluster"):
            do("compute.subnetworks.patch", SUBNETWORK, {"secondaryIpRanges": changed})


def test_a_network_has_one_dns_policy(do: Do) -> None:
    do("dns.policies.create", f"{P}/policies/one", OF_NETWORK)
    do("dns.policies.patch", f"{P}/policies/one", OF_NETWORK | {"enableLogging": True})
    with pytest.raises(ApiError, match="has a policy"):
        do("dns.policies.create", f"{P}/policies/two", OF_NETWORK)


def test_a_dns_policy_of_a_network_stays(do: Do) -> None:
    do("dns.policies.create", f"{P}/policies/one", OF_NETWORK)
    with pytest.raises(ApiError, match="bound to a network"):
        do("dns.policies.delete", f"{P}/policies/one")
    do("dns.policies.patch", f"{P}/policies/one", {"networks": None})
    do("dns.policies.delete", f"{P}/policies/one")
