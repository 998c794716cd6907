"""GitHub's tokens meet a pool's mapping and condition, and become principals that may use an account, or not."""

import time
from pathlib import Path
from typing import Any

import pytest

import example_tenant as example
from sandbox.cloud import github
from sandbox.cloud.api import Cloud
from sandbox.cloud.credentials import current_caller
from sandbox.cloud.errors import ApiError
from sandbox.cloud.iam import Caller
from sandbox.cloud.store import Json
from unit.sandbox.cloud.cases import ADMIN, NUMBERED, PROJECT, account, account_name, allows, bind

POOL = "locations/global/workloadIdentityPools/github"
PROVIDER = f"{POOL}/providers/actions"
PROVIDERS = "iam.projects.locations.workloadIdentityPools.providers"
POOLS = "iam.projects.locations.workloadIdentityPools"
AUDIENCE = f"//iam.googleapis.com/{NUMBERED}/{PROVIDER}"
PRINCIPALS = f"//iam.googleapis.com/{NUMBERED}/{POOL}"

CONDITION = "assertion.repository_id == '123456' && assertion.repository_owner_id == '987654'"
BODY: Json = {
    "oidc": {"issuerUri": "https://token.actions.githubusercontent.com"},
    "attributeCondition": CONDITION,
    "attributeMapping": {
        "google.subject": "assertion.sub",
        "attribute.environment": "assertion.environment",
        "attribute.ref": "assertion.ref",
        "attribute.deploys": "assertion.environment + ':' + assertion.ref",
    },
}
DEPLOYERS = f"principalSet:{PRINCIPALS}/attribute.deploys/platform:refs/heads/main"


def claims(**changes: object) -> dict[str, Any]:
    """GitHub's claims about a deployment of the platform layer from main."""
    told = {
        "iss": "https://token.actions.githubusercontent.com",
        "aud": f"https:{AUDIENCE}",
        "sub": "repo:example-org/infrastructure:environment:platform",
        "repository": "example-org/infrastructure",
        "repository_id": "123456",
        "repository_owner": "example-org",
        "repository_owner_id": "987654",
        "environment": "platform",
        "ref": "refs/heads/main",
        "ref_type": "branch",
        "event_name": "push",
        "job_workflow_ref": "example-org/infrastructure/.github/workflows/deploy.yml@refs/heads/main",
        "runner_environment": "github-hosted",
        "iat": time.time() - 10,
        "exp": time.time() + 290,
        **changes,
    }
    return {key: value for key, value in told.items() if value is not None}


@pytest.fixture
def deployer(cloud: Cloud) -> Caller:
    """The account that the platform's deployments may use, with the pool in front of it."""
    cloud.call("serviceusage.services.enable", f"{PROJECT}/services/sts.googleapis.com", ADMIN)
    bind(cloud, "roles/iam.workloadIdentityPoolAdmin", ADMIN.member)
    cloud.call(f"{POOLS}.create", f"{PROJECT}/{POOL}", ADMIN, {})
    cloud.call(f"{PROVIDERS}.create", f"{PROJECT}/{PROVIDER}", ADMIN, BODY)
    created = account(cloud, "platform-deploy")
    bind(cloud, "roles/iam.workloadIdentityUser", DEPLOYERS, on=account_name(created.email))
    return created


def test_the_right_deployment_uses_the_account(cloud: Cloud, deployer: Caller) -> None:
    caller = cloud.federate(AUDIENCE, claims())
    assert caller.member == f"principal:{PRINCIPALS}/subject/repo:example-org/infrastructure:environment:platform"
    assert cloud.impersonate(caller, deployer.email) == Caller(deployer.member, (caller.member,))


@pytest.mark.parametrize(
    ("change", "reason", "message"),
    [
        ({"repository_id": "666"}, "unauthorized_client", "rejected by the attribute condition"),
        ({"repository_owner_id": "666"}, "unauthorized_client", "rejected by the attribute condition"),
        ({"repository_id": None}, "unauthorized_client", "rejected by the attribute condition"),
        ({"sub": None}, "unauthorized_client", "'google.subject' must be of type STRING"),
        ({"sub": 7}, "unauthorized_client", "'google.subject' must be of type STRING"),
        ({"sub": "é" * 64}, "invalid_request", "google.subject exceeds the 127 bytes limit"),
        ({"iss": "https://gitlab.com"}, "invalid_grant", "issuer in ID Token https://gitlab.com does not match"),
        ({"aud": "https://github.com/example-org"}, "invalid_grant", "audience in ID Token"),
        ({"aud": None}, "invalid_grant", "audience in ID Token"),
        ({"exp": time.time() - 1}, "invalid_grant", "is stale to sign-in"),
        ({"exp": None}, "invalid_grant", "is stale to sign-in"),
    ],
)
def test_a_token_that_differs_is_not_let_in(
    cloud: Cloud, deployer: Caller, change: dict[str, object], reason: str, message: str
) -> None:
    with pytest.raises(ApiError, match=message) as refused:
        cloud.federate(AUDIENCE, claims(**change))
    assert refused.value.reason == reason


@pytest.mark.parametrize(
    "change",
    [
        {"environment": "identity"},
        {"environment": None},
        {"ref": "refs/heads/feature"},
        {"ref": "refs/pull/7/merge", "event_name": "pull_request"},
        {"environment": "platform:refs/heads/main", "ref": ""},
    ],
)
def test_a_token_of_the_repository_for_something_else_gets_in_and_no_further(
    cloud: Cloud, deployer: Caller, change: dict[str, object]
) -> None:
    caller = cloud.federate(AUDIENCE, claims(**change))
    with pytest.raises(ApiError, match="getAccessToken"):
        cloud.impersonate(caller, deployer.email)


