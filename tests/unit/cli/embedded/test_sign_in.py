"""The commands sign in to the sandbox by a job's token; what the token leads to: tests of the identity layer."""

import json
import time
from pathlib import Path

import pytest

import example_tenant as example
from cli.embedded.sign_in import claims, sign_in
from cli.layout import Stack
from sandbox.cloud.github import ISSUER, claims_of

PROVIDER = f"projects/{example.PROJECT_NUMBER}/locations/global/workloadIdentityPools/github/providers/github"
PLATFORM = Stack("platform", "sandbox")
STOREFRONT = Stack("apps", "sandbox", "storefront")


def test_a_deployment_claims_its_environment_and_the_main_branch() -> None:
    told = claims(PLATFORM, "deploy")

    assert told["environment"] == "platform-sandbox"
    assert (told["event_name"], told["ref"]) == ("push", "refs/heads/main")
    assert told["sub"] == "repo:example/infrastructure:environment:platform-sandbox"
    assert told["job_workflow_ref"] == "example/infrastructure/.github/workflows/deploy.yml@refs/heads/main"


def test_a_preview_claims_a_pull_request_and_the_environment_of_its_owners_previews() -> None:
    told = claims(STOREFRONT, "preview")

    assert told["environment"] == "preview-apps-shop-sandbox"
    assert (told["event_name"], told["ref"]) == ("pull_request", "refs/pull/1/merge")
    assert told["sub"] == "repo:example/infrastructure:environment:preview-apps-shop-sandbox"
    assert told["job_workflow_ref"].endswith(f"/preview.yml@{told['ref']}")


def test_an_apps_deployment_is_its_teams() -> None:
    assert claims(STOREFRONT, "deploy")["environment"] == "apps-shop-sandbox"


@pytest.mark.parametrize("kind", ["preview", "deploy"])
def test_the_repository_is_the_one_that_the_identity_layer_lets_in(kind: str) -> None:
    told = claims(PLATFORM, "deploy" if kind == "deploy" else "preview")

    assert (told["repository"], told["repository_owner"]) == ("example/infrastructure", "example")
    assert (told["repository_id"], told["repository_owner_id"]) == ("400500600", "700800900")
    assert told["aud"] == f"https://iam.googleapis.com/{PROVIDER}"


def test_signing_in_leaves_a_token_and_no_key(tmp_path: Path) -> None:
    path = sign_in(tmp_path, PLATFORM, "deploy")
    content = json.loads(path.read_text())
    token = json.loads(Path(content["credential_source"]["file"]).read_text())["value"]

    assert content["audience"] == f"//iam.googleapis.com/{PROVIDER}"
    assert content["service_account_impersonation_url"].endswith(
        f"/platform-deploy@{example.PROJECT}.iam.gserviceaccount.com:generateAccessToken"
    )
    assert "private_key" not in path.read_text()
    assert claims(PLATFORM, "deploy").items() <= claims_of(token).items()
    assert claims_of(token)["iss"] == ISSUER


def test_a_token_outlives_a_long_session_and_no_more(tmp_path: Path) -> None:
    content = json.loads(sign_in(tmp_path, PLATFORM, "preview").read_text())
    token = json.loads(Path(content["credential_source"]["file"]).read_text())["value"]

    assert 23 * 3600 < claims_of(token)["exp"] - time.time() <= 24 * 3600


def test_the_two_accounts_of_a_stack_have_credentials_of_their_own(tmp_path: Path) -> None:
    files = {sign_in(tmp_path, stack, kind) for stack in (PLATFORM, STOREFRONT) for kind in ("preview", "deploy")}

    assert len(files) == 4
    assert all(file.stat().st_mode & 0o077 == 0 for file in files)
