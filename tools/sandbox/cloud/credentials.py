"""Credentials of a process in the simulated cloud: default credentials and impersonation, as for Google's clients.

A credentials file of the sandbox states an account and proves nothing: whoever can read the sandbox's folder can act as
any of its principals.
"""

import json
import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import cast

from sandbox.cloud import github
from sandbox.cloud.api import Cloud
from sandbox.cloud.errors import ApiError
from sandbox.cloud.iam import Caller
from sandbox.cloud.store import Json

TOKEN_VARIABLE = "GOOGLE_OAUTH_ACCESS_TOKEN"  # noqa: S105 - a variable's name
CREDENTIALS_VARIABLE = "GOOGLE_APPLICATION_CREDENTIALS"
IMPERSONATE_VARIABLE = "GOOGLE_IMPERSONATE_SERVICE_ACCOUNT"
DIRECTORY_VARIABLE = "SANDBOX_DIR"

_SECONDS = 30.0

_IMPERSONATION = re.compile(r"/serviceAccounts/(?P<email>[^/:]+):generateAccessToken$")


def sandbox_directory(environment: Mapping[str, str] = os.environ) -> Path:
    """Returns the folder of the sandbox that this process belongs to.

    Raises:
        ApiError: SANDBOX_DIR is not set or names no sandbox.
    """
    directory = Path(environment.get(DIRECTORY_VARIABLE, ""))
    if not environment.get(DIRECTORY_VARIABLE) or not (directory / "cloud.db").is_file():
        message = (
            f"There is no simulated cloud in {DIRECTORY_VARIABLE}={environment.get(DIRECTORY_VARIABLE, '')!r}."
            " Start one with `make up`, or work in `make shell`."
        )
        raise ApiError("FAILED_PRECONDITION", message, "noSandbox")
    return directory


def open_cloud() -> Cloud:
    """Returns the simulated cloud of the sandbox that this process belongs to.

    Raises:
        ApiError: there is no sandbox.
    """
    return Cloud(sandbox_directory() / "cloud.db")


def current_caller(cloud: Cloud, environment: Mapping[str, str] = os.environ) -> Caller:
    """Returns the caller that the environment describes.

    Raises:
        ApiError: UNAUTHENTICATED without usable credentials; PERMISSION_DENIED when the impersonation is not allowed.
    """
    token, path = environment.get(TOKEN_VARIABLE), environment.get(CREDENTIALS_VARIABLE, "")
    try:
        caller = _holder(cloud, token) if token else _caller(cloud, _read(path))
    except (KeyError, TypeError, ValueError) as error:
        raise _no_credentials(path) from error
    target = environment.get(IMPERSONATE_VARIABLE)
    return cloud.impersonate(caller, target) if target else caller


def _holder(cloud: Cloud, token: str) -> Caller:
    """Returns the caller of an access token that the endpoints issued; for providers it precedes all credentials."""
    caller = cloud.caller_of_token(token)
    if caller is None:
        message = f"The access token in {TOKEN_VARIABLE} is unknown or has expired."
        raise ApiError("UNAUTHENTICATED", message, "unauthenticated")
    return caller


def _caller(cloud: Cloud, content: Json) -> Caller:
    if content["type"] == "external_account":
        return _federated(cloud, content)
    if content["type"] == "impersonated_service_account":
        return _impersonated(cloud, _caller(cloud, content["source_credentials"]), content)
    return Caller(f"{'user' if content['type'] == 'authorized_user' else 'serviceAccount'}:{content['account']}")


def _federated(cloud: Cloud, content: Json) -> Caller:
    """Returns the principal of another provider's token, or the account that it impersonates if the file names one.

    The subject token's signature is not checked: its claims are taken as true without proof.
    """
    caller = cloud.federate(str(content["audience"]), github.claims_of(_subject_token(content["credential_source"])))
    return _impersonated(cloud, caller, content)


def _impersonated(cloud: Cloud, caller: Caller, content: Json) -> Caller:
    match = _IMPERSONATION.search(str(content.get("service_account_impersonation_url", "")))
    return cloud.impersonate(caller, match["email"]) if match else caller


def _subject_token(source: Json) -> str:
    """Returns the token from a file or an address: its whole content, or a field of a JSON object."""
    form = cast("Json", source.get("format") or {})
    try:
        text = _fetched(source) if "url" in source else Path(str(source["file"])).read_text()
        return str(json.loads(text)[form["subject_token_field_name"]]) if form.get("type") == "json" else text.strip()
    except (OSError, ValueError) as error:
        raise _no_credentials(str(source.get("url") or source.get("file"))) from error


def _fetched(source: Json) -> str:
    """Returns the content of an address, such as the one from which a GitHub job requests its token."""
    from urllib.request import Request, urlopen  # noqa: PLC0415  only such a job needs it

    address = str(source["url"])
    if not address.startswith(("https://", "http://")):
        raise ValueError("not an address")
    request = Request(address, headers=cast("dict[str, str]", source.get("headers") or {}))  # noqa: S310  checked above
    with urlopen(request, timeout=_SECONDS) as response:  # noqa: S310  checked above
        return cast("bytes", response.read()).decode()


def _read(path: str) -> Json:
    try:
        return cast("Json", json.loads(Path(path).read_text()))
    except (OSError, ValueError) as error:
        raise _no_credentials(path) from error


def _no_credentials(path: str) -> ApiError:
    message = f"Could not find default credentials: {CREDENTIALS_VARIABLE}={path!r} is not a credentials file."
    return ApiError("UNAUTHENTICATED", message, "unauthenticated")
