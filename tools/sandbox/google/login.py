"""Issuers of access tokens: OAuth's token endpoint, STS and IAM Credentials; and whose a token is.

A token is an opaque random text. The cloud stores its digest, and no log contains it.
"""

import re
import time
from datetime import UTC, datetime

from starlette.responses import JSONResponse, Response

from sandbox.cloud import github, seed
from sandbox.cloud.api import TOKEN_LIFETIME, Cloud
from sandbox.cloud.errors import ApiError, invalid
from sandbox.cloud.iam import Caller
from sandbox.cloud.resources import stable_number
from sandbox.google.incoming import HttpRequest, authenticated

_SCOPE = "https://www.googleapis.com/auth/cloud-platform"
_EXCHANGE = "urn:ietf:params:oauth:grant-type:token-exchange"
_ACCESS_TOKEN = "urn:ietf:params:oauth:token-type:access_token"  # noqa: S105  a type, not a token
_SUBJECT_TOKENS = frozenset({"urn:ietf:params:oauth:token-type:jwt", "urn:ietf:params:oauth:token-type:id_token"})
_GENERATE = re.compile(r"^/v1/projects/-/serviceAccounts/(?P<email>[^/:]+):generateAccessToken$")
_LIFETIME = re.compile(r"^(?P<seconds>\d+)s$")
_PERSON = re.compile(rf"^{re.escape(seed.refresh_token(''))}(?P<account>[^@\s]+@[^@\s]+)$")


def refresh(cloud: Cloud, request: HttpRequest) -> Response:
    """Issues a person's next access token (https://developers.google.com/identity/protocols/oauth2/native-app#offline)."""
    if (request.method, request.path) != ("POST", "/token"):
        return _oauth_error(404, "invalid_request", f"There is no {request.method} {request.path} here.")
    fields = request.form()
    if fields.get("grant_type") != "refresh_token":
        return _oauth_error(400, "unsupported_grant_type", "Invalid grant_type: only refresh_token is simulated.")
    person = _PERSON.match(fields.get("refresh_token", ""))
    if person is None:
        return _oauth_error(400, "invalid_grant", "Bad Request")
    token, _ = cloud.issue_token(Caller(f"user:{person['account']}"))
    body = {"access_token": token, "expires_in": int(TOKEN_LIFETIME) - 1, "scope": _SCOPE, "token_type": "Bearer"}
    return JSONResponse(body)


def exchange(cloud: Cloud, request: HttpRequest) -> Response:
    """Exchanges a workflow's token for a pool's (https://cloud.google.com/iam/docs/reference/sts/rest/v1/TopLevel/token)."""
    if (request.method, request.path) != ("POST", "/v1/token"):
        return _oauth_error(404, "invalid_request", f"There is no {request.method} {request.path} here.")
    fields = request.form()
    if fields.get("grant_type") != _EXCHANGE:
        return _oauth_error(400, "invalid_request", f"Invalid grant_type; it must be {_EXCHANGE}.")
    if fields.get("subject_token_type") not in _SUBJECT_TOKENS:
        return _oauth_error(400, "invalid_request", "Invalid value for 'subject_token_type': only JWTs are simulated.")
    try:
        claims = github.claims_of(fields.get("subject_token", ""))
    except (ValueError, TypeError):
        return _oauth_error(400, "invalid_grant", "Unable to parse the ID Token.")
    try:
        caller = cloud.federate(fields.get("audience", ""), claims)
    except ApiError as error:
        return _oauth_error(error.code, error.reason or "invalid_request", error.message)
    # A pool's token never outlives the token for which it was exchanged.
    lifetime = min(TOKEN_LIFETIME, float(claims["exp"]) - time.time())
    token, _ = cloud.issue_token(caller, lifetime)
    kind = {"issued_token_type": _ACCESS_TOKEN, "token_type": "Bearer"}
    return JSONResponse({"access_token": token, **kind, "expires_in": int(lifetime)})


def impersonate(cloud: Cloud, request: HttpRequest) -> Response:
    """Issues an access token of a service account that the caller may impersonate.

    https://cloud.google.com/iam/docs/reference/credentials/rest/v1/projects.serviceAccounts/generateAccessToken

    Raises:
        ApiError: the caller may not impersonate the account, or the request is not supported.
    """
    match = _GENERATE.match(request.path)
    if request.method != "POST" or match is None:
        raise ApiError("UNIMPLEMENTED", f"{request.method} {request.path} is not simulated.", "unimplemented")
    caller, body = authenticated(cloud, request.headers), request.json()
    if not body.get("scope"):
        raise invalid("Scope required.")
    if body.get("delegates"):
        raise invalid("Chains of delegates are not simulated; impersonate one account after the other.")
    lifetime = _LIFETIME.match(str(body.get("lifetime", f"{int(TOKEN_LIFETIME)}s")))
    if lifetime is None or not 0 < int(lifetime["seconds"]) <= TOKEN_LIFETIME:
        raise invalid(f"The lifetime must be between 1s and {int(TOKEN_LIFETIME)}s.")
    account = cloud.impersonate(caller, match["email"])
    token, expires = cloud.issue_token(account, int(lifetime["seconds"]))
    when = datetime.fromtimestamp(expires, UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
    return JSONResponse({"accessToken": token, "expireTime": when})


def userinfo(cloud: Cloud, request: HttpRequest) -> Response:
    """Returns the caller's email (https://developers.google.com/identity/openid-connect/openid-connect#obtainuserinfo).

    Raises:
        ApiError: the caller is unknown, or the request is not supported.
    """
    if (request.method, request.path) != ("GET", "/v1/userinfo"):
        raise ApiError("NOT_FOUND", f"There is no {request.method} {request.path} here.", "notFound")
    email = authenticated(cloud, request.headers).email
    return JSONResponse({"sub": stable_number(email, 21), "email": email, "email_verified": True})


def _oauth_error(code: int, error: str, description: str) -> Response:
    """Returns an OAuth error (https://www.rfc-editor.org/rfc/rfc6749#section-5.2)."""
    return JSONResponse({"error": error, "error_description": description}, code)
