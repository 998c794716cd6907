"""The contracts of the platform layer towards the apps, and towards its own datastores."""

import json

from unit import contract_documents
from unit.platform_.deployment import deploy
from unit.platform_.test_namespaces import without_google

NETWORK = {
    "nodes": "10.0.0.0/20",
    "pods": "10.16.0.0/14",
    "services": "10.20.0.0/20",
    "databases": "10.64.0.0/20",
}
MAIL = {"reason": "Sends mail to customers", "ranges": ["203.0.113.7/32"], "ports": [587]}


def test_the_way_into_the_cluster_holds_no_credential() -> None:
    assert contract_documents.platform()["cluster"] == {
        "name": "main",
        "location": "europe-west4",
        "server": "https://gke-1234.europe-west4.gke.goog",
    }


def test_an_app_is_told_where_it_is_what_it_may_write_and_whom_it_runs_as() -> None:
    identity = contract_documents.identity()
    identity["apps"]["storefront"]["secrets"] = ["storefront-mail"]
    assert deploy(identity=identity).outputs["contract"]["apps"]["storefront"] == {
        "team": "shop",
        "namespace": "storefront",
        "kubernetesServiceAccount": "storefront",
        "serviceAccount": "app-storefront@prodfirst-sandbox.iam.gserviceaccount.com",
        "networkPolicy": "storefront",
        "secrets": ["storefront-mail"],
        "host": None,
        "quota": None,
    }


def test_an_app_is_told_its_quota_where_it_has_one_of_its_own() -> None:
    contract = deploy(namespaces={"storefront": {"quota": {"pods": 40}}}).outputs["contract"]

    assert contract["quota"] == {"cpu": "4", "memory": "8Gi", "pods": 20}
    assert contract["apps"]["storefront"]["quota"] == {"cpu": "4", "memory": "8Gi", "pods": 40}


def test_the_ways_out_are_told_as_the_network_lets_them_through() -> None:
    engine = deploy(network={**NETWORK, "destinations": {"mail": MAIL}})
    contract = engine.outputs["contract"]
    rules = engine.of("gcp:compute/firewall:Firewall")

    assert contract["destinations"] == {"mail": {"ranges": ["203.0.113.7/32"], "ports": [587]}}
    assert [contract["googleApis"]] == rules["main-egress-google-apis"].inputs["destinationRanges"]


def test_an_app_that_is_reached_from_outside_is_told_by_whom() -> None:
    engine = deploy(gateway={"domain": "example.com"}, namespaces={"storefront": {"public": True}})

    assert engine.outputs["contract"]["gateway"] == {
        "name": "public",
        "namespace": "platform-gateway",
        "domain": "example.com",
        "sources": engine.of("gcp:compute/firewall:Firewall")["main-ingress-load-balancers"].inputs["sourceRanges"],
    }


def test_an_app_without_a_google_account_is_told_so() -> None:
    app = deploy(identity=without_google()).outputs["contract"]["apps"]["storefront"]
    assert app["serviceAccount"] is None


def test_an_app_is_told_about_its_databases_by_the_datastores_alone() -> None:
    assert contract_documents.storage() == {
        "contract": "storage",
        "version": 1,
        "project": {"id": "prodfirst-sandbox", "region": "europe-west4"},
        "apps": {
            "storefront": {
                "orders": {
                    "connectionName": "prodfirst-sandbox:europe-west4:orders",
                    "privateIp": "10.64.0.3",
                    "user": "app-storefront@prodfirst-sandbox.iam",
                }
            }
        },
    }
    assert "orders" not in json.dumps(contract_documents.platform())


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
    engine = deploy()
    policy = engine.outputs["contract"]["apps"]["storefront"]["networkPolicy"]
    rules = engine.of("kubernetes:rbac.authorization.k8s.io/v1:Role")["storefront-access-developer"].inputs["rules"]
    assert [policy] in [rule.get("resourceNames") for rule in rules if "networkpolicies" in rule["resources"]]
