"""Tokens as GitHub's issuer mints them for a workflow, and the credentials file that leads from one to an account.

https://docs.github.com/en/actions/concepts/security/openid-connect. Here the signature proves nothing: whoever can
write the claims is believed, so these serve to try what a provider's mapping and condition let in.
"""

import json
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import jwt

from sandbox.cloud.store import Json
from sandbox.files import write_whole

ISSUER = "https://token.actions.githubusercontent.com"

_LIFETIME = 300  # seconds, as GitHub's
_KEY = "the sandbox believes every token, whoever signed it"


def github_token(claims: Mapping[str, Any], now: float | None = None) -> str:
    """A token with these claims, issued now; issuer and times may be among them."""
    issued = int(time.time() if now is None else now)
    standard = {"iss": ISSUER, "iat": issued, "nbf": issued, "exp": issued + _LIFETIME}
    return jwt.encode({**standard, **claims}, _KEY, "HS256")


def claims_of(token: str) -> Json:
    """The claims of a token.

    Raises:
        ValueError: it is no JSON Web Token.
    """
    try:
        return jwt.decode(token, options={"verify_signature": False})
    except jwt.InvalidTokenError as error:
        raise ValueError(str(error)) from error


def write_credentials(folder: Path, provider: str, token: str, account: str | None = None) -> Path:
    """Writes a token and the credentials file that names it, as `google-github-actions/auth` would.

    Args:
        folder: where to; made if absent.
        provider: the provider's name, `projects/<number>/locations/global/workloadIdentityPools/<pool>/providers/<id>`.
        token: the subject token.
        account: email of the service account that it leads to; without one the caller is the pool's principal itself.

    Returns:
        The path of the credentials file.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    write_whole(folder / "token.json", json.dumps({"value": token}) + "\n")
    content: Json = {
        "type": "external_account",
        "audience": f"//iam.googleapis.com/{provider}",
        "subject_token_type": "urn:ietf:params:oauth:token-type:jwt",
        "token_url": "https://sts.googleapis.com/v1/token",
        "credential_source": {
            "file": str(folder / "token.json"),
            "format": {"type": "json", "subject_token_field_name": "value"},
        },
    }
    if account:
        url = f"https://iamcredentials.googleapis.com/v1/projects/-/serviceAccounts/{account}:generateAccessToken"
        content["service_account_impersonation_url"] = url
    path = folder / "credentials.json"
    write_whole(path, json.dumps(content) + "\n")
    return path
