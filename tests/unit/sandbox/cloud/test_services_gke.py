"""Google's refusals for a cluster's versions and backups, and for a network's DNS policy."""

from collections.abc import Callable

import pytest

import example_tenant as example
from sandbox.cloud.api import Cloud
from sandbox.cloud.errors import ApiError
from sandbox.cloud.services import container
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


@pytest.mark.parametrize("version", ["1.3", "1.36", "1.34.4-gke.2"])
def test_a_version_that_google_does_not_offer_is_refused(do: Do, version: str) -> None:
    make_cluster(do)
    with pytest.raises(ApiError, match="is unsupported"):
        do(f"{CLUSTERS}.update", CLUSTER, {"initialClusterVersion": version})


@pytest.mark.parametrize(("autopilot", "prefix"), [(True, "gk3-"), (False, "gke-")])
def test_a_cluster_has_the_groups_of_its_nodes_also_where_google_keeps_them(
    do: Do, *, autopilot: bool, prefix: str
) -> None:
    made = make_cluster(do, autopilot={"enabled": autopilot})
    [pool] = do(f"{CLUSTERS}.get", CLUSTER)["nodePools"]
    [listed] = do(f"{CLUSTERS}.list", CLUSTER)["items"]

    assert made["nodePools"] == listed["nodePools"] == [pool]
    groups = [url.rpartition("/")[2] for url in pool["instanceGroupUrls"]]
    assert len(groups) == 3
    assert all(group.startswith(prefix) for group in groups)
    if autopilot:
        with pytest.raises(ApiError, match="Autopilot"):
            do(f"{CLUSTERS}.nodePools.delete", f"{CLUSTER}/nodePools/{pool['name']}")


STANDARD_ARGUMENTS: dict[str, Json] = {
    "addonsConfig.slurmOperatorConfig.enabled": {"addonsConfig": {"slurmOperatorConfig": {"enabled": True}}},
    "autopilot.clusterPolicyConfig": {
        "autopilot": {"enabled": True, "clusterPolicyConfig": {"noSystemMutation": True}}
    },
    "defaultMaxPodsConstraint": {"defaultMaxPodsConstraint": {"maxPodsPerNode": "64"}},
    "enableKubernetesAlpha": {"enableKubernetesAlpha": True},
    "enableTpu": {"enableTpu": True},
    "networkPolicy.enabled": {"networkPolicy": {"enabled": True}},
    "nodePools": {"nodePools": [{"name": "own", "initialNodeCount": 1}]},
}


def test_every_argument_of_the_standard_mode_is_tried() -> None:
    assert set(STANDARD_ARGUMENTS) == set(container.STANDARD_ONLY)


@pytest.mark.parametrize(("field", "body"), STANDARD_ARGUMENTS.items(), ids=STANDARD_ARGUMENTS)
def test_an_argument_of_the_standard_mode_is_refused_on_autopilot(do: Do, field: str, body: Json) -> None:
    with pytest.raises(ApiError, match=rf"'cluster\.{field}': it can only be set on a Standard"):
        make_cluster(do, **body)
    autopilot = {**body.get("autopilot", {}), "enabled": False}
    make_cluster(do, **body | {"autopilot": autopilot})


def test_the_pool_that_gcloud_sends_for_every_cluster_is_taken_on_autopilot(do: Do) -> None:
    make_cluster(do, nodePools=[{"name": "default-pool", "initialNodeCount": 1}])


def test_an_argument_of_autopilot_is_refused_on_a_standard_cluster(do: Do) -> None:
    with pytest.raises(ApiError, match="can only be set on an Autopilot"):
        make_cluster(do, autopilot={"workloadPolicyConfig": {"allowNetAdmin": True}})


def test_an_argument_of_autopilot_is_taken_there(do: Do) -> None:
    make_cluster(do, autopilot={"enabled": True, "workloadPolicyConfig": {"allowNetAdmin": True}})


def test_a_cluster_tells_of_its_upgrades_on_a_topic_that_is_there(do: Do) -> None:
    topic = f"{P}/topics/upgrades"
    notifying: Json = {"notificationConfig": {"pubsub": {"enabled": True, "topic": topic}}}
    with pytest.raises(ApiError, match="404"):
        make_cluster(do, **notifying)
    do("pubsub.projects.topics.create", topic)
    make_cluster(do, **notifying)


@pytest.mark.parametrize("kind", ["topics", "subscriptions"])
def test_messages_are_kept_for_ten_minutes_to_a_month(do: Do, kind: str) -> None:
    topic = f"{P}/topics/upgrades"
    do("pubsub.projects.topics.create", topic)
    body: Json = {"topic": topic} if kind == "subscriptions" else {}
    for outside in ("599s", "2678401s"):
        with pytest.raises(ApiError, match="between 10 minutes and 31 days"):
            do(f"pubsub.projects.{kind}.create", f"{P}/{kind}/new", body | {"messageRetentionDuration": outside})
    do(f"pubsub.projects.{kind}.create", f"{P}/{kind}/new", body | {"messageRetentionDuration": "2678400s"})


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


