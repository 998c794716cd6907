"""Google's REST APIs as the first run needs them, called with the administrator's default credentials.

https://cloud.google.com/apis/docs/overview. The Pulumi provider does the real work later; these few calls
are needed before it can run.
"""

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from cli.google import connection
from cli.google.client import Client, Json
from cli.google.errors import GoogleError, Purpose
from toolchain.errors import ToolError

_POLL_SECONDS = 2.0
# An enabled API may refuse to work for some minutes: https://cloud.google.com/service-usage/docs/enable-disable.
_PATIENCE_SECONDS = 300.0
_STAYS = "nothing more was done; what was done so far stays"
_PROJECTS = "https://cloudresourcemanager.googleapis.com/v3/projects"
_ORGANIZATIONS = "https://cloudresourcemanager.googleapis.com/v3/organizations"
_SERVICES = "https://serviceusage.googleapis.com/v1"
_COMPUTE = "https://compute.googleapis.com/compute/v1/projects"
_QUOTAS = "https://serviceusage.googleapis.com/v1beta1"
_ACCOUNTS = quote("iam.googleapis.com/quota/service-account-count", safe="")
_GROUPS = "https://cloudidentity.googleapis.com/v1/groups"
PUBLIC = frozenset({"allUsers", "allAuthenticatedUsers"})
_BUCKETS = "https://storage.googleapis.com/storage/v1/b"


@dataclass(frozen=True)
class Project:
    """A project in Resource Manager: its number, and its parent (`organizations/1`, `folders/2`)."""

    number: str
    parent: str


