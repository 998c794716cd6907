"""Behaviour of the simulated services beyond storing a body."""

import base64

import pytest

import example_tenant as example
from sandbox.cloud import seed, webhooks
from sandbox.cloud.api import Cloud
from sandbox.cloud.errors import ApiError
from sandbox.cloud.iam import Caller
from sandbox.cloud.store import Json
from unit.sandbox.cloud.cases import REVIEWER, allows, bind

PROJECT = f"projects/{example.PROJECT}"
ADMIN = Caller(seed.ADMIN)
NETWORK = f"{PROJECT}/global/networks/main"
SUBNETWORK = f"{PROJECT}/regions/{example.REGION}/subnetworks/nodes"
INSTANCE = f"{PROJECT}/instances/orders"
CLUSTER = f"{PROJECT}/locations/{example.REGION}/clusters/main"
NODES = f"gke-nodes@{example.PROJECT}.iam.gserviceaccount.com"


@pytest.fixture
def network(cloud: Cloud) -> str:
    """A network with a private connection to Google's services."""
    cloud.call("compute.networks.insert", NETWORK, ADMIN, {"name": "main", "autoCreateSubnetworks": False})
    address: Json = {"name": "services", "addressType": "INTERNAL", "purpose": "VPC_PEERING", "network": NETWORK}
    cloud.call("compute.globalAddresses.insert", f"{PROJECT}/global/addresses/services", ADMIN, address)
    connection = f"{PROJECT}/networks/main/connections/servicenetworking.googleapis.com"
    body: Json = {"network": NETWORK, "reservedPeeringRanges": ["services"]}
    cloud.call("servicenetworking.services.connections.create", connection, ADMIN, body)
    return NETWORK


def instance_body(network: str, *, protected: bool) -> Json:
    return {
        "name": "orders",
        "region": example.REGION,
        "databaseVersion": "POSTGRES_17",
        "settings": {
            "tier": "db-custom-1-3840",
            "edition": "ENTERPRISE",
            "deletionProtectionEnabled": protected,
            "ipConfiguration": {"ipv4Enabled": False, "privateNetwork": network},
        },
    }


def cluster_body(cloud: Cloud) -> Json:
    cloud.call("compute.networks.insert", NETWORK, ADMIN, {"name": "main", "autoCreateSubnetworks": False})
    subnetwork: Json = {"name": "nodes", "network": NETWORK, "ipCidrRange": "10.0.0.0/20"}
    cloud.call("compute.subnetworks.insert", SUBNETWORK, ADMIN, subnetwork)
    cloud.call("iam.projects.serviceAccounts.create", f"{PROJECT}/serviceAccounts/{NODES}", ADMIN, {})
    return {
        "name": "main",
        "network": NETWORK,
        "subnetwork": SUBNETWORK,
        "autoscaling": {"autoprovisioningNodePoolDefaults": {"serviceAccount": NODES}},
    }


def test_a_protected_instance_survives_its_owner(cloud: Cloud, network: str) -> None:
    cloud.call("sql.instances.insert", INSTANCE, ADMIN, instance_body(network, protected=True))
    with pytest.raises(ApiError, match="The instance is protected"):
        cloud.call("sql.instances.delete", INSTANCE, ADMIN)
    assert cloud.call("sql.instances.get", INSTANCE, ADMIN)["state"] == "RUNNABLE"


def test_the_name_of_a_deleted_instance_stays_reserved(cloud: Cloud, network: str) -> None:
    body = instance_body(network, protected=False)
    cloud.call("sql.instances.insert", INSTANCE, ADMIN, body)
    cloud.call("sql.instances.delete", INSTANCE, ADMIN)
    with pytest.raises(ApiError, match="is reserved until") as reserved:
        cloud.call("sql.instances.insert", INSTANCE, ADMIN, body)
    assert reserved.value.code == 409


