"""Messages for calls that Google refused or did not answer.

No message holds a token: not the caller's, and not one that an error's text repeats.
"""

import re
from dataclasses import dataclass
from typing import Self
from urllib.parse import urlsplit

import requests
from google.auth.exceptions import GoogleAuthError
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from cli.google_login import LOG_IN, first_line
from toolchain.errors import ToolError

_LONGEST = 500
_DISABLED = "SERVICE_DISABLED"
# IAM's own APIs and Cloud Storage name the missing permission only in the text of the error.
_PERMISSION = re.compile(r"[Pp]ermission '?(?P<iam>[a-z]\w*(\.\w+){2,})|does not have (?P<storage>storage(\.\w+){2,})")
_TOKEN = re.compile(r"ya29\.[\w.-]+|eyJ[\w-]+\.[\w-]+\.[\w-]*|1//[\w-]{10,}|(?<=Bearer )[^\s\"'<]+")


@dataclass(frozen=True)
class Purpose:
    """Purpose of a call, for the message when it fails.

    Attributes:
        what: action of the call, such as "read the policies of demo".
        consequence: consequence of a failure, such as "nothing was judged".
        needs: permission or role that the call requires, for an error in which Google names none.
    """

    what: str
    consequence: str
    needs: str = ""


class GoogleError(ToolError):
    """Failure of a call; `code` is the HTTP status (0 without a response), `reason` Google's error reason, if any."""

    def __init__(self, message: str, code: int, reason: str) -> None:
        super().__init__(message)
        self.code = code
        self.reason = reason

    @property
    def is_disabled_api(self) -> bool:
        """True when the API is not enabled, or not effective yet."""
        return self.reason == _DISABLED

    @classmethod
    def login(cls, purpose: Purpose, error: GoogleAuthError) -> Self:
        """Error of a login that has ended, or may not act as the account."""
        problem = _without_tokens(first_line(error))
        remedy = f"Log in again with {LOG_IN}."
        return cls(f"your Google login does not work ({problem}), so {purpose.consequence}. {remedy}", 0, "")

    @classmethod
    def unreachable(cls, purpose: Purpose, url: str, error: requests.RequestException) -> Self:
        """Error of a call without a response."""
        problem = f"{host(url)} cannot be reached ({_without_tokens(first_line(error))})"
        remedy = "Run it again when the network works."
        return cls(f"could not {purpose.what}: {problem}, so {purpose.consequence}. {remedy}", 0, "")

    @classmethod
    def refusal(cls, purpose: Purpose, caller: str, response: requests.Response) -> Self:
        """Error of a call with another response than the requested one."""
        error = _error(response)
        answered = f"{host(response.url)} answered {response.status_code}: {error.message}"
        message = f"could not {purpose.what} as {caller}: {answered}, so {purpose.consequence}."
        return cls(f"{message} {_remedy(purpose, caller, response, error)}", response.status_code, error.reason)

    @classmethod
    def endless(cls, purpose: Purpose, url: str) -> Self:
        """Error of a collection whose pages do not end."""
        problem = f"{host(url)} answers with the same page again and again"
        remedy = "Run it again; if it stays so, the fault is Google's."
        return cls(f"could not {purpose.what}: {problem}, so {purpose.consequence}. {remedy}", 200, "")


class _Detail(BaseModel):
    model_config = ConfigDict(extra="ignore")

    reason: str = ""
    metadata: dict[str, str] = Field(default_factory=dict[str, str])


class _Error(BaseModel):
    """Error in a response: https://cloud.google.com/apis/design/errors#http_mapping."""

    model_config = ConfigDict(extra="ignore")

    message: str
    details: list[_Detail] = Field(default_factory=list[_Detail])

    @property
    def reason(self) -> str:
        """Google's error reason, such as SERVICE_DISABLED; empty without one."""
        return next((detail.reason for detail in self.details if detail.reason), "")

    @property
    def permission(self) -> str:
        """Permission that the caller lacks; empty when Google names none."""
        permission = next(
            (detail.metadata["permission"] for detail in self.details if "permission" in detail.metadata), ""
        )
        match = _PERMISSION.search(self.message)
        return permission or ((match["iam"] or match["storage"]) if match else "")


class _Body(BaseModel):
    error: _Error


def host(url: str) -> str:
    """Host of a URL; the rest of a URL may contain more than a message should show."""
    return urlsplit(url).hostname or ""


def _error(response: requests.Response) -> _Error:
    """Error in a response; for a response that is not Google's, such as the page of a proxy, its text."""
    try:
        error = _Body.model_validate_json(response.content).error
    except ValidationError:
        error = _Error(message=response.text or response.reason or "nothing")
    message = _without_tokens(" ".join(error.message.split())[:_LONGEST]).rstrip(".")
    return error.model_copy(update={"message": message})


def _remedy(purpose: Purpose, caller: str, response: requests.Response, error: _Error) -> str:
    if error.reason == _DISABLED:
        return f"Enable that API with `gcloud services enable {host(response.url)}`; it takes some minutes."
    if response.status_code == requests.codes.unauthorized:
        return f"Log in again with {LOG_IN}."
    if response.status_code == requests.codes.too_many_requests or response.status_code >= 500:
        return "Google was asked again for some minutes; run it again later."
    if needs := error.permission or purpose.needs:
        return f"It takes {needs}."
    return f"Correct that, or have {caller} granted what it lacks, and run it again."


def _without_tokens(text: str) -> str:
    return _TOKEN.sub("[token]", text)
