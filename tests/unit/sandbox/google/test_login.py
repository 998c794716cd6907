"""Tokens: a person's, a pool's, an account's; each for those whom IAM and the provider let, and for a limited time."""

import time
from collections.abc import Mapping
from typing import Any

import pytest
import requests

import example_tenant as example
from sandbox.cloud import github, seed
from sandbox.cloud.iam import Caller
from unit.sandbox.google.clients import ADMIN, PROJECT, World, error

POOL = "locations/global/workloadIdentityPools/github"
PROVIDER = f"projects/{example.PROJECT_NUMBER}/{POOL}/providers/actions"
AUDIENCE = f"//iam.googleapis.com/{PROVIDER}"
PRINCIPALS = f"principalSet://iam.googleapis.com/projects/{example.PROJECT_NUMBER}/{POOL}"
CLAIMS = {"sub": "repo:o/r:environment:prod", "aud": f"https:{AUDIENCE}", "repository_id": "7", "environment": "prod"}
EXCHANGE = {
    "grant_type": "urn:ietf:params:oauth:grant-type:token-exchange",
    "audience": AUDIENCE,
    "scope": "https://www.googleapis.com/auth/cloud-platform",
    "requested_token_type": "urn:ietf:params:oauth:token-type:access_token",
    "subject_token_type": "urn:ietf:params:oauth:token-type:jwt",
}
REFRESH = {"grant_type": "refresh_token", "client_id": "sandbox", "client_secret": "sandbox"}
WHOLE_PROJECT = f"https://cloudresourcemanager.googleapis.com/v3/{PROJECT}"


@pytest.fixture(scope="module")
def deployer(world: World) -> str:
    """An account that jobs of one repository may use; its member."""
    world.bind("cloudresourcemanager.projects", PROJECT, "roles/iam.workloadIdentityPoolAdmin", ADMIN.member)
    provider = {
        "oidc": {"issuerUri": github.ISSUER},
        "attributeMapping": {"google.subject": "assertion.sub", "attribute.environment": "assertion.environment"},
        "attributeCondition": "assertion.repository_id == '7'",
    }
    kind = "iam.projects.locations.workloadIdentityPools"
    world.cloud.call(f"{kind}.create", f"{PROJECT}/{POOL}", ADMIN, {})
    world.cloud.call(f"{kind}.providers.create", f"{PROJECT}/{POOL}/providers/actions", ADMIN, provider)
    member = world.account("deployer")
    name = f"{PROJECT}/serviceAccounts/{member.partition(':')[2]}"
    may = "roles/iam.workloadIdentityUser"
    world.bind("iam.projects.serviceAccounts", name, may, f"{PRINCIPALS}/attribute.environment/prod")
    return member


def exchange(world: World, claims: Mapping[str, Any] | None = None, **fields: str) -> requests.Response:
    token = github.github_token({**CLAIMS, **(claims or {})})
    return world.send(
        "POST", "https://sts.googleapis.com/v1/token", data={**EXCHANGE, "subject_token": token, **fields}
    )


def generate(world: World, token: str, member: str, **body: Any) -> requests.Response:
    url = f"https://iamcredentials.googleapis.com/v1/projects/-/serviceAccounts/{member.partition(':')[2]}"
    scope = ["https://www.googleapis.com/auth/cloud-platform"]
    return world.send("POST", f"{url}:generateAccessToken", token, json={"scope": scope, **body})


def test_a_person_is_who_the_refresh_token_says(world: World) -> None:
    fields = {**REFRESH, "refresh_token": seed.refresh_token("admin@sandbox.invalid")}
    answer = world.send("POST", "https://oauth2.googleapis.com/token", data=fields).json()
    assert (answer["token_type"], answer["expires_in"]) == ("Bearer", 3599)
    assert world.cloud.caller_of_token(answer["access_token"]) == ADMIN
    assert world.send("GET", WHOLE_PROJECT, answer["access_token"]).json()["projectId"] == example.PROJECT


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"refresh_token": "admin@sandbox.invalid"}, "invalid_grant"),
        ({"refresh_token": ""}, "invalid_grant"),
        ({"refresh_token": seed.refresh_token("a@example.com"), "grant_type": "password"}, "unsupported_grant_type"),
    ],
)
def test_another_refresh_token_or_grant_is_refused(world: World, fields: dict[str, str], reason: str) -> None:
    response = world.send("POST", "https://oauth2.googleapis.com/token", data={**REFRESH, **fields})
    assert (response.status_code, response.json()["error"]) == (400, reason)


