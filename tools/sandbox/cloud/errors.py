"""Errors of the simulated APIs, in the form and wording of Google's errors."""

import json
from collections.abc import Mapping

# https://cloud.google.com/apis/design/errors: canonical code -> HTTP status
_HTTP_STATUS = {
    "INVALID_ARGUMENT": 400,
    "FAILED_PRECONDITION": 400,
    "UNAUTHENTICATED": 401,
    "PERMISSION_DENIED": 403,
    "NOT_FOUND": 404,
    "ALREADY_EXISTS": 409,
    "ABORTED": 409,
    "RESOURCE_EXHAUSTED": 429,
    "INTERNAL": 500,
    "UNIMPLEMENTED": 501,
    "UNAVAILABLE": 503,
}

# https://github.com/googleapis/googleapis/blob/master/google/rpc/code.proto: canonical code -> number
CODES = {
    "OK": 0,
    "INVALID_ARGUMENT": 3,
    "NOT_FOUND": 5,
    "ALREADY_EXISTS": 6,
    "PERMISSION_DENIED": 7,
    "RESOURCE_EXHAUSTED": 8,
    "FAILED_PRECONDITION": 9,
    "ABORTED": 10,
    "UNIMPLEMENTED": 12,
    "INTERNAL": 13,
    "UNAVAILABLE": 14,
    "UNAUTHENTICATED": 16,
}


class ApiError(Exception):
    """An error that an API returns.

    Args:
        status: the canonical code, such as "PERMISSION_DENIED".
        message: Google's sentence for it.
        reason: the machine-readable reason, such as "IAM_PERMISSION_DENIED" or "SERVICE_DISABLED".
        metadata: details of the reason (permission, resource, principal, service); never a secret.
        code: the HTTP status, where it is not the canonical code's.
    """

    def __init__(
        self, status: str, message: str, reason: str = "", metadata: Mapping[str, str] | None = None, code: int = 0
    ) -> None:
        super().__init__(message)
        self.status = status
        self.code = code or _HTTP_STATUS[status]
        self.message = message
        self.reason = reason
        self.metadata = dict(metadata or {})

    def __str__(self) -> str:
        """Returns the line that Google's Go client prints, and that users of the real provider see."""
        details = f" Details: {json.dumps(self.metadata, sort_keys=True)}" if self.metadata else ""
        return f"googleapi: Error {self.code}: {self.message}{details}, {self.reason or self.status}"


def not_found(name: str) -> ApiError:
    """Returns a 404 for a resource name such as "projects/p/secrets/s"."""
    return ApiError("NOT_FOUND", f"Resource '{name}' was not found.", "notFound")


def already_exists(name: str) -> ApiError:
    """Returns a 409 for a resource name such as "projects/p/secrets/s"."""
    return ApiError("ALREADY_EXISTS", f"Resource '{name}' already exists.", "alreadyExists")


def invalid(message: str) -> ApiError:
    """Returns a 400 for an argument that the API refuses."""
    return ApiError("INVALID_ARGUMENT", message, "badRequest")