def test_databases_go_before_their_instance_refuses(cloud: Cloud, network: str) -> None:
    cloud.call("sql.instances.insert", INSTANCE, ADMIN, instance_body(network, protected=True))
    cloud.call("sql.databases.insert", f"{INSTANCE}/databases/orders", ADMIN, {"name": "orders"})
    cloud.call("sql.databases.delete", f"{INSTANCE}/databases/orders", ADMIN)
    with pytest.raises(ApiError, match="404"):
        cloud.call("sql.databases.get", f"{INSTANCE}/databases/orders", ADMIN)


def test_a_private_instance_needs_a_connected_network(cloud: Cloud) -> None:
    cloud.call("compute.networks.insert", NETWORK, ADMIN, {"name": "main"})
    with pytest.raises(ApiError, match="no private connection"):
        cloud.call("sql.instances.insert", INSTANCE, ADMIN, instance_body(NETWORK, protected=True))


def test_a_patch_changes_what_it_names_and_an_update_replaces_the_settings(cloud: Cloud, network: str) -> None:
    cloud.call("sql.instances.insert", INSTANCE, ADMIN, instance_body(network, protected=True))
    labelled = {"settings": {"userLabels": {"cost": "shop"}}}
    patched = cloud.call("sql.instances.patch", INSTANCE, ADMIN, labelled)["settings"]
    assert (patched["deletionProtectionEnabled"], patched["userLabels"]) == (True, {"cost": "shop"})
    cleared = cloud.call("sql.instances.patch", INSTANCE, ADMIN, {"settings": {"userLabels": None}})["settings"]
    assert "userLabels" not in cleared
    replaced = {"settings": {"tier": "db-custom-1-3840", "edition": "ENTERPRISE", **labelled["settings"]}}
    updated = cloud.call("sql.instances.update", INSTANCE, ADMIN, replaced)["settings"]
    assert "deletionProtectionEnabled" not in updated


def test_a_change_that_keeps_the_network_needs_no_right_on_it(cloud: Cloud, network: str) -> None:
    cloud.call("sql.instances.insert", INSTANCE, ADMIN, instance_body(network, protected=True))
    policy = cloud.call("cloudresourcemanager.projects.getIamPolicy", PROJECT, ADMIN)
    policy["bindings"].append({"role": "roles/cloudsql.admin", "members": ["group:database-team@example.com"]})
    cloud.call("cloudresourcemanager.projects.setIamPolicy", PROJECT, ADMIN, {"policy": policy})
    administrator = Caller("user:database-administrator@example.com")
    cloud.call("sql.instances.patch", INSTANCE, administrator, {"settings": {"tier": "db-custom-2-7680"}})


def test_an_instance_has_the_addresses_that_its_settings_ask_for(cloud: Cloud, network: str) -> None:
    cloud.call("sql.instances.insert", INSTANCE, ADMIN, instance_body(network, protected=True))
    opened = {"settings": {"ipConfiguration": {"ipv4Enabled": True}}}
    addresses = cloud.call("sql.instances.patch", INSTANCE, ADMIN, opened)["ipAddresses"]
    assert [address["type"] for address in addresses] == ["PRIVATE", "PRIMARY"]


def test_an_instances_region_never_changes(cloud: Cloud, network: str) -> None:
    cloud.call("sql.instances.insert", INSTANCE, ADMIN, instance_body(network, protected=True))
    with pytest.raises(ApiError, match="cannot be changed"):
        cloud.call("sql.instances.patch", INSTANCE, ADMIN, {"region": "us-east1"})


@pytest.mark.parametrize(
    ("user", "body", "message"),
    [
        ("app@p.iam.gserviceaccount.com", {"type": "CLOUD_IAM_SERVICE_ACCOUNT"}, "without '.gserviceaccount.com'"),
        ("app@p.iam", {"type": "CLOUD_IAM_SERVICE_ACCOUNT", "password": "x"}, "cannot have a password"),
    ],
)
def test_a_login_by_iam_has_a_short_name_and_no_password(
    cloud: Cloud, network: str, user: str, body: Json, message: str
) -> None:
    cloud.call("sql.instances.insert", INSTANCE, ADMIN, instance_body(network, protected=True))
    with pytest.raises(ApiError, match=message):
        cloud.call("sql.users.insert", f"{INSTANCE}/users/{user}", ADMIN, {"name": user, **body})


