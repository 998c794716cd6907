"""What the apps layer declares for the sandbox's first app, and what it refuses."""

from pathlib import Path
from typing import Any

import pulumi
import pytest

from apps_layer import entry, entry_file, upstream
from unit import contract_documents
from unit.pulumi_mocks import Document, Engine, run, stack_configuration

STACK = "storefront-sandbox"
NAMESPACED = {
    "kubernetes:core/v1:ServiceAccount",
    "kubernetes:core/v1:Service",
    "kubernetes:apps/v1:Deployment",
    "kubernetes:networking.k8s.io/v1:NetworkPolicy",
    "kubernetes:policy/v1:PodDisruptionBudget",
}
VALID = """
kind: webService
team: shop
port: 8080
healthPath: /healthz
resources: {cpu: 100m, memory: 256Mi}
database: orders
"""


def deploy(platform: Document | None = None, stack: str = STACK, **changes: Any) -> Engine:
    configuration = stack_configuration("apps", STACK) | {f"apps:{key}": value for key, value in changes.items()}
    engine = Engine(contracts={"contract-platform": platform or contract_documents.platform()})
    return run("apps", stack, configuration, engine)


def refused(platform: Document | None = None, stack: str = STACK, **changes: Any) -> str:
    with pytest.raises(pulumi.RunError) as raised:
        deploy(platform, stack, **changes)
    return str(raised.value)


@pytest.fixture(scope="module")
def engine() -> Engine:
    return deploy()


@pytest.fixture(scope="module")
def pod(engine: Engine) -> Document:
    return engine.of("kubernetes:apps/v1:Deployment")["storefront"].inputs["spec"]["template"]["spec"]


def test_everything_is_in_the_apps_own_namespace(engine: Engine) -> None:
    objects = [item for item in engine.declared if item.type.startswith("kubernetes:")]
    assert {item.type for item in objects} == NAMESPACED
    assert {item.inputs["metadata"]["namespace"] for item in objects} == {"storefront"}


def test_nothing_of_google_cloud_is_declared(engine: Engine) -> None:
    assert not [item for item in engine.declared if item.type.startswith("gcp:")]


def test_every_container_satisfies_the_restricted_standard(pod: Document) -> None:
    assert pod["securityContext"]["runAsNonRoot"] is True
    for container in [*pod["containers"], *pod["initContainers"]]:
        context = container["securityContext"]
        assert context["allowPrivilegeEscalation"] is False
        assert context["readOnlyRootFilesystem"] is True
        assert context["capabilities"] == {"drop": ["ALL"]}
        assert context["seccompProfile"] == {"type": "RuntimeDefault"}
        assert {"requests", "limits"} <= set(container["resources"])
        assert "@sha256:" in container["image"]


def test_the_app_runs_as_its_account_without_a_token(engine: Engine, pod: Document) -> None:
    account = engine.of("kubernetes:core/v1:ServiceAccount")["storefront"].inputs
    assert account["metadata"]["annotations"] == {
        "iam.gke.io/gcp-service-account": "app-storefront@prodfirst-sandbox.iam.gserviceaccount.com"
    }
    assert account["automountServiceAccountToken"] is False
    assert pod["automountServiceAccountToken"] is False
    assert pod["serviceAccountName"] == "storefront"


def test_the_database_is_reached_through_the_proxy_by_iam_login(pod: Document) -> None:
    [proxy] = pod["initContainers"]
    assert proxy["restartPolicy"] == "Always"
    assert {"--private-ip", "--auto-iam-authn", "prodfirst-sandbox:europe-west4:orders"} <= set(proxy["args"])
    variables = {item["name"]: item["value"] for item in pod["containers"][0]["env"]}
    assert variables["DATABASE_HOST"] == "127.0.0.1"
    assert variables["DATABASE_USER"] == "app-storefront@prodfirst-sandbox.iam"
    assert not [name for name in variables if "PASSWORD" in name]


def test_no_pod_starts_before_its_account_and_its_network_policy(engine: Engine) -> None:
    dependencies = engine.of("kubernetes:apps/v1:Deployment")["storefront"].dependencies
    assert "storefront" in dependencies


def test_an_app_without_a_database_has_no_proxy_and_no_way_out(tmp_path: Path) -> None:
    declared = _entry(tmp_path, VALID.replace("database: orders", ""))
    assert declared.database is None


def test_a_stack_of_another_apps_name_is_refused() -> None:
    assert "Stack 'other-sandbox' is configured for the app 'storefront'" in refused(stack="other-sandbox")


def test_an_image_by_tag_is_refused() -> None:
    assert "apps:image" in refused(image="storefront:latest")


def test_an_app_without_an_entry_is_refused_with_those_that_exist() -> None:
    message = refused(stack="missing-sandbox", app="missing")
    assert "The app 'missing' has no entry entries/missing.yaml" in message
    assert "(entries: storefront)" in message


def test_an_app_that_the_platform_does_not_know_is_refused() -> None:
    platform = contract_documents.platform()
    platform["apps"] = {}
    assert "The platform offers nothing to the app 'storefront'" in refused(platform)


def test_a_database_that_the_platform_does_not_offer_is_refused() -> None:
    platform = contract_documents.platform()
    platform["apps"]["storefront"]["databases"] = {}
    assert "offers no database 'orders' to the app 'storefront' (it offers: none)" in refused(platform)


def test_another_version_of_the_contract_is_refused() -> None:
    assert "has version 2, but this layer reads version 1" in refused(contract_documents.platform() | {"version": 2})


def test_fields_of_a_newer_producer_are_ignored() -> None:
    assert deploy(contract_documents.platform() | {"inventedLater": 1}).outputs["url"]


def test_a_malformed_contract_is_refused() -> None:
    with pytest.raises(upstream.ContractError, match="it is not JSON"):
        upstream.parse("{")


def _entry(folder: Path, text: str) -> entry.WebService | entry.Worker | entry.CronJob:
    (folder / "shop.yaml").write_text(text)
    return entry_file.load("shop", folder)


def test_a_valid_entry_is_loaded(tmp_path: Path) -> None:
    declared = _entry(tmp_path, VALID)
    assert isinstance(declared, entry.WebService)
    assert declared.port == 8080


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (VALID.replace("8080", "80"), "port: Input should be greater than or equal to 1024"),
        (VALID + "privileged: true", "privileged: is unknown, so it would change nothing"),
        (
            VALID.replace("256Mi", "256M"),
            "resources.memory: '256M' is not valid: write memory as in 256Mi",
        ),
        (
            VALID.replace("webService", "service"),
            "kind: names no kind of app. Choose one of webService, worker, cronJob",
        ),
        (VALID + "environment: {log_level: info}", "environment.log_level"),
        ("- a list", "(whole file)"),
        ("kind: [", "is not YAML"),
    ],
)
def test_an_invalid_entry_is_refused_with_the_path(tmp_path: Path, text: str, words: str) -> None:
    with pytest.raises(entry_file.EntryError) as raised:
        _entry(tmp_path, text)
    assert words in str(raised.value)
    assert "shop.yaml" in str(raised.value)
