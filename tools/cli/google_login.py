"""The person's own Google login: the default credentials of this machine, and impersonation of a service account.

https://cloud.google.com/docs/authentication/application-default-credentials. The sandbox has credentials of its own.
"""

import json
import os
import shutil
import tempfile
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, cast

import google.auth
from google.auth import impersonated_credentials
from google.auth.exceptions import DefaultCredentialsError, GoogleAuthError
from google.auth.transport.requests import Request

from toolchain.errors import ToolError
from toolchain.files import write_whole

LOG_IN = "`gcloud auth application-default login`"

_SCOPE = "https://www.googleapis.com/auth/cloud-platform"
_SECONDS = 3600
_FILE = "GOOGLE_APPLICATION_CREDENTIALS"
_FOLDER = "prodfirst-login-"
# Kinds of logins that Google's libraries, in Go and Python, take as the source of an impersonation.
_SOURCES = ("authorized_user", "external_account_authorized_user", "service_account")


def default_credentials() -> Any:
    """The default credentials.

    Raises `ToolError` without a login.
    """
    try:
        # Only for a login without scopes of its own: a person's login has been granted some, and cannot request others.
        return cast("Any", google.auth).default(default_scopes=[_SCOPE])[0]
    except (DefaultCredentialsError, OSError, ValueError) as error:
        raise ToolError(
            f"there is no usable Google login on this machine ({first_line(error)}), so nothing was started. Log in "
            f"with {LOG_IN}."
        ) from error


def account_of(credentials: Any) -> str:
    """E-mail address of the account or person of credentials; empty when the credentials do not hold it."""
    return str(getattr(credentials, "service_account_email", "") or getattr(credentials, "account", "") or "")


@contextmanager
def acting_as(account: str) -> Generator[dict[str, str]]:
    """Variables by which the engine, its providers and backend, kubectl and gcloud impersonate a service account.

    They name a credentials file, since it alone is read by all of them: kubectl's plugin knows neither a token in a
    variable nor the name of an account, and would act as the person. As the person's own file does, it holds the login
    itself; it is readable by the person alone, and goes with the block. Empty when the login is the account's own.

    Raises `ToolError` when the login may not act as the account, or is of a kind that such a file cannot hold.
    """
    credentials = default_credentials()
    if account_of(credentials) == account:
        yield {}
        return
    _impersonated(credentials, account)
    content = json.dumps(_credentials_file(account))
    _remove_leftovers()
    with tempfile.TemporaryDirectory(prefix=f"{_FOLDER}{os.getpid()}-") as folder:
        file = Path(folder) / "credentials.json"
        write_whole(file, content)
        yield {_FILE: str(file), "CLOUDSDK_AUTH_IMPERSONATE_SERVICE_ACCOUNT": account}


def _credentials_file(account: str) -> dict[str, Any]:
    """Content of a credentials file with which Google's libraries act as an account, from the login of this machine."""
    url = f"https://iamcredentials.googleapis.com/v1/projects/-/serviceAccounts/{account}:generateAccessToken"
    source = _login()
    impersonates = "service_account_impersonation_url"
    if source.get("type") == "external_account" and impersonates not in source:
        return {**source, impersonates: url}
    if source.get("type") in _SOURCES:
        return {"type": "impersonated_service_account", impersonates: url, "source_credentials": source}
    raise ToolError(
        f"your Google login is of the kind {source.get('type', 'of this machine')!r}, so kubectl and the engine would "
        f"not both act as {account}, and nothing was started. Log in as yourself with {LOG_IN}."
    )


def _login() -> dict[str, Any]:
    """Content of the file with the default credentials; empty where they are the machine's own."""
    folder = Path(os.environ.get("CLOUDSDK_CONFIG") or Path.home() / ".config" / "gcloud")
    file = Path(os.environ.get(_FILE) or folder / "application_default_credentials.json")
    return json.loads(file.read_text("utf-8")) if file.is_file() else {}


def _remove_leftovers() -> None:
    """Remove the files of commands that were killed."""
    for folder in Path(tempfile.gettempdir()).glob(f"{_FOLDER}*-*"):
        try:
            os.kill(int(folder.name.removeprefix(_FOLDER).partition("-")[0]), 0)
        except ProcessLookupError:
            shutil.rmtree(folder, ignore_errors=True)
        except (PermissionError, ValueError):
            continue  # another person's


def credentials_as(account: str) -> Any:
    """Credentials of a service account: impersonated, unless the login is the account's own.

    Raises `ToolError` when the login may not act as the account.
    """
    credentials = default_credentials()
    return credentials if account_of(credentials) == account else _impersonated(credentials, account)


def _impersonated(credentials: Any, account: str) -> Any:
    impersonated: Any = cast("Any", impersonated_credentials).Credentials(
        credentials, target_principal=account, target_scopes=[_SCOPE], lifetime=_SECONDS
    )
    try:
        impersonated.refresh(Request())
    except GoogleAuthError as error:
        raise ToolError(
            f"your Google login may not act as {account}, or has ended, so nothing was started. The account must "
            f"exist, and you must be in the group of the team that owns it; {LOG_IN} logs in again. Google says: "
            f"{first_line(error)}"
        ) from error
    return impersonated


def first_line(error: BaseException) -> str:
    """First line of the message of an error; the class of the error when it has no message."""
    return (str(error).splitlines() or [type(error).__name__])[0]