def test_a_network_in_use_stays(cloud: Cloud, network: str) -> None:
    with pytest.raises(ApiError, match="already being used by"):
        cloud.call("compute.networks.delete", network, ADMIN)


def test_a_cluster_needs_the_right_to_use_its_nodes_account(cloud: Cloud) -> None:
    body = cluster_body(cloud)
    policy = cloud.call("cloudresourcemanager.projects.getIamPolicy", PROJECT, ADMIN)
    member = "user:platform-engineer@example.com"
    for role in ("roles/container.clusterAdmin", "roles/compute.networkUser"):
        policy["bindings"].append({"role": role, "members": [member]})
    cloud.call("cloudresourcemanager.projects.setIamPolicy", PROJECT, ADMIN, {"policy": policy})
    with pytest.raises(ApiError, match=r"iam\.serviceAccounts\.actAs"):
        cloud.call("container.projects.locations.clusters.create", CLUSTER, Caller(member), body)
    cloud.call("container.projects.locations.clusters.create", CLUSTER, ADMIN, body)


def test_a_cluster_has_the_control_planes_address_and_is_the_only_one(cloud: Cloud) -> None:
    body = cluster_body(cloud)
    created = cloud.call("container.projects.locations.clusters.create", CLUSTER, ADMIN, body)
    assert created["controlPlaneEndpointsConfig"]["dnsEndpointConfig"]["endpoint"] == "localhost:6443"
    assert base64.b64decode(created["masterAuth"]["clusterCaCertificate"]).startswith(b"-----BEGIN")
    with pytest.raises(ApiError, match="one cluster"):
        cloud.call("container.projects.locations.clusters.create", CLUSTER + "-2", ADMIN, {**body, "name": "main-2"})


def test_secret_versions_are_numbered_kept_and_only_readable_while_enabled(cloud: Cloud) -> None:
    secret = f"{PROJECT}/secrets/contract"
    cloud.call("secretmanager.projects.secrets.create", secret, ADMIN, {"replication": {"automatic": {}}})
    for data in ("Zmlyc3Q=", "c2Vjb25k"):
        cloud.call("secretmanager.projects.secrets.addVersion", secret, ADMIN, {"payload": {"data": data}})
    versions = "secretmanager.projects.secrets.versions"
    latest = cloud.call(f"{versions}.access", f"{secret}/versions/latest", ADMIN)
    payload = {"data": "c2Vjb25k", "dataCrc32c": "2063438888"}
    name = f"projects/{example.PROJECT_NUMBER}/secrets/contract/versions/2"  # with the number, as Google returns it
    assert latest == {"name": name, "payload": payload}
    assert "payload" not in cloud.call(f"{versions}.get", f"{secret}/versions/1", ADMIN)
    cloud.call(f"{versions}.disable", f"{secret}/versions/2", ADMIN)
    with pytest.raises(ApiError, match="DISABLED state"):
        cloud.call(f"{versions}.access", f"{secret}/versions/latest", ADMIN)


def test_a_deleted_custom_roles_id_stays_taken(cloud: Cloud) -> None:
    role = f"{PROJECT}/roles/reader"
    cloud.call("iam.projects.roles.create", role, ADMIN, {"title": "Reader", "includedPermissions": []})
    cloud.call("iam.projects.roles.delete", role, ADMIN)
    with pytest.raises(ApiError, match="reserved"):
        cloud.call("iam.projects.roles.create", role, ADMIN, {"title": "Reader", "includedPermissions": []})


