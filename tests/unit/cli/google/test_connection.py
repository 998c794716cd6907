"""Connections to Google: whose credentials a client has, and that every call is repeated by the same policy."""

from types import SimpleNamespace
from typing import Any

import pytest
from google.auth import impersonated_credentials
from google.oauth2.credentials import Credentials as UserCredentials

from cli import google_login
from cli.google import connection
from cli.google.client import Client
from cli.google.retrying import Retrying

ACCOUNT = "identity-preview@demo.iam.gserviceaccount.com"


class Impersonated:
    """Credentials for an account, as Google's library makes them."""

    def __init__(self, source: Any, *, target_principal: str, **_: Any) -> None:
        self.source, self.account = source, target_principal

    def refresh(self, request: object) -> None:
        """Nothing to do."""


@pytest.fixture
def login(monkeypatch: pytest.MonkeyPatch) -> Any:
    """A person is logged in."""
    person = UserCredentials("token", account="ada@example.com")
    monkeypatch.setattr(google_login, "default_credentials", lambda: person)
    monkeypatch.setattr(connection, "default_credentials", lambda: person)
    monkeypatch.setattr(impersonated_credentials, "Credentials", Impersonated)
    return person


def _credentials(client: Client) -> Any:
    return client.session.credentials  # pyright: ignore[reportAttributeAccessIssue,reportUnknownMemberType,reportUnknownVariableType]  of an AuthorizedSession


def test_a_client_acts_as_the_account_by_impersonation(login: Any) -> None:
    client = connection.as_account(ACCOUNT)

    assert (_credentials(client).account, _credentials(client).source) == (ACCOUNT, login)
    assert client.caller == ACCOUNT


def test_whoever_is_the_account_already_impersonates_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    robot = SimpleNamespace(service_account_email=ACCOUNT)
    monkeypatch.setattr(google_login, "default_credentials", lambda: robot)

    assert _credentials(connection.as_account(ACCOUNT)) is robot


def test_a_persons_calls_count_on_the_project_that_is_named(login: Any) -> None:
    client = connection.as_person("demo")

    assert _credentials(client).quota_project_id == "demo"
    assert client.caller == "ada@example.com"
    assert _credentials(connection.as_person()) is login


def test_a_login_that_does_not_hold_its_name_is_called_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "default_credentials", lambda: SimpleNamespace(account=None))

    assert connection.as_person("demo").caller == "your login"


def test_every_connection_has_the_one_policy_of_retries(login: Any) -> None:
    for client in (connection.as_account(ACCOUNT), connection.as_person()):
        assert isinstance(client.session.get_adapter("https://iam.googleapis.com"), Retrying)
