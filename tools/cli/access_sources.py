"""Google's APIs as the source of policies, roles, groups and RBAC (see `cli.access_source`).

The identity layer's preview account makes the requests; the person's own login repeats those that the account may not
make (policies above the project, groups).
"""

import re
from typing import Any, cast

from cli import asset_inventory
from cli.cluster_rbac import GROUP, KINDS, essential
from cli.google import connection
from cli.google.client import Client
from cli.google.errors import GoogleError, Purpose
from cli.layout import Stack
from toolchain.errors import ToolError

Json = dict[str, Any]


class GoogleAccess:
    """Policies, roles and groups from Google's APIs.

    Args:
        stack: a stack of the identity layer, whose preview account makes the requests.
    """

    def __init__(self, stack: Stack) -> None:
        self._stack = stack
        self._account = connection.as_account(stack.account("preview"))
        self._person = connection.as_person()

    def policies(self) -> list[Json]:
        """Allow policies from Cloud Asset Inventory."""
        return asset_inventory.search(self._account, self._stack.gcp_project())

    def above(self) -> list[str] | None:
        """Ancestors of the project: https://cloud.google.com/resource-manager/reference/rest/v1/projects/getAncestry."""
        url = f"https://cloudresourcemanager.googleapis.com/v1/projects/{self._stack.gcp_project()}:getAncestry"
        answer = self._first("POST", url, {})
        if answer is None:
            return None
        levels = (cast("Json", ancestor.get("resourceId", {})) for ancestor in answer.get("ancestor", []))
        return [f"{level.get('type')}s/{level.get('id')}" for level in levels if level.get("type") != "project"]

    def policy(self, container: str) -> Json | None:
        """Allow policy: https://cloud.google.com/resource-manager/reference/rest/v3/organizations/getIamPolicy."""
        url = f"https://cloudresourcemanager.googleapis.com/v3/{container}:getIamPolicy"
        return self._first("POST", url, {"options": {"requestedPolicyVersion": 3}})

    def role(self, name: str) -> Json | None:
        """Role: https://cloud.google.com/iam/docs/reference/rest/v1/roles/get; predefined roles are public."""
        return self._first("GET", f"https://iam.googleapis.com/v1/{name}")

    def members(self, group: str) -> list[str] | None:
        """Members, read as the person first.

        https://cloud.google.com/identity/docs/reference/rest/v1/groups.memberships/list
        """
        for client in (self._person, self._account):
            try:
                return _members(client, group.removeprefix("group:"))
            except GoogleError:
                continue
        return None

    def rbac(self) -> list[Json] | None:
        """Roles and bindings of the project's clusters, read as the platform's preview account.

        Google itself says where a cluster's API server is: a state could send the account's token elsewhere.
        https://cloud.google.com/kubernetes-engine/docs/reference/rest/v1/projects.locations.clusters/list
        """
        url = f"https://container.googleapis.com/v1/projects/{self._stack.gcp_project()}/locations/-/clusters"
        try:
            client = connection.as_account(Stack("platform", self._stack.environment).account("preview"))
            answer = client.call("GET", url, _PURPOSE)
            if answer.get("missingZones"):
                return None
            servers = [_server(cluster) for cluster in answer.get("clusters", [])]
            return [
                essential(kind, item)
                for server in servers
                for kind, plural in KINDS.items()
                for item in client.call("GET", f"https://{server}/{GROUP}/{plural}", _PURPOSE).get("items", [])
            ]
        except ToolError:
            return None

    def has_group(self, group: str) -> bool | None:
        """Return whether Cloud Identity has a group, looked up as the person first.

        https://cloud.google.com/identity/docs/reference/rest/v1/groups/lookup
        """
        parameters = {"groupKey.id": group.removeprefix("group:")}
        for client in (self._person, self._account):
            try:
                client.call("GET", f"{_DIRECTORY}/groups:lookup", _PURPOSE, parameters=parameters)
            except GoogleError as error:
                if error.code == _NOT_FOUND and not error.is_disabled_api:
                    return False
            else:
                return True
        return None

    def apis(self) -> list[str] | None:
        """Enabled APIs: https://cloud.google.com/service-usage/docs/reference/rest/v1/services/list."""
        url = f"https://serviceusage.googleapis.com/v1/projects/{self._stack.gcp_project()}/services"
        parameters: dict[str, Any] = {"filter": "state:ENABLED", "pageSize": 200}
        for client in (self._account, self._person):
            try:
                listed = client.listed("GET", url, "services", _PURPOSE, parameters=parameters)
                return [str(service["config"]["name"]) for service in listed]
            except GoogleError:
                continue
        return None

    def _first(self, method: str, url: str, body: Json | None = None) -> Json | None:
        """Response to the preview account, or else to the person; None when neither gets one."""
        for client in (self._account, self._person):
            try:
                return client.call(method, url, _PURPOSE, body=body)
            except GoogleError:
                continue
        return None


_PURPOSE = Purpose("learn who has access", "the answer would have gaps")
_SERVER = re.compile(r"gke-[0-9a-z-]+\.[a-z0-9-]+\.gke\.goog")
_DIRECTORY = "https://cloudidentity.googleapis.com/v1"
_NOT_FOUND = 404
_TYPES = {"USER": "user", "SERVICE_ACCOUNT": "serviceAccount", "GROUP": "group"}


def _server(cluster: Json) -> str:
    """DNS name of a cluster's control plane.

    Raises `ToolError` when it has none.
    """
    endpoints: Json = cluster.get("controlPlaneEndpointsConfig") or {}
    dns: Json = endpoints.get("dnsEndpointConfig") or {}
    endpoint = str(dns.get("endpoint"))
    if not _SERVER.fullmatch(endpoint):
        raise ToolError(f"the cluster {cluster.get('name')} has no DNS endpoint, so its RBAC cannot be read.")
    return endpoint


def _members(client: Client, address: str) -> list[str]:
    """Members, as policies name them; a member of another type is listed as well, so that none is hidden."""
    group = client.call("GET", f"{_DIRECTORY}/groups:lookup", _PURPOSE, parameters={"groupKey.id": address})
    url = f"{_DIRECTORY}/{group.get('name')}/memberships"
    listed = client.listed("GET", url, "memberships", _PURPOSE, parameters={"view": "FULL", "pageSize": 500})
    kinds = (
        (str(membership.get("type") or "other"), membership.get("preferredMemberKey", {}).get("id"))
        for membership in listed
    )
    return [f"{_TYPES.get(kind, kind.lower())}:{address or 'unnamed'}" for kind, address in kinds]
