"""The credentials file of a person who acts as an account: with it, Google's own library impersonates."""

import json
from pathlib import Path
from typing import Any, cast

import google.auth
import pytest
from google.auth.transport.requests import Request

import example_tenant as example
from cli.google_login import acting_as
from sandbox.cloud import seed
from toolchain.errors import ToolError
from unit.sandbox.google.clients import PROJECT, World

MAY = "roles/iam.serviceAccountTokenCreator"
KIND = "iam.projects.serviceAccounts"
SCOPE = "https://www.googleapis.com/auth/cloud-platform"


@pytest.fixture
def account(world: World, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> str:
    """An account, and a person who is logged in on a machine whose calls go to the endpoints."""
    email = world.account(f"by-file-{len(request.node.name)}").partition(":")[2]
    person = seed.write_credentials(world.folder, example.OPERATOR)
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(person))
    monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{world.endpoints.port}")
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(world.endpoints.authority))
    return email


def test_googles_library_is_the_account_by_the_file(world: World, account: str) -> None:
    world.bind(KIND, f"{PROJECT}/serviceAccounts/{account}", MAY, example.OPERATOR)
    with acting_as(account) as env:
        file = Path(env["GOOGLE_APPLICATION_CREDENTIALS"])
        assert json.loads(file.read_text())["type"] == "impersonated_service_account"
        credentials: Any = cast("Any", google.auth).load_credentials_from_file(str(file), scopes=[SCOPE])[0]
        credentials.refresh(Request())
    caller = world.cloud.caller_of_token(credentials.token)
    assert caller is not None
    assert caller.member == f"serviceAccount:{account}"


def test_without_the_grant_nothing_starts(account: str) -> None:
    with pytest.raises(ToolError, match="may not act as"), acting_as(account):
        pass
