"""Identity of the engine after a person's login: an impersonated account, or the account of the login itself."""

from types import SimpleNamespace
from typing import Any

import pytest
from google.auth import impersonated_credentials
from google.auth.exceptions import RefreshError

from cli import google_login
from cli.google_login import account_of, default_credentials, environment_as
from toolchain.errors import ToolError

ACCOUNT = "identity-preview@demo.iam.gserviceaccount.com"


class Impersonated:
    """Credentials for an account, as Google's library makes them."""

    asked: dict[str, Any]
    refusal: Exception | None = None
    token = "ya29.token"

    def __init__(self, source: Any, **options: Any) -> None:
        type(self).asked = options

    def refresh(self, request: object) -> None:
        if self.refusal:
            raise self.refusal


@pytest.fixture
def person(monkeypatch: pytest.MonkeyPatch) -> type[Impersonated]:
    """A person is logged in."""

    class Tried(Impersonated):
        pass

    monkeypatch.setattr(google_login, "default_credentials", lambda: SimpleNamespace(account="ada@example.com"))
    monkeypatch.setattr(impersonated_credentials, "Credentials", Tried)
    return Tried


def test_a_person_acts_as_an_account_by_a_token_that_is_in_no_file(person: type[Impersonated]) -> None:
    env = environment_as(ACCOUNT)

    assert env["GOOGLE_OAUTH_ACCESS_TOKEN"] == Impersonated.token
    assert "GOOGLE_IMPERSONATE_SERVICE_ACCOUNT" not in env
    assert (person.asked["target_principal"], person.asked["lifetime"]) == (ACCOUNT, 3600)


def test_whoever_is_the_account_already_needs_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(google_login, "default_credentials", lambda: SimpleNamespace(service_account_email=ACCOUNT))

    assert environment_as(ACCOUNT) == {}


def test_a_login_that_may_not_act_as_the_account_says_who_may(person: type[Impersonated]) -> None:
    person.refusal = RefreshError("Permission 'iam.serviceAccounts.getAccessToken' denied\nmore")

    with pytest.raises(ToolError, match=rf"may not act as {ACCOUNT}.*group of the team.*getAccessToken' denied$"):
        environment_as(ACCOUNT)


def test_without_a_login_it_says_how_to_log_in(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", "/nowhere.json")

    with pytest.raises(ToolError, match=r"no usable Google login.*gcloud auth application-default login"):
        default_credentials()


@pytest.mark.parametrize(
    ("credentials", "account"),
    [
        (SimpleNamespace(service_account_email="robot@x"), "robot@x"),
        (SimpleNamespace(account="ada@x"), "ada@x"),
        (SimpleNamespace(account=None), ""),
    ],
)
def test_an_account_is_told_where_the_credentials_tell_it(credentials: SimpleNamespace, account: str) -> None:
    assert account_of(credentials) == account