class Google:
    """Google's APIs for one project.

    Args:
        client: client that acts as the administrator, on the quota of the project.
        project: the project's ID.
        sleep: waits a number of seconds; a test waits faster.
        own_quota: the same client on the quota of its own project, for a project whose Service Usage API is off.
    """

    def __init__(
        self,
        client: Client,
        project: str,
        sleep: Callable[[float], object] = time.sleep,
        own_quota: Client | None = None,
    ) -> None:
        self._client = self._usage = client
        self.project = project
        self._sleep = sleep
        self._own_quota = own_quota

    def who(self) -> str:
        """E-mail address of the caller; a description when Google does not return it."""
        if "@" in self._client.caller:
            return self._client.caller
        try:
            address = "https://openidconnect.googleapis.com/v1/userinfo"
            return str(self._call("GET", address, "learn who you are").get("email", ""))
        except ToolError:  # a login without that scope works all the same
            return "your default credentials"

    def enabled(self) -> set[str]:
        """APIs that are enabled, such as `iam.googleapis.com`.

        Service Usage itself is off in a project that an API made (Terraform, a project factory); the APIs of such a
        project are read and enabled on the quota of the client's own project.
        """
        try:
            return self._enabled()
        except GoogleError as error:
            if not error.is_disabled_api or self._own_quota is None:
                raise
        self._usage = self._own_quota
        return self._enabled()

    def _enabled(self) -> set[str]:
        listed = self._usage.listed(
            "GET",
            f"{_SERVICES}/projects/{self.project}/services",
            "services",
            Purpose(f"list the enabled APIs of {self.project}", _STAYS),
            parameters={"filter": "state:ENABLED", "pageSize": 200},
        )
        return {str(service["config"]["name"]) for service in listed}

    def enable(self, services: Iterable[str]) -> None:
        """Enable APIs, and wait until Google has done it."""
        what = f"enable APIs in {self.project}"
        url = f"{_SERVICES}/projects/{self.project}/services:batchEnable"
        purpose = Purpose(what, _STAYS)
        operation = self._usage.call("POST", url, purpose, body={"serviceIds": sorted(services)})
        deadline = time.monotonic() + _PATIENCE_SECONDS
        while not operation.get("done"):
            if time.monotonic() > deadline:
                raise ToolError(
                    f"enabling APIs in {self.project} takes longer than {_PATIENCE_SECONDS / 60:.0f} minutes. What was "
                    "enabled stays so; run it again."
                )
            self._sleep(_POLL_SECONDS)
            operation = self._usage.call("GET", f"{_SERVICES}/{operation['name']}", purpose)
        if "error" in operation:
            reason = operation["error"].get("message", operation["error"])
            raise ToolError(f"Google did not enable APIs in {self.project}: {reason}. Correct that and run it again.")

    def describe(self) -> Project:
        """The project."""
        answer = self._call("GET", f"{_PROJECTS}/{self.project}", f"read the project {self.project}")
        return Project(str(answer["name"]).rpartition("/")[2], str(answer.get("parent", "")))

    def has_billing(self) -> bool:
        """Return whether the project has a billing account that is open."""
        url = f"https://cloudbilling.googleapis.com/v1/projects/{self.project}/billingInfo"
        return bool(self._call("GET", url, f"read the billing account of {self.project}").get("billingEnabled"))

    def granted(self, permissions: Iterable[str]) -> set[str]:
        """The subset of `permissions` that the caller has on the project."""
        return self._granted(f"{_PROJECTS}/{self.project}", self.project, permissions)

    def granted_on_organization(self, organization: str, permissions: Iterable[str]) -> set[str]:
        """The subset of `permissions` that the caller has on the organisation; a project's answer would lack some."""
        return self._granted(f"{_ORGANIZATIONS}/{organization}", f"the organisation {organization}", permissions)

    def _granted(self, resource: str, title: str, permissions: Iterable[str]) -> set[str]:
        what = f"test your permissions on {title}"
        answer = self._call("POST", f"{resource}:testIamPermissions", what, {"permissions": sorted(permissions)})
        return {str(permission) for permission in answer.get("permissions", [])}

    def has_group(self, address: str) -> bool | None:
        """Return whether the directory has a group; None where the caller may not look it up."""
        url = f"{_GROUPS}:lookup?groupKey.id={quote(address, safe='')}"
        try:
            self._call("GET", url, f"look up the group {address}")
        except GoogleError as error:
            if error.is_disabled_api or error.code not in (400, 403, 404):
                raise
            return False if error.code == 404 else None
        return True

    def account_quota(self) -> int | None:
        """Service accounts that the project may have; None where Google does not say."""
        url = f"{_QUOTAS}/projects/{self.project}/services/iam.googleapis.com/consumerQuotaMetrics/{_ACCOUNTS}"
        try:
            metric = self._call("GET", url, f"read the quota of service accounts of {self.project}")
            return int(metric["consumerQuotaLimits"][0]["quotaBuckets"][0]["effectiveLimit"])
        except (KeyError, IndexError, GoogleError):
            return None

    def project_members(self) -> set[tuple[str, str]]:
        """Roles and members of the project's allow policy."""
        url = f"{_PROJECTS}/{self.project}:getIamPolicy"
        policy = self._call(
            "POST", url, f"read the policy of {self.project}", {"options": {"requestedPolicyVersion": 3}}
        )
        return {
            (str(binding["role"]), str(member))
            for binding in policy.get("bindings", [])
            for member in binding.get("members", [])
        }

    def public_buckets(self) -> dict[str, bool]:
        """Buckets whose policies grant something to everybody (true), or are not readable to the caller (false).

        A bucket that enforces public access prevention itself is not public, whatever its policy says.
        """
        purpose = Purpose(f"list the buckets of {self.project}", _STAYS)
        listed = self._client.listed("GET", _BUCKETS, "items", purpose, parameters={"project": self.project})
        public = {
            str(bucket["name"]): self._is_public(str(bucket["name"]))
            for bucket in listed
            if bucket.get("iamConfiguration", {}).get("publicAccessPrevention") != "enforced"
        }
        return {name: known is True for name, known in public.items() if known is not False}

    def _is_public(self, bucket: str) -> bool | None:
        try:
            policy = self._call("GET", f"{_BUCKETS}/{bucket}/iam", f"read the policy of the bucket {bucket}")
        except GoogleError as error:
            if error.code != 403 or error.is_disabled_api:
                raise
            return None
        members = (member for binding in policy.get("bindings", []) for member in binding.get("members", []))
        return not PUBLIC.isdisjoint(members)

    def has_default_network(self) -> bool:
        """Return whether the project has the network that Google makes with the API of Compute."""
        try:
            self._call("GET", f"{_COMPUTE}/{self.project}/global/networks/default", "look for the network `default`")
        except GoogleError as error:
            if error.code == 404 or error.is_disabled_api:
                return False
            raise
        return True

    def bucket_owner(self, bucket: str) -> str | None:
        """Number of the project of a bucket; None when no project has such a bucket."""
        try:
            return str(self._call("GET", f"{_BUCKETS}/{bucket}", f"read the bucket {bucket}")["projectNumber"])
        except GoogleError as error:
            if error.code == 404:
                return None
            raise

    def objects(self, bucket: str, prefix: str) -> list[bytes]:
        """Contents of the objects whose names begin with a prefix; meant for few, small objects."""
        url = f"{_BUCKETS}/{bucket}/o"
        purpose = Purpose(f"read the bucket {bucket}", _STAYS)
        listed = self._client.listed("GET", url, "items", purpose, parameters={"prefix": prefix})
        return [self._client.content(f"{url}/{quote(item['name'], safe='')}", purpose) for item in listed]

    def _call(self, method: str, url: str, what: str, body: Json | None = None) -> Json:
        return self._client.call(method, url, Purpose(what, _STAYS), body=body)

    def patiently(self, call: Callable[[], Any]) -> Any:
        """Result of a call of an API that was enabled just now, and may need some minutes to work."""
        deadline = time.monotonic() + _PATIENCE_SECONDS
        while True:
            try:
                return call()
            except GoogleError as error:
                if not error.is_disabled_api or time.monotonic() > deadline:
                    raise
                self._sleep(_POLL_SECONDS)


def connect(project: str) -> Google:
    """The APIs, called as whoever is logged in on this machine.

    Raises `ToolError` without a login.
    """
    return Google(connection.as_person(project), project, own_quota=connection.as_person(""))
