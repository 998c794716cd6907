"""Tokens as GitHub issues them to a workflow, and the credentials file that exchanges one for an account.

https://docs.github.com/en/actions/concepts/security/openid-connect. They are unsecured JSON Web Tokens
(https://www.rfc-editor.org/rfc/rfc7519#section-6): the claims are taken as true, so such tokens test which ones a
provider's mapping and condition admit. Every process that signs in reads one: a library would cost it 0.1 s.
"""

import base64
import json
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

from sandbox.cloud.store import Json
from toolchain.files import write_whole

ISSUER = "https://token.actions.githubusercontent.com"

_LIFETIME = 300  # seconds, as for GitHub's tokens


def github_token(claims: Mapping[str, Any], now: float | None = None) -> str:
    """Returns a token with these claims, issued now; the claims may include issuer and times."""
    issued = int(time.time() if now is None else now)
    standard = {"iss": ISSUER, "iat": issued, "nbf": issued, "exp": issued + _LIFETIME}
    return f"{_encoded({'alg': 'none', 'typ': 'JWT'})}.{_encoded({**standard, **claims})}."


def claims_of(token: str) -> Json:
    """Returns the claims of a token.

    Raises:
        ValueError, TypeError: the text is no JSON Web Token.
    """
    parts = token.split(".")
    if len(parts) != 3:
        raise ValueError("a JSON Web Token has three parts")
    content: Any = json.loads(base64.urlsafe_b64decode(parts[1] + "=="))
    if not isinstance(content, dict):
        raise TypeError("the claims of a JSON Web Token are an object")
    return cast("Json", content)


def _encoded(content: Mapping[str, Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(content).encode()).decode().rstrip("=")


def write_credentials(folder: Path, provider: str, token: str, account: str | None = None) -> Path:
    """Writes a token and the credentials file that names it, as `google-github-actions/auth` would.

    Args:
        folder: the folder to write to; made if absent.
        provider: the provider's name, `projects/<number>/locations/global/workloadIdentityPools/<pool>/providers/<id>`.
        token: the subject token.
        account: email of the service account to impersonate; without one the caller is the pool's principal itself.

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