@pytest.mark.parametrize(
    ("member", "allowed"),
    [
        (f"principal:{PRINCIPALS}/subject/repo:example-org/infrastructure:environment:platform", True),
        (f"principal:{PRINCIPALS}/subject/repo:example-org/other:environment:platform", False),
        (f"principalSet:{PRINCIPALS}/attribute.ref/refs/heads/main", True),
        (f"principalSet:{PRINCIPALS}/attribute.ref/refs/heads/feature", False),
        (f"principalSet:{PRINCIPALS}/attribute.repository/example-org/infrastructure", False),  # not mapped
        (f"principalSet:{PRINCIPALS}/*", True),
        (f"principalSet:{PRINCIPALS.replace('github', 'gitlab')}/*", False),
        ("allAuthenticatedUsers", True),
    ],
)
def test_a_principal_meets_its_subject_its_mapped_attributes_and_its_pool(
    cloud: Cloud, deployer: Caller, member: str, *, allowed: bool
) -> None:
    bind(cloud, "roles/secretmanager.viewer", member)
    caller = cloud.federate(AUDIENCE, claims())
    assert allows(cloud, caller, "secretmanager.secrets.list", f"//secretmanager.googleapis.com/{PROJECT}") is allowed


@pytest.mark.parametrize(
    "audience",
    [
        AUDIENCE.replace("actions", "absent"),
        AUDIENCE.replace("github", "absent"),
        AUDIENCE.replace(example.PROJECT_NUMBER, "999"),
    ],
)
def test_an_unknown_provider_is_an_invalid_target(cloud: Cloud, deployer: Caller, audience: str) -> None:
    with pytest.raises(ApiError, match=r"disabled or deleted|has not been used"):
        cloud.federate(audience, claims())


@pytest.mark.parametrize(("kind", "name"), [(POOLS, POOL), (PROVIDERS, PROVIDER)])
def test_a_deleted_one_lets_nobody_in_and_keeps_its_name_until_it_is_restored(
    cloud: Cloud, deployer: Caller, kind: str, name: str
) -> None:
    cloud.call(f"{kind}.delete", f"{PROJECT}/{name}", ADMIN)
    assert cloud.call(f"{kind}.get", f"{PROJECT}/{name}", ADMIN)["state"] == "DELETED"
    with pytest.raises(ApiError, match="doesn't exist"):
        cloud.federate(AUDIENCE, claims())
    with pytest.raises(ApiError) as taken:
        cloud.call(f"{kind}.create", f"{PROJECT}/{name}", ADMIN, BODY)
    assert taken.value.code == 409
    cloud.call(f"{kind}.undelete", f"{PROJECT}/{name}", ADMIN)
    cloud.federate(AUDIENCE, claims())


def test_a_deleted_pool_is_free_again_after_thirty_days(
    cloud: Cloud, deployer: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    cloud.call(f"{POOLS}.delete", f"{PROJECT}/{POOL}", ADMIN)
    later = time.time() + 31 * 24 * 3600
    monkeypatch.setattr("sandbox.cloud.services.federation.time.time", lambda: later)
    assert cloud.call(f"{POOLS}.create", f"{PROJECT}/{POOL}", ADMIN, {})["state"] == "ACTIVE"


def test_tokens_of_a_disabled_pool_count_no_longer(cloud: Cloud, deployer: Caller) -> None:
    caller = cloud.federate(AUDIENCE, claims())
    token, _ = cloud.issue_token(caller)
    assert cloud.caller_of_token(token) == caller
    cloud.call(f"{POOLS}.patch", f"{PROJECT}/{POOL}", ADMIN, {"disabled": True})
    assert cloud.caller_of_token(token) is None
    with pytest.raises(ApiError) as refused:
        cloud.impersonate(caller, deployer.email)
    assert refused.value.code == 401


def test_names_hold_the_projects_number(cloud: Cloud, deployer: Caller) -> None:
    assert cloud.call(f"{POOLS}.get", f"{PROJECT}/{POOL}", ADMIN)["name"] == f"{NUMBERED}/{POOL}"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"attributeCondition": ""}, "must reference one of the provider's claims"),
        ({"attributeCondition": "true"}, "must reference one of the provider's claims"),
        ({"attributeCondition": "assertion.sub =="}, "compilation failed"),
        ({"attributeCondition": "resource.name == 'x'"}, "undeclared reference"),
        ({"attributeMapping": {"attribute.ref": "assertion.ref"}}, "must map google.subject"),
        ({"attributeMapping": {"google.subject": "assertion.sub", "ref": "assertion.ref"}}, "Invalid mapped attribute"),
        ({"oidc": {"issuerUri": "http://insecure.example.com"}}, "must be an https URL"),
    ],
)
def test_a_provider_that_cannot_work_or_lets_in_all_of_github_is_refused(
    cloud: Cloud, deployer: Caller, change: Json, message: str
) -> None:
    with pytest.raises(ApiError, match=message):
        cloud.call(f"{PROVIDERS}.create", f"{PROJECT}/{POOL}/providers/second", ADMIN, {**BODY, **change})


@pytest.mark.parametrize("impersonated", [True, False])
def test_a_credentials_file_leads_to_the_account(
    cloud: Cloud, deployer: Caller, tmp_path: Path, *, impersonated: bool
) -> None:
    account = deployer.email if impersonated else None
    provider = AUDIENCE.removeprefix("//iam.googleapis.com/")
    path = github.write_credentials(tmp_path, provider, github.github_token(claims()), account)
    environment = {"GOOGLE_APPLICATION_CREDENTIALS": str(path)}
    caller = current_caller(cloud, environment)
    assert caller.member == (deployer.member if impersonated else cloud.federate(AUDIENCE, claims()).member)
