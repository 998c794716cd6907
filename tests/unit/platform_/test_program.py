"""What the platform layer declares for the sandbox's stack."""

import json
from typing import Any

import pytest

from unit import contract_documents
from unit.pulumi_mocks import Engine, run, stack_configuration

ROLE = "kubernetes:rbac.authorization.k8s.io/v1:Role"
BINDING = "kubernetes:rbac.authorization.k8s.io/v1:RoleBinding"


def deploy(identity: dict[str, Any] | None = None) -> Engine:
    engine = Engine(contracts={"contract-identity": identity or contract_documents.identity()})
    return run("platform", "sandbox", stack_configuration("platform", "sandbox"), engine)


@pytest.fixture(scope="module")
def engine() -> Engine:
    return deploy()


def test_every_part_of_a_datastore_and_the_cluster_are_protected(engine: Engine) -> None:
    kinds = ["databaseInstance:DatabaseInstance", "database:Database", "user:User"]
    for kind in [*(f"gcp:sql/{kind}" for kind in kinds), "gcp:container/cluster:Cluster"]:
        assert engine.of(kind)
        assert all(item.protect for item in engine.of(kind).values())


def test_the_database_is_private_encrypted_backed_up_and_cannot_be_deleted(engine: Engine) -> None:
    inputs = engine.of("gcp:sql/databaseInstance:DatabaseInstance")["orders"].inputs
    settings = inputs["settings"]
    assert inputs["deletionProtection"] is True
    assert settings["deletionProtectionEnabled"] is True
    assert settings["retainBackupsOnDelete"] is True
    assert settings["finalBackupConfig"]["enabled"] is True
    assert settings["backupConfiguration"]["pointInTimeRecoveryEnabled"] is True
    assert settings["ipConfiguration"]["ipv4Enabled"] is False
    assert settings["ipConfiguration"]["sslMode"] == "ENCRYPTED_ONLY"
    assert {"name": "cloudsql.iam_authentication", "value": "on"} in settings["databaseFlags"]


def test_an_app_that_asked_for_a_database_logs_in_by_iam_without_a_password(engine: Engine) -> None:
    [user] = engine.of("gcp:sql/user:User").values()
    assert user.inputs["name"] == "app-storefront@prodfirst-sandbox.iam"
    assert user.inputs["type"] == "CLOUD_IAM_SERVICE_ACCOUNT"
    assert "password" not in user.inputs


def test_an_app_that_asked_for_none_has_no_user() -> None:
    identity = contract_documents.identity()
    identity["apps"]["storefront"]["databases"] = []
    assert not deploy(identity).of("gcp:sql/user:User")


def test_the_database_waits_for_its_private_network(engine: Engine) -> None:
    database = engine.of("gcp:sql/databaseInstance:DatabaseInstance")["orders"]
    assert "main-private-services" in database.dependencies


def test_the_cluster_is_reached_by_iam_only(engine: Engine) -> None:
    inputs = engine.of("gcp:container/cluster:Cluster")["main"].inputs
    assert inputs["controlPlaneEndpointsConfig"] == {
        "dnsEndpointConfig": {"allowExternalTraffic": True},
        "ipEndpointsConfig": {"enabled": False},
    }
    assert inputs["privateClusterConfig"] == {"enablePrivateNodes": True}
    assert inputs["deletionProtection"] is True


def test_the_kubeconfig_holds_no_credential(engine: Engine) -> None:
    provider = engine.of("pulumi:providers:kubernetes")["main"]
    kubeconfig = json.loads(provider.inputs["kubeconfig"])
    assert kubeconfig["clusters"][0]["cluster"] == {"server": "https://gke-1234.europe-west4.gke.goog"}
    assert set(kubeconfig["users"][0]["user"]) == {"exec"}


def test_a_namespace_is_restricted_limited_and_closed(engine: Engine) -> None:
    namespace = engine.of("kubernetes:core/v1:Namespace")["storefront"].inputs["metadata"]
    assert namespace["labels"]["pod-security.kubernetes.io/enforce"] == "restricted"
    quota = engine.of("kubernetes:core/v1:ResourceQuota")["storefront-quota"].inputs["spec"]["hard"]
    assert quota["services.loadbalancers"] == quota["services.nodeports"] == "0"
    deny = engine.of("kubernetes:networking.k8s.io/v1:NetworkPolicy")["storefront-default-deny"].inputs["spec"]
    assert deny == {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}


def test_a_developer_may_deploy_and_nothing_that_widens_what_a_developer_may(engine: Engine) -> None:
    rules = engine.of(ROLE)["storefront-access-developer"].inputs["rules"]
    resources = {resource for rule in rules for resource in rule["resources"]}
    assert "deployments" in resources
    assert not resources & {"*", "secrets", "roles", "rolebindings", "pods/exec", "namespaces", "serviceaccounts/token"}
    assert not {verb for rule in rules for verb in rule["verbs"]} & {"*", "bind", "escalate", "impersonate"}
    writable = {resource for rule in rules if "create" in rule["verbs"] for resource in rule["resources"]}
    assert not writable & {"resourcequotas", "limitranges"}


def test_a_viewer_only_reads(engine: Engine) -> None:
    rules = engine.of(ROLE)["storefront-access-viewer"].inputs["rules"]
    assert {verb for rule in rules for verb in rule["verbs"]} == {"get", "list", "watch"}


def test_only_the_teams_group_and_ci_are_bound(engine: Engine) -> None:
    subjects = {
        name: {(subject["kind"], subject["name"]) for subject in binding.inputs["subjects"]}
        for name, binding in engine.of(BINDING).items()
    }
    assert subjects == {
        "storefront-access-developer": {
            ("Group", "shop-team@example.com"),
            ("User", "apps-shop-deploy@prodfirst-sandbox.iam.gserviceaccount.com"),
        },
        "storefront-access-viewer": {("User", "apps-shop-preview@prodfirst-sandbox.iam.gserviceaccount.com")},
    }


def test_the_contract_is_published_after_everything_else(engine: Engine) -> None:
    kind = "gcp:secretmanager/secretVersion:SecretVersion"
    [version] = engine.of(kind).values()
    others = {
        item.name for item in engine.declared if item.type.startswith(("gcp:", "kubernetes:")) and item.type != kind
    }
    assert others <= version.dependencies
