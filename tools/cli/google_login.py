"""The person's own Google login: the default credentials of this machine, and impersonation of a service account.

https://cloud.google.com/docs/authentication/application-default-credentials. The sandbox has credentials of its own.
"""

from typing import Any, cast

import google.auth
from google.auth import impersonated_credentials
from google.auth.exceptions import DefaultCredentialsError, GoogleAuthError
from google.auth.transport.requests import Request

from toolchain.errors import ToolError

LOG_IN = "`gcloud auth application-default login`"

_SCOPE = "https://www.googleapis.com/auth/cloud-platform"
_SECONDS = 3600


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


def environment_as(account: str) -> dict[str, str]:
    """Variables by which the engine, its providers and its backend impersonate a service account; empty if they do.

    They hold a token rather than the name of the account: by the name only providers impersonate it, and the state
    would be read as the person, who has no access to it. The token ends after an hour and is in no file.

    Raises `ToolError` when the login may not act as the account.
    """
    credentials = default_credentials()
    if account_of(credentials) == account:
        return {}
    token = _impersonated(credentials, account).token
    return {"GOOGLE_OAUTH_ACCESS_TOKEN": token, "CLOUDSDK_AUTH_IMPERSONATE_SERVICE_ACCOUNT": account}


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