def test_a_job_becomes_a_principal_of_the_pool_for_as_long_as_its_own_token_lives(world: World, deployer: str) -> None:
    answer = exchange(world).json()
    assert (answer["token_type"], answer["issued_token_type"]) == ("Bearer", EXCHANGE["requested_token_type"])
    assert 290 <= answer["expires_in"] <= 300
    caller = world.cloud.caller_of_token(answer["access_token"])
    assert caller is not None
    assert caller.member.endswith("/subject/repo:o/r:environment:prod")
    assert f"{PRINCIPALS}/attribute.environment/prod" in caller.sets


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"repository_id": "666"}, "unauthorized_client"),
        ({"aud": "https://example.com"}, "invalid_grant"),
        ({"exp": 1000}, "invalid_grant"),
        ({"iss": "https://gitlab.com"}, "invalid_grant"),
    ],
)
def test_claims_that_the_provider_does_not_let_in_are_refused(
    world: World, deployer: str, change: dict[str, Any], reason: str
) -> None:
    response = exchange(world, change)
    assert (response.status_code, response.json()["error"]) == (401 if "client" in reason else 400, reason)
    assert response.json()["error_description"]


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"audience": AUDIENCE.replace("actions", "another")}, "invalid_target"),
        ({"audience": "//iam.googleapis.com/nothing"}, "badRequest"),
        ({"subject_token": "no token"}, "invalid_grant"),
        ({"subject_token_type": "urn:ietf:params:aws:token-type:aws4_request"}, "invalid_request"),
        ({"grant_type": "refresh_token"}, "invalid_request"),
    ],
)
def test_an_exchange_that_makes_no_sense_is_refused(
    world: World, deployer: str, change: dict[str, str], reason: str
) -> None:
    response = exchange(world, None, **change)
    assert (response.status_code, response.json()["error"]) == (400, reason)
    assert response.json()["error_description"]


def test_a_job_acts_as_the_account_that_is_for_its_environment(world: World, deployer: str) -> None:
    token = exchange(world).json()["access_token"]
    before = time.time()
    answer = generate(world, token, deployer, lifetime="600s").json()
    expires = time.mktime(time.strptime(answer["expireTime"], "%Y-%m-%dT%H:%M:%SZ")) - time.timezone
    assert 595 <= expires - before <= 605
    caller = world.cloud.caller_of_token(answer["accessToken"])
    assert caller is not None
    assert caller.member == deployer
    assert caller.delegation[0].endswith("/subject/repo:o/r:environment:prod")


def test_a_job_for_another_environment_does_not(world: World, deployer: str) -> None:
    response = generate(world, exchange(world, {"environment": "dev"}).json()["access_token"], deployer)
    assert response.status_code == 403
    assert "Permission 'iam.serviceAccounts.getAccessToken' denied" in error(response)["message"]


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({"scope": []}, "Scope required"),
        ({"lifetime": "3601s"}, "between 1s and 3600s"),
        ({"lifetime": "soon"}, "between 1s and 3600s"),
        ({"delegates": ["projects/-/serviceAccounts/x"]}, "delegates are not simulated"),
    ],
)
def test_what_a_token_cannot_be_is_said(world: World, deployer: str, body: dict[str, Any], message: str) -> None:
    response = generate(world, exchange(world).json()["access_token"], deployer, **body)
    assert response.status_code == 400
    assert message in error(response)["message"]


@pytest.mark.parametrize("token", ["", "ya29.unknown"])
def test_without_a_token_that_is_known_nothing_is_answered(world: World, token: str) -> None:
    response = world.send("GET", WHOLE_PROJECT, token)
    assert (response.status_code, error(response)["status"]) == (401, "UNAUTHENTICATED")


def test_a_token_ends(world: World) -> None:
    token, _ = world.cloud.issue_token(ADMIN, -1)
    assert world.send("GET", WHOLE_PROJECT, token).status_code == 401


def test_a_token_ends_with_its_account(world: World) -> None:
    member = world.account("short-lived")
    world.bind("cloudresourcemanager.projects", PROJECT, "roles/browser", member)
    token = world.token(member)
    assert world.send("GET", WHOLE_PROJECT, token).status_code == 200
    world.cloud.call("iam.projects.serviceAccounts.delete", f"{PROJECT}/serviceAccounts/{Caller(member).email}", ADMIN)
    assert world.send("GET", WHOLE_PROJECT, token).status_code == 401


def test_no_token_is_written_down(world: World, deployer: str) -> None:
    pool = exchange(world).json()["access_token"]
    tokens = [pool, generate(world, pool, deployer).json()["accessToken"]]
    kept = [file.read_bytes() for file in world.folder.rglob("*") if file.is_file()]
    assert [token for token in tokens if any(token.encode() in content for content in kept)] == []
