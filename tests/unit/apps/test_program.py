"""The program as a whole: what the committed apps declare, and what it refuses before anything is planned."""

import pulumi
import pytest

from apps_layer.kit.consumer import ContractError
from apps_layer.upstream import NAMESPACES
from unit import contract_documents
from unit.apps.deployment import WEB, deploy, pod, refused
from unit.pulumi_mocks import Engine

ALWAYS = {"core/v1:ServiceAccount", "networking.k8s.io/v1:NetworkPolicy", "core/v1:ConfigMap"}
DECLARED = {
    "storefront": ALWAYS
    | {
        "apps/v1:Deployment",
        "core/v1:Service",
        "policy/v1:PodDisruptionBudget",
        "autoscaling/v2:HorizontalPodAutoscaler",
    },
    "reports": ALWAYS | {"batch/v1:CronJob"},
}


@pytest.mark.parametrize("app", DECLARED)
def test_a_committed_app_declares_exactly_these_kinds_in_its_own_namespace(app: str) -> None:
    engine = deploy(stack=f"{app}-sandbox")
    objects = [item for item in engine.declared if item.type.startswith("kubernetes:")]

    assert {item.type.removeprefix("kubernetes:") for item in objects} == DECLARED[app]
    assert {item.inputs["metadata"]["namespace"] for item in objects} == {app}
    assert [item for item in engine.declared if item.type.startswith("gcp:")] == []


def test_everything_says_whose_it_is() -> None:
    for item in deploy().declared:
        if item.type.startswith("kubernetes:"):
            assert item.inputs["metadata"]["labels"] == {
                "app.kubernetes.io/name": "storefront",
                "app.kubernetes.io/instance": "storefront",
                "app.kubernetes.io/managed-by": "pulumi",
                "app.kubernetes.io/part-of": "shop",
            }


@pytest.fixture(scope="module")
def engine() -> Engine:
    return deploy()


def test_the_app_runs_as_its_account_without_a_token(engine: Engine) -> None:
    account = engine.of("kubernetes:core/v1:ServiceAccount")["storefront"].inputs
    assert account["metadata"]["annotations"] == {
        "iam.gke.io/gcp-service-account": "app-storefront@prodfirst-sandbox.iam.gserviceaccount.com"
    }
    assert account["automountServiceAccountToken"] is False
    assert pod(engine)["automountServiceAccountToken"] is False
    assert pod(engine)["serviceAccountName"] == "storefront"


@pytest.mark.parametrize("app", DECLARED)
def test_no_pod_starts_before_its_account_its_network_policy_and_its_settings(app: str) -> None:
    kind = "apps/v1:Deployment" if app == "storefront" else "batch/v1:CronJob"
    engine = deploy(stack=f"{app}-sandbox")
    assert len(engine.of("kubernetes:networking.k8s.io/v1:NetworkPolicy")) == 1
    # Account and policy have the app's name both.
    assert engine.of(f"kubernetes:{kind}")[app].dependencies >= {app, f"{app}-settings"}


def test_a_stack_of_another_apps_name_is_refused() -> None:
    assert "Stack 'other-sandbox' is configured for the app 'storefront'" in refused(stack="other-sandbox")


def test_an_image_by_tag_is_refused() -> None:
    message = refused(image="storefront:latest")
    assert "apps:image: 'storefront:latest' is not an image pinned by digest (name@sha256:…); pin it" in message


def test_more_pods_at_least_than_at_most_are_refused() -> None:
    assert "maxReplicas is 4 and replicas 5" in refused(replicas=5)


def test_an_app_without_an_entry_is_refused_with_those_that_exist() -> None:
    message = refused(stack="missing-sandbox", app="missing")
    assert "The app 'missing' has no entry entries/missing.yaml" in message
    assert "storefront" in message


def test_an_app_that_the_platform_does_not_know_is_refused() -> None:
    platform = contract_documents.namespaces()
    platform["apps"]["store-front"] = platform["apps"].pop("storefront")
    message = refused(platform=platform)
    assert "offers nothing to the app 'storefront' of the team 'shop' (it knows store-front)" in message
    assert "have the database team run `make databases`, all before the entry is merged" in message
    assert "Add the app to identity:apps in identity/Pulumi.team-shop-sandbox.yaml" in message


def test_an_app_reads_the_contract_of_its_entrys_team_alone() -> None:
    engine = Engine(failures={"contract-namespaces-billing": "Error 403: denied"})
    with pytest.raises(pulumi.RunError, match="secret 'contract-namespaces-billing' in project"):
        deploy(WEB.replace("shop", "billing"), engine=engine)


def test_another_version_of_the_contract_is_refused() -> None:
    platform = contract_documents.namespaces() | {"version": 2}
    assert "has version 2, but this layer reads version 1" in refused(platform=platform)


def test_fields_of_a_newer_producer_are_ignored() -> None:
    assert deploy(platform=contract_documents.namespaces() | {"inventedLater": 1}).outputs["url"]


def test_a_malformed_contract_is_refused() -> None:
    with pytest.raises(ContractError, match="it is not JSON"):
        NAMESPACES.parse("{")
