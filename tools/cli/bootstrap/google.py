"""Google's REST APIs as the first run needs them, called with the administrator's default credentials.

https://cloud.google.com/apis/docs/overview. The Pulumi provider does the real work later; these few calls are what has
to be known or done before it can run.
"""

import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, cast
from urllib.parse import quote

import requests
from google.auth.exceptions import GoogleAuthError
from google.auth.transport.requests import AuthorizedSession
from google.oauth2.credentials import Credentials as UserCredentials
from requests.adapters import HTTPAdapter
from urllib3.util.retry import Retry

from cli.google_login import LOG_IN, account_of, default_credentials, first_line
from toolchain.errors import ToolError

_SECONDS = 60.0
_POLL_SECONDS = 2.0
# An enabled API may refuse to work for some minutes: https://cloud.google.com/service-usage/docs/enable-disable.
_PATIENCE_SECONDS = 300.0
# Whatever Google answers so may be asked again, and none of the calls here does harm when it is done twice.
_AGAIN = Retry(
    total=5,
    backoff_factor=0.5,
    status_forcelist=(429, 500, 502, 503, 504),
    allowed_methods=None,
    raise_on_status=False,
)

Json = dict[str, Any]


class GoogleError(ToolError):
    """A call was refused; `code` is the HTTP status and `reason` Google's own word for why, if it gave one."""

    def __init__(self, message: str, code: int, reason: str) -> None:
        super().__init__(message)
        self.code = code
        self.reason = reason

    @property
    def is_disabled_api(self) -> bool:
        """Whether the API is not enabled, or not yet effective."""
        return self.reason == "SERVICE_DISABLED"


@dataclass(frozen=True)
class Project:
    """A project as Resource Manager knows it: its number, and what it is in (`organizations/1`, `folders/2`)."""

    number: str
    parent: str