def window(days: str = "SA,SU", hours: int = 6) -> Json:
    end = f"2026-01-03T{1 + hours:02}:00:00Z"
    return {"window": {"startTime": "2026-01-03T01:00:00Z", "endTime": end}, "recurrence": f"FREQ=WEEKLY;BYDAY={days}"}


def exclusion(start: str, end: str, scope: str = "NO_UPGRADES") -> Json:
    options: Json = {"maintenanceExclusionOptions": {"scope": scope}}
    return {"startTime": f"2026-{start}:00:00Z", "endTime": f"2026-{end}:00:00Z", **options}


ALL = "MO,TU,WE,TH,FR,SA,SU"


@pytest.mark.parametrize(
    "policy",
    [
        {"recurringWindow": window()},
        {"dailyMaintenanceWindow": {"startTime": "03:00"}},
        {"maintenanceExclusions": {"a": exclusion("03-01T00", "03-31T00")}},
        {"maintenanceExclusions": {"a": exclusion("03-01T00", "08-28T00", "NO_MINOR_UPGRADES")}},
        {"recurringWindow": window(ALL, 20), "maintenanceExclusions": {"a": exclusion("03-01T00", "03-28T00")}},
        {"recurringWindow": window() | {"recurrence": "FREQ=DAILY"}},
    ],
)
def test_a_maintenance_policy_within_googles_limits_is_taken(do: Do, policy: Json) -> None:
    make_cluster(do, maintenancePolicy={"window": policy})


@pytest.mark.parametrize(
    ("policy", "words"),
    [
        ({"recurringWindow": window("SU")}, "without 48h maintenance availability"),
        ({"recurringWindow": window(ALL, 3)}, "without 48h maintenance availability"),
        ({"maintenanceExclusions": {"a": exclusion("03-01T00", "03-31T01")}}, "30d at most"),
        ({"maintenanceExclusions": {"a": exclusion("03-01T00", "08-29T00", "NO_MINOR_UPGRADES")}}, "180d at most"),
        ({"maintenanceExclusions": {"a": exclusion("03-01T00", "03-01T00")}}, "must end after its start"),
        (
            {"recurringWindow": window(), "maintenanceExclusions": {"a": exclusion("03-07T00", "03-08T00")}},
            "without 48h maintenance availability",
        ),
        (
            {"maintenanceExclusions": {"a": exclusion("03-01T00", "03-20T00"), "b": exclusion("03-20T00", "04-08T00")}},
            "without 48h maintenance availability",
        ),
        (
            {
                "maintenanceExclusions": {
                    f"a{month}": exclusion(f"0{month}-01T00", f"0{month}-02T00") for month in range(1, 5)
                }
            },
            "3 of all upgrades",
        ),
        ({"recurringWindow": window() | {"recurrence": "FREQ=MONTHLY"}}, "is not simulated"),
    ],
)
def test_a_maintenance_policy_beyond_googles_limits_is_refused(do: Do, policy: Json, words: str) -> None:
    with pytest.raises(ApiError, match=words):
        make_cluster(do, maintenancePolicy={"window": policy})


@pytest.mark.parametrize(
    ("pods", "services", "words"),
    [
        ("10.4.0.0/24", "10.8.0.0/28", ""),
        ("10.4.0.0/25", "10.8.0.0/28", r"'pods' \(/25\) must be between /9 and /24"),
        ("10.4.0.0/24", "10.8.0.0/29", r"'services' \(/29\) must be between /16 and /28"),
        ("10.4.0.0/24", "10.8.0.0/15", r"'services' \(/15\) must be between /16 and /28"),
        ("10.4.0.0/24", "", "'services' does not exist"),
    ],
)
def test_a_clusters_ranges_are_its_subnetworks_and_large_enough(do: Do, pods: str, services: str, words: str) -> None:
    named = {"pods": pods, "services": services}
    secondary = [{"rangeName": name, "ipCidrRange": value} for name, value in named.items() if value]
    do("compute.subnetworks.patch", SUBNETWORK, {"secondaryIpRanges": secondary})
    policy = {"clusterSecondaryRangeName": "pods", "servicesSecondaryRangeName": "services"}
    if not words:
        make_cluster(do, ipAllocationPolicy=policy)
        return
    with pytest.raises(ApiError, match=words):
        make_cluster(do, ipAllocationPolicy=policy)
