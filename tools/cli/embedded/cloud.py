"""Responses of the simulated cloud to the requests that commands make to Google: policies, roles, groups, audit log."""

import re
from collections.abc import Callable, Generator, Iterator
from contextlib import closing, contextmanager
from typing import Any

from cli.embedded import cluster
from cli.embedded.directory import SandboxDirectory
from cli.layout import Stack
from sandbox.cloud import directory, names, seed
from sandbox.cloud.api import Cloud
from sandbox.cloud.audit import entry
from sandbox.cloud.errors import ApiError
from sandbox.cloud.iam import Caller
from sandbox.cloud.store import Store
from sandbox.cloud.tenant import own_project
from toolchain.errors import ToolError

Json = dict[str, Any]

# Permission checks of the simulated cluster; on Google Cloud they are in no log.
_ASKING = re.compile(r"^container\.clusters\.connect$|\.(escalate|bind)$")


class SimulatedCloud:
    """The simulated cloud of a sandbox.

    Attributes:
        sandbox: the sandbox.
    """

    def __init__(self, sandbox: SandboxDirectory) -> None:
        self.sandbox = sandbox
        self._file = sandbox.path / "cloud.db"

    def access(self, stack: Stack) -> "SimulatedAccess":
        """Policies, roles and groups of the cloud; `stack` is a stack of the project."""
        return SimulatedAccess(self, stack)

    def audit_log(self) -> Iterator[Json]:
        """Calls of the cloud as entries of Cloud Audit Logs; none when there is no cloud yet."""
        if not self._file.is_file():
            return
        with closing(Store(self._file)) as store:
            for call in store.calls(0):
                if not _ASKING.search(call.method) or call.status != "OK":
                    yield entry(call)

    @contextmanager
    def opened(self) -> Generator[Cloud]:
        """The cloud itself, open during a block."""
        cloud = Cloud(self._file)
        with closing(cloud.store):
            yield cloud

    @staticmethod
    def sender(cloud: Cloud, member: str) -> Callable[[str, str, str], Json]:
        """Function that sends SQL to a database of an instance over the simulated API, as a member."""
        project = own_project(cloud.store)

        def send(instance: str, database: str, statement: str) -> Json:
            body = {"database": database, "sqlStatement": statement, "autoIamAuthn": True}
            name = f"projects/{project}/instances/{instance}"
            try:
                return cloud.call("sql.instances.executeSql", name, Caller(member), body)
            except ApiError as error:
                raise ToolError(
                    f"{member.partition(':')[2]} could not send SQL to {instance}, so its rights were neither compared "
                    f"nor changed.\n  {error}"
                ) from error

        return send


class SimulatedAccess:
    """See `cli.access_source.Source`.

    Args:
        cloud: the simulated cloud.
        stack: a stack of the project; its preview account makes the requests, and the administrator repeats those that
            the account may not make.
    """

    def __init__(self, cloud: SimulatedCloud, stack: Stack) -> None:
        self._cloud = cloud
        self._stack = stack
        self._callers = [Caller(f"serviceAccount:{stack.account('preview')}"), Caller(seed.ADMIN)]

    def _call(self, method: str, name: str) -> Json | None:
        with self._cloud.opened() as cloud:
            for caller in self._callers:
                try:
                    return cloud.call(method, name, caller)
                except ApiError:
                    continue
        return None

    def policies(self) -> list[Json]:
        """Allow policies from the simulated asset inventory.

        Raises `ToolError` when the account may not read it.
        """
        caller = self._callers[0]
        with self._cloud.opened() as cloud:
            try:
                return cloud.call("cloudasset.searchAllIamPolicies", f"projects/{self._stack.gcp_project()}", caller)[
                    "results"
                ]
            except ApiError as error:
                raise ToolError(
                    f"{caller.email} may not read the project's policies, so grants that no state declares would stay "
                    "unseen, and nothing was judged. Bring identity up again (`make up LAYER=identity`).\n  "
                    f"{error}"
                ) from error

    def above(self) -> list[str] | None:
        """Ancestors of the project in the simulated hierarchy."""
        project = names.project(self._stack.gcp_project())
        with self._cloud.opened() as cloud:
            return [level.removeprefix(names.PROJECTS) for level in cloud.iam.hierarchy.line(project)[1:]]

    def policy(self, container: str) -> Json | None:
        """Allow policy from the simulated resource manager."""
        return self._call(f"cloudresourcemanager.{container.partition('/')[0]}.getIamPolicy", container)

    def role(self, name: str) -> Json | None:
        """A custom role from the simulated IAM; of a predefined role, the permissions that the simulation knows."""
        if names.is_custom_role(name):
            return self._call(f"iam.{name.partition('/')[0]}.roles.get", name)
        with self._cloud.opened() as cloud:
            try:
                return {"includedPermissions": sorted(cloud.iam.permissions_of(name))}
            except ApiError:
                return None

    def members(self, group: str) -> list[str] | None:
        """Members from the simulated directory, which every caller may read."""
        with self._cloud.opened() as cloud:
            return list(cloud.store.members_of(group))

    def rbac(self) -> list[Json] | None:
        """Roles and bindings of the sandbox's API server, read as the platform's preview account."""
        return cluster.rbac(self._cloud.sandbox)

    def has_group(self, group: str) -> bool | None:
        """Return whether the simulated directory has a group."""
        with self._cloud.opened() as cloud:
            return directory.has_group(cloud.store, group.removeprefix("group:"))

    def apis(self) -> list[str] | None:
        """Enabled APIs from the simulated Service Usage."""
        project = f"projects/{self._stack.gcp_project()}"
        listed = self._call("serviceusage.services.list", f"{project}/services/-")
        if listed is None:
            return None
        return [str(item["name"]).rpartition("/")[2] for item in listed["items"] if item["state"] == "ENABLED"]
