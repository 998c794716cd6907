"""HTTP requests to the endpoints, and the error responses of Google's APIs."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, cast
from urllib.parse import parse_qs

from starlette.responses import JSONResponse, Response

from sandbox.cloud.api import Cloud
from sandbox.cloud.errors import ApiError, invalid
from sandbox.cloud.iam import Caller
from sandbox.cloud.store import Json
from sandbox.google.definitions import OLDER

# Reason or status -> the reason that the older APIs give.
_REASONS: Mapping[str, str] = {
    "IAM_PERMISSION_DENIED": "forbidden",
    "SERVICE_DISABLED": "accessNotConfigured",
    "unauthenticated": "authError",
    "badRequest": "invalid",
    "unimplemented": "notImplemented",
}

_NO_CREDENTIALS = (
    "Request had invalid authentication credentials. Expected OAuth 2 access token, login cookie or other valid"
    " authentication credential."
)


@dataclass(frozen=True)
class HttpRequest:
    """An HTTP request.

    Attributes:
        method: GET, POST, ….
        host: the API's host, without a port.
        path: the path, percent-encoded and without the query: an encoded slash is part of a name.
        query: the query, encoded.
        headers: the headers, with names in lower case.
        body: the raw body.
    """

    method: str
    host: str
    path: str
    query: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def parameters(self) -> dict[str, str]:
        """Parameters of the query; the last value of a repeated one."""
        return {name: values[-1] for name, values in parse_qs(self.query, keep_blank_values=True).items()}

    def repeated(self, name: str) -> list[str]:
        """Returns all values of a query parameter."""
        return parse_qs(self.query).get(name, [])

    def json(self) -> Json:
        """Returns the body as a JSON object; {} without a body.

        Raises:
            ApiError: INVALID_ARGUMENT.
        """
        try:
            content: Any = json.loads(self.body or b"{}")
        except ValueError as error:
            raise invalid("Invalid JSON payload received.") from error
        if not isinstance(content, dict):
            raise invalid("Invalid JSON payload received: it is not an object.")
        return cast("Json", content)

    def form(self) -> dict[str, str]:
        """Returns the fields of a form-encoded or JSON body; STS takes both.

        Raises:
            ApiError: INVALID_ARGUMENT.
        """
        if self.headers.get("content-type", "").startswith("application/json"):
            return {name: str(value) for name, value in self.json().items()}
        return {name: values[-1] for name, values in parse_qs(self.body.decode(errors="replace")).items()}


def authenticated(cloud: Cloud, headers: Mapping[str, str]) -> Caller:
    """Returns the caller of a request's access token.

    Raises:
        ApiError: UNAUTHENTICATED.
    """
    kind, _, token = headers.get("authorization", "").partition(" ")
    caller = cloud.caller_of_token(token.strip()) if kind.lower() == "bearer" else None
    if caller is None:
        raise ApiError("UNAUTHENTICATED", _NO_CREDENTIALS, "unauthenticated")
    return replace(caller, quota_project=headers.get("x-goog-user-project", ""))


def refusal(error: ApiError, host: str = "") -> Response:
    """Returns the response for an error (https://cloud.google.com/apis/design/errors#http_mapping).

    The older APIs list errors instead of a status (https://cloud.google.com/compute/docs/troubleshooting/troubleshooting-apis).
    """
    body: Json = {"code": error.code, "message": error.message}
    if host.removesuffix(".googleapis.com") in OLDER:
        reason = _REASONS.get(error.reason, error.reason) or _REASONS.get(error.status, "backendError")
        body["errors"] = [{"message": error.message, "domain": "global", "reason": reason}]
    body["status"] = error.status
    if error.reason:
        info = {"reason": error.reason, "domain": "googleapis.com", "metadata": error.metadata}
        body["details"] = [{"@type": "type.googleapis.com/google.rpc.ErrorInfo", **info}]
    return JSONResponse({"error": body}, error.code)
