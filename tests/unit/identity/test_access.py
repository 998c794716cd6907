"""Who holds what after the identity layer ran: whole sets, so that a new grant shows as a change of a test."""

from collections import defaultdict
from collections.abc import Mapping

import pytest

from unit.pulumi_mocks import PROJECT, Engine, run, stack_configuration

Grants = Mapping[str, set[str]]

PROJECT_MEMBER = "gcp:projects/iAMMember:IAMMember"
ACCOUNT_MEMBER = "gcp:serviceaccount/iAMMember:IAMMember"
SECRET_MEMBER = "gcp:secretmanager/secretIamMember:SecretIamMember"

OPERATORS = "group:platform-operators@example.com"


def account(name: str) -> str:
    return f"serviceAccount:{name}@{PROJECT}.iam.gserviceaccount.com"


@pytest.fixture(scope="module")
def engine() -> Engine:
    return run("identity", "sandbox", stack_configuration("identity", "sandbox"))


def grants_of(engine: Engine, kind: str, resource: str | None = None) -> Grants:
    """Member to the short names of its roles, on one resource when that is given."""
    found: dict[str, set[str]] = defaultdict(set)
    for grant in engine.of(kind).values():
        place = grant.inputs.get("serviceAccountId") or grant.inputs.get("secretId") or ""
        if resource is None or place.endswith(resource):
            found[grant.inputs["member"]].add(grant.inputs["role"].removeprefix(f"projects/{PROJECT}/roles/"))
    return found


def test_the_project_grants_are_exactly_these(engine: Engine) -> None:
    assert grants_of(engine, PROJECT_MEMBER) == {
        account("identity-deploy"): {"identityDeploy"},
        account("identity-preview"): {"identityPreview"},
        account("platform-deploy"): {
            "platformNetworkOperator",
            "platformClusterOperator",
            "platformClusterSetup",
            "platformDatabaseOperator",
        },
        account("platform-preview"): {"platformReader"},
        account("apps-shop-deploy"): {"roles/container.clusterViewer"},
        account("apps-shop-preview"): {"roles/container.clusterViewer"},
        account("gke-nodes"): {"roles/container.defaultNodeServiceAccount"},
        account("app-storefront"): {"roles/cloudsql.client", "roles/cloudsql.instanceUser"},
        "group:shop-team@example.com": {"roles/container.clusterViewer"},
        "group:database-team@example.com": {"platformDatabaseOperator", "roles/monitoring.viewer"},
        "group:platform-team@example.com": {"platformReader", "roles/logging.viewer", "roles/monitoring.viewer"},
        "group:security-team@example.com": {"platformReader", "roles/iam.securityReviewer", "roles/logging.viewer"},
    }


def test_only_its_consumers_and_its_producer_reach_a_contract(engine: Engine) -> None:
    accessor = {"roles/secretmanager.secretAccessor"}
    assert grants_of(engine, SECRET_MEMBER, "contract-identity") == {
        account("identity-deploy"): {"contractPublisher"},
        account("identity-preview"): {"contractReviewer"},
        account("platform-deploy"): accessor,
        account("platform-preview"): accessor,
    }
    assert grants_of(engine, SECRET_MEMBER, "contract-platform") == {
        account("platform-deploy"): {"contractPublisher"},
        account("platform-preview"): {"contractReviewer"},
        account("apps-shop-deploy"): accessor,
        account("apps-shop-preview"): accessor,
    }


def test_an_account_is_used_by_its_own_callers_only(engine: Engine) -> None:
    ci = [f"{owner}-{kind}" for owner in ("identity", "platform", "apps-shop") for kind in ("preview", "deploy")]
    for name in ci:
        expected = {OPERATORS: {"roles/iam.serviceAccountTokenCreator"}}
        assert grants_of(engine, ACCOUNT_MEMBER, f"/{name}@{PROJECT}.iam.gserviceaccount.com") == expected
    assert grants_of(engine, ACCOUNT_MEMBER, f"/gke-nodes@{PROJECT}.iam.gserviceaccount.com") == {
        account("platform-deploy"): {"roles/iam.serviceAccountUser"}
    }
    assert grants_of(engine, ACCOUNT_MEMBER, f"/app-storefront@{PROJECT}.iam.gserviceaccount.com") == {
        f"serviceAccount:{PROJECT}.svc.id.goog[storefront/storefront]": {"roles/iam.workloadIdentityUser"}
    }


def test_an_app_without_a_database_cannot_connect_to_any() -> None:
    configuration = stack_configuration("identity", "sandbox") | {"identity:apps": {"storefront": {"team": "shop"}}}
    assert account("app-storefront") not in grants_of(run("identity", "sandbox", configuration), PROJECT_MEMBER)


def test_apps_cannot_act_as_their_accounts_before_there_is_a_cluster() -> None:
    configuration = stack_configuration("identity", "sandbox") | {"identity:bindWorkloads": False}
    members = [item.inputs["member"] for item in run("identity", "sandbox", configuration).of(ACCOUNT_MEMBER).values()]
    assert not any(".svc.id.goog[" in member for member in members)


def test_no_service_account_key_is_declared(engine: Engine) -> None:
    assert not [item for item in engine.declared if "key" in item.type.lower()]


def test_an_api_is_left_enabled_when_it_is_no_longer_declared(engine: Engine) -> None:
    services = engine.of("gcp:projects/service:Service").values()
    assert services
    assert all(service.inputs["disableOnDestroy"] is False for service in services)


def test_the_contract_is_published_after_everything_else(engine: Engine) -> None:
    kind = "gcp:secretmanager/secretVersion:SecretVersion"
    [version] = engine.of(kind).values()
    others = {item.name for item in engine.declared if item.type.startswith("gcp:") and item.type != kind}
    assert others <= version.dependencies
    assert version.inputs["deletionPolicy"] == "ABANDON"


def test_the_secrets_of_the_contracts_are_protected(engine: Engine) -> None:
    secrets = engine.of("gcp:secretmanager/secret:Secret")
    assert set(secrets) == {"contract-identity", "contract-platform"}
    assert all(secret.protect and secret.inputs["deletionProtection"] for secret in secrets.values())


def test_the_order_of_the_configuration_renames_nothing(engine: Engine) -> None:
    configuration = stack_configuration("identity", "sandbox")
    teams = configuration["identity:teams"]
    configuration["identity:teams"] = dict(reversed(list(teams.items())))
    reordered = run("identity", "sandbox", configuration)
    assert {(item.type, item.name) for item in reordered.declared} == {
        (item.type, item.name) for item in engine.declared
    }
