"""Connections to Google: a client as a service account, or as whoever is logged in on this machine."""

from typing import Any, cast

import requests
from google.auth.transport.requests import AuthorizedSession
from google.oauth2.credentials import Credentials as UserCredentials

from cli.google.client import Client
from cli.google.retrying import Retrying
from cli.google_login import account_of, credentials_as, default_credentials


def as_account(account: str) -> Client:
    """A client that acts as a service account.

    Raises `ToolError` without a login, or when the login may not act as the account.
    """
    return Client(_session(credentials_as(account)), account)


def as_person(quota_project: str = "") -> Client:
    """A client that acts as whoever is logged in.

    Args:
        quota_project: the project whose quota a person's calls use; some APIs refuse calls without one.

    Raises `ToolError` without a login.
    """
    credentials = default_credentials()
    account = account_of(credentials)
    if quota_project and isinstance(credentials, UserCredentials):
        credentials = cast("Any", credentials).with_quota_project(quota_project)
    return Client(_session(credentials), account or "your login")


def _session(credentials: Any) -> requests.Session:
    session = cast("requests.Session", AuthorizedSession(credentials))
    session.mount("https://", Retrying())
    return session
