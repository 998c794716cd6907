"""The contracts of the platform layer: towards teams and their apps, and between its own stacks."""

import json

from unit import contract_documents
from unit.platform_.deployment import deploy, deploy_namespaces, deploy_storage
from unit.platform_.test_namespaces import without_google

NETWORK = {
    "nodes": "10.0.0.0/20",
    "pods": "10.16.0.0/14",
    "services": "10.20.0.0/20",
    "databases": "10.64.0.0/20",
}
MAIL = {"reason": "Sends mail to customers", "ranges": ["203.0.113.7/32"], "ports": [587]}


def test_the_way_into_the_cluster_holds_no_credential() -> None:
    cluster = {
        "name": "main",
        "location": "europe-west4",
        "server": "https://gke-1234.europe-west4.gke.goog",
    }
    assert contract_documents.platform()["cluster"] == cluster
    assert contract_documents.namespaces()["cluster"] == cluster


def test_an_app_is_told_where_it_is_what_it_may_write_and_whom_it_runs_as() -> None:
    team = contract_documents.team()
    team["apps"]["storefront"]["secrets"] = ["storefront-mail"]
    assert deploy_namespaces(team=team).outputs["contract"]["apps"]["storefront"] == {
        "namespace": "storefront",
        "kubernetesServiceAccount": "storefront",
        "serviceAccount": "app-storefront@prodfirst-sandbox.iam.gserviceaccount.com",
        "networkPolicy": "storefront",
        "secrets": ["storefront-mail"],
        "host": None,
        "quota": {"cpu": "4", "memory": "8Gi", "pods": 20},
        "databases": {
            "orders": {
                "connectionName": "prodfirst-sandbox:europe-west4:orders",
                "privateIp": "10.64.0.3",
                "user": "app-storefront@prodfirst-sandbox.iam",
                "migratesFor": [],
                "versions": {},
            }
        },
    }


def test_an_app_is_told_the_quota_that_holds_for_it() -> None:
    contract = deploy_namespaces(namespaces={"storefront": {"quota": {"pods": 40}}}).outputs["contract"]

    assert contract["apps"]["storefront"]["quota"] == {"cpu": "4", "memory": "8Gi", "pods": 40}
    assert contract["apps"]["reports"]["quota"] == {"cpu": "4", "memory": "8Gi", "pods": 20}


def test_the_ways_out_are_told_as_the_network_lets_them_through() -> None:
    engine = deploy(network={**NETWORK, "destinations": {"mail": MAIL}})
    rules = engine.of("gcp:compute/firewall:Firewall")

    for contract in (
        engine.outputs["contract"],
        deploy_namespaces(platform=engine.outputs["contract"]).outputs["contract"],
    ):
        assert contract["destinations"] == {"mail": {"ranges": ["203.0.113.7/32"], "ports": [587]}}
        assert [contract["googleApis"]] == rules["main-egress-google-apis"].inputs["destinationRanges"]


def test_an_app_that_is_reached_from_outside_is_told_by_whom() -> None:
    engine = deploy(gateway={"domain": "example.com"})

    assert engine.outputs["contract"]["gateway"] == {
        "name": "public",
        "namespace": "platform-gateway",
        "domain": "example.com",
        "sources": engine.of("gcp:compute/firewall:Firewall")["main-ingress-load-balancers"].inputs["sourceRanges"],
    }


def test_an_app_without_a_google_account_is_told_so() -> None:
    app = deploy_namespaces(team=without_google()).outputs["contract"]["apps"]["storefront"]
    assert (app["serviceAccount"], app["databases"]) == (None, {})


def test_the_datastores_tell_their_databases_and_nothing_of_the_apps() -> None:
    assert contract_documents.storage() == {
        "contract": "storage",
        "version": 2,
        "project": {"id": "prodfirst-sandbox", "region": "europe-west4"},
        "databases": {
            "orders": {
                "instance": "orders",
                "connectionName": "prodfirst-sandbox:europe-west4:orders",
                "privateIp": "10.64.0.3",
            }
        },
        "instances": {"orders": {"databases": ["orders"], "adoptedApps": [], "retired": False, "retiredApps": []}},
        "versions": {},
    }
    assert "orders" not in json.dumps(contract_documents.platform())


def test_a_datastore_that_is_restored_and_not_taken_over_is_in_no_contract() -> None:
    orders = {
        "owner": "database",
        "version": "POSTGRES_17",
        "tier": "db-custom-2-7680",
        "databases": ["orders"],
        "objectives": {"dataLossMinutes": 5, "downtimeMinutes": 10},
    }
    source = {"datastore": "orders", "pointInTime": "2026-11-20T03:00:00Z"}
    engine = deploy_storage(datastores={"orders": orders, "restored": orders | {"source": source}})

    assert engine.outputs["contract"] == contract_documents.storage()


def test_the_datastores_are_told_their_network_before_there_is_a_cluster() -> None:
    engine = deploy()
    versions = engine.of("gcp:secretmanager/secretVersion:SecretVersion")

    assert engine.outputs["contract-network"] == {
        "contract": "network",
        "version": 1,
        "project": {"id": "prodfirst-sandbox", "region": "europe-west4"},
        "network": "projects/prodfirst-sandbox/global/networks/main",
        "databaseRange": "main-databases",
    }
    waits = versions["contract-network-version"].dependencies
    assert waits == {"main", "main-databases", "main-europe-west4", "main-private-services"}


def test_the_policy_that_an_app_is_told_is_the_one_that_its_team_may_write() -> None:
    engine = deploy_namespaces()
    policy = engine.outputs["contract"]["apps"]["storefront"]["networkPolicy"]
    rules = engine.of("kubernetes:rbac.authorization.k8s.io/v1:Role")["storefront-access-developer"].inputs["rules"]
    assert [policy] in [rule.get("resourceNames") for rule in rules if "networkpolicies" in rule["resources"]]
