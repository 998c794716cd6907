"""Answers of the simulated cloud to what commands ask of Google: policies, roles, groups, the audit log."""

import re
from collections.abc import Generator, Iterator
from contextlib import closing, contextmanager
from typing import Any

from cli.embedded.directory import SandboxDirectory
from cli.layout import Stack
from sandbox.cloud import names, seed
from sandbox.cloud.api import Cloud
from sandbox.cloud.audit import entry
from sandbox.cloud.errors import ApiError
from sandbox.cloud.iam import Caller
from sandbox.cloud.store import Store
from toolchain.errors import ToolError

Json = dict[str, Any]

# Questions of the simulated cluster to IAM; on Google Cloud they are in no log.
_ASKING = re.compile(r"^container\.clusters\.connect$|\.(escalate|bind)$")


class SimulatedCloud:
    """The cloud of a sandbox."""

    def __init__(self, sandbox: SandboxDirectory) -> None:
        self._file = sandbox.path / "cloud.db"

    def access(self, stack: Stack) -> "SimulatedAccess":
        """Its policies, roles and groups; `stack` is one of the project's."""
        return SimulatedAccess(self, stack)

    def audit_log(self) -> Iterator[Json]:
        """Its calls as entries of Cloud Audit Logs; none where there is no cloud yet."""
        if not self._file.is_file():
            return
        with closing(Store(self._file)) as store:
            for call in store.calls(0):
                if not _ASKING.search(call.method) or call.status != "OK":
                    yield entry(call)

    @contextmanager
    def opened(self) -> Generator[Cloud]:
        """The cloud itself, for the length of a block."""
        cloud = Cloud(self._file)
        with closing(cloud.store):
            yield cloud


class SimulatedAccess:
    """See `cli.access_source.Source`.

    Args:
        cloud: which.
        stack: one of the project's; its preview account asks, and for what that may not read, the administrator.
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
        """By the simulated asset inventory.

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
        """As the simulated hierarchy has it."""
        project = names.project(self._stack.gcp_project())
        with self._cloud.opened() as cloud:
            return [level.removeprefix(names.PROJECTS) for level in cloud.iam.hierarchy.line(project)[1:]]

    def policy(self, container: str) -> Json | None:
        """By the simulated resource manager."""
        return self._call(f"cloudresourcemanager.{container.partition('/')[0]}.getIamPolicy", container)

    def role(self, name: str) -> Json | None:
        """A custom role by the simulated IAM; of the others what the simulation knows."""
        if names.is_custom_role(name):
            return self._call(f"iam.{name.partition('/')[0]}.roles.get", name)
        with self._cloud.opened() as cloud:
            try:
                return {"includedPermissions": sorted(cloud.iam.permissions_of(name))}
            except ApiError:
                return None

    def members(self, group: str) -> list[str] | None:
        """By the simulated directory, which tells everybody."""
        with self._cloud.opened() as cloud:
            return list(cloud.store.members_of(group))
