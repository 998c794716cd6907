"""Networks, what stands in them, and clusters: what holds what."""

from collections.abc import Callable

import pytest

import example_tenant as example
from sandbox.cloud import seed
from sandbox.cloud.api import Cloud
from sandbox.cloud.errors import ApiError
from sandbox.cloud.iam import Caller
from sandbox.cloud.store import Json

P, R = f"projects/{example.PROJECT}", example.REGION
NETWORK, SUBNETWORK = f"{P}/global/networks/main", f"{P}/regions/{R}/subnetworks/nodes"
ADDRESS = f"{P}/global/addresses/s"
INSTANCE = f"{P}/instances/orders"
CLUSTER = f"{P}/locations/{R}/clusters/main"
NODES = f"gke-nodes@{example.PROJECT}.iam.gserviceaccount.com"
ANY: list[Json] = [{"IPProtocol": "all"}]

Do = Callable[..., Json]


@pytest.fixture
def do(cloud: Cloud) -> Do:
    """Calls as the project's owner."""

    def call(method: str, name: str, body: Json | None = None) -> Json:
        return cloud.call(method, name, Caller(seed.ADMIN), body)

    return call


def make_network(do: Do) -> None:
    do("compute.networks.insert", NETWORK, {"name": "main", "autoCreateSubnetworks": False})


def make_cluster(do: Do, *, autopilot: bool) -> None:
    make_network(do)
    do("compute.subnetworks.insert", SUBNETWORK, {"name": "nodes", "network": NETWORK, "ipCidrRange": "10.0.0.0/20"})
    do("iam.projects.serviceAccounts.create", f"{P}/serviceAccounts/{NODES}")
    body: Json = {"network": NETWORK, "subnetwork": SUBNETWORK, "nodeConfig": {"serviceAccount": NODES}}
    do("container.projects.locations.clusters.create", CLUSTER, {**body, "autopilot": {"enabled": autopilot}})


@pytest.mark.parametrize(
    ("kind", "name", "body"),
    [
        ("compute.firewalls", f"{P}/global/firewalls/f", {"network": NETWORK, "denied": ANY}),
        ("compute.routers", f"{P}/regions/{R}/routers/r", {"network": NETWORK}),
        ("compute.subnetworks", SUBNETWORK, {"network": NETWORK, "ipCidrRange": "10.0.0.0/20"}),
        ("compute.subnetworks", SUBNETWORK, {"network": f"https://x/v1/{NETWORK}", "ipCidrRange": "10.0.0.0/20"}),
    ],
)
def test_a_network_stays_while_something_uses_it(do: Do, kind: str, name: str, body: Json) -> None:
    make_network(do)
    do(f"{kind}.insert", name, body)
    with pytest.raises(ApiError, match=f"already being used by '{name}'"):
        do("compute.networks.delete", NETWORK)
    do(f"{kind}.delete", name)
    do("compute.networks.delete", NETWORK)


def test_network_and_subnetwork_of_a_cluster_stay_until_it_goes(do: Do) -> None:
    make_cluster(do, autopilot=True)
    for method, name in (("compute.subnetworks.delete", SUBNETWORK), ("compute.networks.delete", NETWORK)):
        with pytest.raises(ApiError, match="already being used by"):
            do(method, name)
    do("container.projects.locations.clusters.delete", CLUSTER)
    do("compute.subnetworks.delete", SUBNETWORK)
    do("compute.networks.delete", NETWORK)


