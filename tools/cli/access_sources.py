"""Sources of `make access` beside the states: the cloud's policies, contents of roles, members of groups.

Two sources with the same questions: the simulated cloud of the sandbox, and Google's APIs. Each asks as the identity
layer's preview account; for what that may not read (policies above the project, groups), it asks as the person too.
A None stands for what nobody could tell: the answers then say so.
"""

from contextlib import closing
from typing import Any, Protocol, cast

from cli import asset_inventory
from cli.audit import simulated_policies
from cli.directory import SandboxDirectory
from cli.google import connection
from cli.google.client import Client
from cli.google.errors import GoogleError, Purpose
from cli.layout import Stack
from sandbox.cloud import names, seed
from sandbox.cloud.api import Cloud
from sandbox.cloud.errors import ApiError
from sandbox.cloud.iam import Caller

Json = dict[str, Any]


class Source(Protocol):
    """Questions to a cloud."""

    def policies(self) -> list[Json]:
        """The allow policies of the project and of everything in it: `resource` (a full name) and `policy`."""
        ...

    def above(self) -> list[str] | None:
        """Containers of the project, nearest first, such as `folders/1`, `organizations/2`."""
        ...

    def policy(self, container: str) -> Json | None:
        """The allow policy of a folder or an organisation."""
        ...

    def role(self, name: str) -> Json | None:
        """A role as `roles.get` answers."""
        ...

    def members(self, group: str) -> list[str] | None:
        """Direct members of a group ("group:…"), as policies name them."""
        ...


class Simulated:
    """The simulated cloud of a sandbox.

    Args:
        sandbox: which.
        stack: one of its stacks; the project's.
    """

    def __init__(self, sandbox: SandboxDirectory, stack: Stack) -> None:
        self._sandbox = sandbox
        self._stack = stack
        self._callers = [Caller(f"serviceAccount:{stack.account('preview')}"), Caller(seed.ADMIN)]

    def _cloud(self) -> Cloud:
        return Cloud(self._sandbox.path / "cloud.db")

    def _asked(self, method: str, name: str) -> Json | None:
        cloud = self._cloud()
        with closing(cloud.store):
            for caller in self._callers:
                try:
                    return cloud.call(method, name, caller)
                except ApiError:
                    continue
        return None

    def policies(self) -> list[Json]:
        """By the simulated asset inventory."""
        return simulated_policies(self._sandbox, self._stack)

    def above(self) -> list[str] | None:
        """As the simulated hierarchy has it."""
        project = names.project(self._stack.project())
        cloud = self._cloud()
        with closing(cloud.store):
            return [level.removeprefix(names.PROJECTS) for level in cloud.iam.hierarchy.line(project)[1:]]

    def policy(self, container: str) -> Json | None:
        """By the simulated resource manager."""
        return self._asked(f"cloudresourcemanager.{container.partition('/')[0]}.getIamPolicy", container)

    def role(self, name: str) -> Json | None:
        """A custom role by the simulated IAM; of the others what the simulation knows."""
        if names.is_custom_role(name):
            return self._asked(f"iam.{name.partition('/')[0]}.roles.get", name)
        cloud = self._cloud()
        with closing(cloud.store):
            try:
                return {"includedPermissions": sorted(cloud.iam.permissions_of(name))}
            except ApiError:
                return None

    def members(self, group: str) -> list[str] | None:
        """By the simulated directory, which tells everybody."""
        cloud = self._cloud()
        with closing(cloud.store):
            return list(cloud.store.members_of(group))


class Google:
    """Google's APIs.

    Args:
        stack: a stack of the identity layer, whose preview account asks.
    """

    def __init__(self, stack: Stack) -> None:
        self._stack = stack
        self._account = connection.as_account(stack.account("preview"))
        self._person = connection.as_person()

    def policies(self) -> list[Json]:
        """By Cloud Asset Inventory."""
        return asset_inventory.search(self._account, self._stack.project())

    def above(self) -> list[str] | None:
        """https://cloud.google.com/resource-manager/reference/rest/v1/projects/getAncestry."""
        url = f"https://cloudresourcemanager.googleapis.com/v1/projects/{self._stack.project()}:getAncestry"
        answer = self._first("POST", url, {})
        if answer is None:
            return None
        levels = (cast("Json", each.get("resourceId", {})) for each in answer.get("ancestor", []))
        return [f"{level.get('type')}s/{level.get('id')}" for level in levels if level.get("type") != "project"]

    def policy(self, container: str) -> Json | None:
        """https://cloud.google.com/resource-manager/reference/rest/v3/organizations/getIamPolicy."""
        url = f"https://cloudresourcemanager.googleapis.com/v3/{container}:getIamPolicy"
        return self._first("POST", url, {"options": {"requestedPolicyVersion": 3}})

    def role(self, name: str) -> Json | None:
        """https://cloud.google.com/iam/docs/reference/rest/v1/roles/get: anybody may read a predefined one."""
        return self._first("GET", f"https://iam.googleapis.com/v1/{name}")

    def members(self, group: str) -> list[str] | None:
        """https://cloud.google.com/identity/docs/reference/rest/v1/groups.memberships/list, as the person first."""
        for client in (self._person, self._account):
            try:
                return _members(client, group.removeprefix("group:"))
            except GoogleError:
                continue
        return None

    def _first(self, method: str, url: str, body: Json | None = None) -> Json | None:
        """Answer to the preview account, or else to the person; None when neither gets one."""
        for client in (self._account, self._person):
            try:
                return client.call(method, url, _PURPOSE, body=body)
            except GoogleError:
                continue
        return None


_PURPOSE = Purpose("learn who has access", "the answer would have gaps")
_TYPES = {"USER": "user", "SERVICE_ACCOUNT": "serviceAccount", "GROUP": "group"}


def _members(client: Client, address: str) -> list[str]:
    """Members as policies name them; one of another type stays, so that nobody is hidden."""
    base = "https://cloudidentity.googleapis.com/v1"
    group = client.call("GET", f"{base}/groups:lookup", _PURPOSE, parameters={"groupKey.id": address})
    url = f"{base}/{group.get('name')}/memberships"
    listed = client.listed("GET", url, "memberships", _PURPOSE, parameters={"view": "FULL", "pageSize": 500})
    kinds = ((str(each.get("type") or "other"), each.get("preferredMemberKey", {}).get("id")) for each in listed)
    return [f"{_TYPES.get(kind, kind.lower())}:{address or 'unnamed'}" for kind, address in kinds]