def test_a_deleted_custom_role_grants_nothing_until_it_is_restored(cloud: Cloud) -> None:
    role, grants = f"{PROJECT}/roles/reader", "secretmanager.secrets.list"
    body = {"title": "Reader", "includedPermissions": [grants]}
    cloud.call("iam.projects.roles.create", role, ADMIN, body)
    bind(cloud, role, REVIEWER.member)
    project = f"//cloudresourcemanager.googleapis.com/{PROJECT}"
    assert allows(cloud, REVIEWER, grants, project)
    assert cloud.call("iam.projects.roles.delete", role, ADMIN)["deleted"]
    assert not allows(cloud, REVIEWER, grants, project)
    assert cloud.call("iam.projects.roles.get", role, ADMIN)["deleted"]
    assert cloud.call("iam.projects.roles.list", f"{PROJECT}/roles/-", ADMIN)["items"] == []
    restored = cloud.call("iam.projects.roles.undelete", role, ADMIN)
    assert (restored["title"], "deleted" in restored) == ("Reader", False)
    assert allows(cloud, REVIEWER, grants, project)


def test_a_failed_call_changes_nothing(cloud: Cloud) -> None:
    with pytest.raises(ApiError):
        cloud.call("sql.databases.insert", f"{INSTANCE}/databases/orders", ADMIN, {"name": "orders"})
    with pytest.raises(ApiError, match="404"):
        cloud.call("sql.databases.get", f"{INSTANCE}/databases/orders", ADMIN)


@pytest.mark.parametrize("name", ["projects/p", "projects/p/secrets", "projects//secrets/s", "x"])
def test_a_malformed_name_is_refused(cloud: Cloud, name: str) -> None:
    with pytest.raises(ApiError, match="Invalid resource name"):
        cloud.call("secretmanager.projects.secrets.get", name, ADMIN)


def review(user: str, verb: str, resource: str, group: str = "", subresource: str = "") -> Json:
    attributes = {"verb": verb, "group": group, "resource": resource, "subresource": subresource}
    return {"spec": {"user": user, "groups": ["system:authenticated"], "resourceAttributes": attributes}}


@pytest.mark.parametrize(
    ("verb", "resource", "subresource", "allowed"),
    [
        ("create", "namespaces", "", True),
        ("patch", "namespaces", "", True),
        ("create", "deployments", "", False),
        ("get", "namespaces", "status", False),
        ("impersonate", "users", "", False),
    ],
)
def test_iam_answers_kubernetes_as_gke_does(
    cloud: Cloud, verb: str, resource: str, subresource: str, *, allowed: bool
) -> None:
    role = f"{PROJECT}/roles/namespaces"
    permissions = ["container.namespaces.create", "container.namespaces.update"]
    cloud.call("iam.projects.roles.create", role, ADMIN, {"title": "t", "includedPermissions": permissions})
    policy = cloud.call("cloudresourcemanager.projects.getIamPolicy", PROJECT, ADMIN)
    policy["bindings"].append({"role": role, "members": ["user:platform-engineer@example.com"]})
    cloud.call("cloudresourcemanager.projects.setIamPolicy", PROJECT, ADMIN, {"policy": policy})
    asked = review("platform-engineer@example.com", verb, resource, subresource=subresource)
    assert webhooks.review_access(cloud, asked)["allowed"] is allowed


def test_a_kubernetes_system_user_is_left_to_rbac(cloud: Cloud) -> None:
    assert webhooks.review_access(cloud, review("system:kube-scheduler", "list", "pods")) == {"allowed": False}


def test_a_token_tells_email_and_groups_to_those_who_may_connect(cloud: Cloud) -> None:
    token, _ = cloud.issue_token(Caller("user:shop-developer@example.com"))
    assert "container.clusters.connect" in webhooks.review_token(cloud, {"spec": {"token": token}})["error"]
    policy = cloud.call("cloudresourcemanager.projects.getIamPolicy", PROJECT, ADMIN)
    binding = {"role": "roles/container.clusterViewer", "members": ["group:shop-team@example.com"]}
    policy["bindings"].append(binding)
    cloud.call("cloudresourcemanager.projects.setIamPolicy", PROJECT, ADMIN, {"policy": policy})
    answer = webhooks.review_token(cloud, {"spec": {"token": token}})
    assert answer["user"]["username"] == "shop-developer@example.com"
    assert answer["user"]["groups"] == ["shop-team@example.com"]
    assert webhooks.review_token(cloud, {"spec": {"token": "wrong"}})["authenticated"] is False