def test_a_connection_stays_while_an_instance_is_reached_through_it(do: Do) -> None:
    make_network(do)
    address: Json = {"name": "s", "addressType": "INTERNAL", "purpose": "VPC_PEERING", "network": NETWORK}
    do("compute.globalAddresses.insert", f"{P}/global/addresses/s", address)
    connection = f"{P}/networks/main/connections/servicenetworking.googleapis.com"
    do(
        "servicenetworking.services.connections.create",
        connection,
        {"network": NETWORK, "reservedPeeringRanges": ["s"]},
    )
    private: Json = {"tier": "db-f1-micro", "ipConfiguration": {"privateNetwork": NETWORK}}
    do("sql.instances.insert", INSTANCE, {"name": "orders", "region": R, "settings": private})
    with pytest.raises(ApiError, match="Producer services"):
        do("servicenetworking.services.connections.delete", connection)
    do("sql.instances.delete", INSTANCE)
    do("compute.globalAddresses.delete", f"{P}/global/addresses/s")
    do("compute.networks.delete", NETWORK)
    with pytest.raises(ApiError, match="404"):
        do("servicenetworking.services.connections.get", connection)


def _demanded(cloud: Cloud) -> set[str]:
    return {str(decision["permission"]) for decision in cloud.store.calls()[-1].decisions}


@pytest.mark.parametrize(
    ("kind", "area"), [("compute.addresses", f"regions/{R}"), ("compute.globalAddresses", "global")]
)
@pytest.mark.parametrize("internal", [True, False])
def test_an_internal_address_demands_other_permissions_than_a_public_one(
    cloud: Cloud, do: Do, kind: str, area: str, *, internal: bool
) -> None:
    make_network(do)
    do("compute.subnetworks.insert", SUBNETWORK, {"name": "nodes", "network": NETWORK, "ipCidrRange": "10.0.0.0/20"})
    name = f"{P}/{area}/addresses/a"
    where = {"addressType": "INTERNAL", "network": NETWORK, "subnetwork": SUBNETWORK} if internal else {}
    for verb, permission in (("insert", "create"), ("delete", "delete")):
        do(f"{kind}.{verb}", name, where if verb == "insert" else None)
        assert (f"{kind}.{permission}Internal" in _demanded(cloud)) is internal


def test_a_patch_of_compute_engine_demands_to_read_what_it_changes(cloud: Cloud, do: Do) -> None:
    make_network(do)
    do("compute.networks.patch", NETWORK, {"description": "of the platform"})
    assert _demanded(cloud) == {"compute.networks.get", "compute.networks.update"}


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({"network": NETWORK}, "either allowed or denied"),
        ({"network": NETWORK, "allowed": ANY, "denied": ANY}, "either allowed or denied"),
        ({"network": NETWORK, "allowed": ANY, "direction": "EGRESS", "sourceRanges": ["0.0.0.0/0"]}, "no sources"),
        ({"network": f"{P}/global/networks/none", "allowed": ANY}, "404"),
    ],
)
def test_a_firewall_rule_says_one_thing_of_one_network(do: Do, body: Json, message: str) -> None:
    make_network(do)
    with pytest.raises(ApiError, match=message):
        do("compute.firewalls.insert", f"{P}/global/firewalls/f", body)


def test_a_standard_cluster_begins_with_a_pool_and_autopilot_takes_none(do: Do) -> None:
    make_cluster(do, autopilot=False)
    pools = "container.projects.locations.clusters.nodePools"
    assert [pool["name"] for pool in do(f"{pools}.list", f"{CLUSTER}/nodePools/-")["items"]] == ["default-pool"]
    do("container.projects.locations.clusters.delete", CLUSTER)
    assert do(f"{pools}.list", f"{CLUSTER}/nodePools/-")["items"] == []


def test_a_pool_of_an_autopilot_cluster_is_refused(do: Do) -> None:
    make_cluster(do, autopilot=True)
    with pytest.raises(ApiError, match="Autopilot node pools cannot be accessed or modified"):
        do("container.projects.locations.clusters.nodePools.create", f"{CLUSTER}/nodePools/x", {"name": "x"})