class Google:
    """The APIs, for one project.

    Args:
        session: adds the caller's token to requests.
        project: the project's ID.
        account: who calls, as far as the credentials tell.
        sleep: how to wait; a test waits faster.
    """

    def __init__(
        self, session: requests.Session, project: str, account: str, sleep: Callable[[float], object] = time.sleep
    ) -> None:
        self._session = session
        self.project = project
        self._account = account
        self._sleep = sleep

    def who(self) -> str:
        """The caller's e-mail address; what is known instead when Google does not tell it."""
        if self._account:
            return self._account
        try:
            return str(self._call("GET", "https://openidconnect.googleapis.com/v1/userinfo").get("email", ""))
        except ToolError:  # a login without that scope works all the same
            return "your default credentials"

    def enabled(self) -> set[str]:
        """The APIs that are enabled, such as `iam.googleapis.com`."""
        url = (
            f"https://serviceusage.googleapis.com/v1/projects/{self.project}/services?filter=state:ENABLED&pageSize=200"
        )
        found: set[str] = set()
        page = ""
        while True:
            told = self._call("GET", f"{url}&pageToken={quote(page)}" if page else url)
            found |= {str(service["config"]["name"]) for service in told.get("services", [])}
            page = str(told.get("nextPageToken", ""))
            if not page:
                return found

    def enable(self, services: Iterable[str]) -> None:
        """Enable APIs, and wait until Google has done it."""
        url = "https://serviceusage.googleapis.com/v1/"
        operation = self._call(
            "POST", f"{url}projects/{self.project}/services:batchEnable", {"serviceIds": sorted(services)}
        )
        deadline = time.monotonic() + _PATIENCE_SECONDS
        while not operation.get("done"):
            if time.monotonic() > deadline:
                raise ToolError(
                    f"enabling APIs in {self.project} takes longer than {_PATIENCE_SECONDS / 60:.0f} minutes. What was "
                    "enabled stays so; run it again."
                )
            self._sleep(_POLL_SECONDS)
            operation = self._call("GET", f"{url}{operation['name']}")
        if "error" in operation:
            said = operation["error"].get("message", operation["error"])
            raise ToolError(f"Google did not enable APIs in {self.project}: {said}. Correct that and run it again.")

    def describe(self) -> Project:
        """The project."""
        told = self._call("GET", f"https://cloudresourcemanager.googleapis.com/v3/projects/{self.project}")
        return Project(str(told["name"]).rpartition("/")[2], str(told.get("parent", "")))

    def has_billing(self) -> bool:
        """Whether the project has a billing account that is open."""
        told = self._call("GET", f"https://cloudbilling.googleapis.com/v1/projects/{self.project}/billingInfo")
        return bool(told.get("billingEnabled"))

    def held(self, permissions: Iterable[str]) -> set[str]:
        """Those of the permissions that the caller has on the project."""
        url = f"https://cloudresourcemanager.googleapis.com/v3/projects/{self.project}:testIamPermissions"
        return {
            str(each) for each in self._call("POST", url, {"permissions": sorted(permissions)}).get("permissions", [])
        }

    def bucket_owner(self, bucket: str) -> str | None:
        """The number of the project that a bucket is in; None when there is no such bucket anywhere."""
        try:
            return str(self._call("GET", f"https://storage.googleapis.com/storage/v1/b/{bucket}")["projectNumber"])
        except GoogleError as error:
            if error.code == 404:
                return None
            raise

    def objects(self, bucket: str, prefix: str) -> list[bytes]:
        """The contents of the objects whose names begin with a prefix; few and small ones."""
        url = f"https://storage.googleapis.com/storage/v1/b/{bucket}/o"
        listed = self._call("GET", f"{url}?prefix={quote(prefix, safe='')}").get("items", [])
        return [self._answer("GET", f"{url}/{quote(item['name'], safe='')}?alt=media").content for item in listed]

    def _call(self, method: str, url: str, body: Mapping[str, Any] | None = None) -> Json:
        return cast("Json", self._answer(method, url, body).json())

    def _answer(self, method: str, url: str, body: Mapping[str, Any] | None = None) -> requests.Response:
        try:
            response = self._session.request(method, url, json=body, timeout=_SECONDS)
        except GoogleAuthError as error:
            raise ToolError(
                f"your Google login does not work ({first_line(error)}), so nothing was started. Log in again with "
                f"{LOG_IN}."
            ) from error
        except requests.RequestException as error:
            raise ToolError(
                f"{url.split('/')[2]} cannot be reached ({first_line(error)}). What was done so far stays; run it "
                "again when the network works."
            ) from error
        if response.ok:
            return response
        raise _refusal(response)

    def patiently(self, call: Callable[[], Any]) -> Any:
        """What a call of an API answers that was enabled just now, and may need some minutes to work."""
        deadline = time.monotonic() + _PATIENCE_SECONDS
        while True:
            try:
                return call()
            except GoogleError as error:
                if not error.is_disabled_api or time.monotonic() > deadline:
                    raise
                self._sleep(_POLL_SECONDS)


def connect(project: str) -> Google:
    """The APIs as whoever is logged in on this machine.

    Raises `ToolError` without a login.
    """
    credentials = default_credentials()
    account = account_of(credentials)
    if isinstance(credentials, UserCredentials):
        # A person's calls count on a project that is named with them; some APIs refuse them without.
        credentials = cast("Any", credentials).with_quota_project(project)
    session = AuthorizedSession(credentials)
    session.mount("https://", HTTPAdapter(max_retries=_AGAIN))
    return Google(session, project, account)


def _refusal(response: requests.Response) -> GoogleError:
    message, reason = response.text.strip()[:500], ""
    try:
        error = response.json()["error"]
        message = str(error["message"])
        reason = next((str(each["reason"]) for each in error.get("details", []) if "reason" in each), "")
    except (ValueError, KeyError, TypeError):  # not every answer on the way is one of Google's APIs
        pass
    host = str(response.url).split("/")[2]
    return GoogleError(f"{host} answered {response.status_code}: {message}", response.status_code, reason)