PODS: Json = {"rangeName": "pods", "ipCidrRange": "10.16.0.0/14"}


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"ipCidrRange": "10.0.0.1/20"}, "host bits"),
        ({"ipCidrRange": "10.9.0.0/30"}, "smallest range is /29"),
        ({"ipCidrRange": "10.0.8.0/24"}, r"conflicts with existing range 10\.0\.0\.0/20"),
        ({"ipCidrRange": "10.64.1.0/24"}, r"conflicts with existing range 10\.64\.0\.0/20"),
        ({"ipCidrRange": "10.9.0.0/24", "secondaryIpRanges": [PODS | {"ipCidrRange": "10.0.0.0/14"}]}, "conflicts"),
        (
            {"ipCidrRange": "10.16.0.0/24", "secondaryIpRanges": [PODS]},
            r"conflicts with existing range 10\.16\.0\.0/24",
        ),
    ],
)
def test_a_range_that_is_none_or_not_free_is_refused(do: Do, body: Json, words: str) -> None:
    do("compute.networks.insert", NETWORK, {"name": "main", "autoCreateSubnetworks": False})
    do("compute.subnetworks.insert", SUBNETWORK, {"name": "nodes", "network": NETWORK, "ipCidrRange": "10.0.0.0/20"})
    reserved = {"addressType": "INTERNAL", "purpose": "VPC_PEERING", "network": NETWORK, "name": "s"}
    do("compute.globalAddresses.insert", ADDRESS, {**reserved, "address": "10.64.0.0", "prefixLength": 20})
    with pytest.raises(ApiError, match=words):
        do("compute.subnetworks.insert", f"{SUBNETWORK}-2", {"name": "nodes-2", "network": NETWORK, **body})


def test_a_reserved_range_is_free_and_has_room_for_instances(do: Do) -> None:
    do("compute.networks.insert", NETWORK, {"name": "main", "autoCreateSubnetworks": False})
    do("compute.subnetworks.insert", SUBNETWORK, {"name": "nodes", "network": NETWORK, "ipCidrRange": "10.0.0.0/20"})
    reserved = {"addressType": "INTERNAL", "purpose": "VPC_PEERING", "network": NETWORK, "name": "s"}
    with pytest.raises(ApiError, match="conflicts with existing range"):
        do("compute.globalAddresses.insert", ADDRESS, {**reserved, "address": "10.0.0.0", "prefixLength": 16})
    do("compute.globalAddresses.insert", ADDRESS, {**reserved, "address": "10.64.0.0", "prefixLength": 25})
    connection = f"{P}/networks/main/connections/servicenetworking.googleapis.com"
    with pytest.raises(ApiError, match="smaller than /24"):
        do(
            "servicenetworking.services.connections.create",
            connection,
            {"network": NETWORK, "reservedPeeringRanges": [ADDRESS.rpartition("/")[2]]},
        )


def test_the_size_of_a_node_pool_is_that_of_its_groups_in_each_zone(do: Do) -> None:
    make_cluster(do, autopilot=False)
    pools, groups = "container.projects.locations.clusters.nodePools", "compute.instanceGroupManagers"
    zones = [f"{P}/zones/{R}-{letter}/instanceGroupManagers" for letter in "abc"]

    def sizes() -> list[int]:
        return [group["targetSize"] for zone in zones for group in do(f"{groups}.list", f"{zone}/-")["items"]]

    assert sizes() == [1, 1, 1]
    do(f"{pools}.update", f"{CLUSTER}/nodePools/default-pool", {"initialNodeCount": 4})
    assert sizes() == [4, 4, 4]
    link = do(f"{pools}.get", f"{CLUSTER}/nodePools/default-pool")["instanceGroupUrls"][0]
    assert do(f"{groups}.get", link.partition("/compute/v1/")[2])["selfLink"] == link
    do(f"{pools}.update", f"{CLUSTER}/nodePools/default-pool", {"locations": [f"{R}-b"]})
    assert sizes() == [4]
    with pytest.raises(ApiError, match="404"):
        do(f"{groups}.get", f"{zones[0]}/gke-main-other-0-grp")
    do(f"{pools}.delete", f"{CLUSTER}/nodePools/default-pool")
    assert sizes() == []
