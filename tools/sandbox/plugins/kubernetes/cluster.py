"""API of a cluster, reached with the official client as the kubeconfig's user.

It knows requests, responses and errors; the provider maps them to Pulumi resources. Discovery requests one API version
at a time: a full discovery is a request per group, and the projects use a handful.
"""

import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from sandbox.plugins.kubernetes.errors import ApiError, NoSuchKindError
from sandbox.plugins.kubernetes.kinds import Kind
from sandbox.plugins.protocol import Properties

if TYPE_CHECKING:
    from sandbox.plugins.kubernetes.connection import Connection


# Manager of the fields of a plain creation, as the vendor's plugin names it.
CREATOR = "pulumi-kubernetes"
# An object, or the changes of a JSON patch.
Body = Properties | list[Properties]


@dataclass(frozen=True)
class Endpoint:
    """URL of a kind's objects: the name in URLs, and whether they are in namespaces."""

    path: str
    plural: str
    namespaced: bool

    def url(self, namespace: str, name: str = "") -> str:
        """Return the path of an object, or of all objects in a namespace."""
        scope = f"/namespaces/{namespace}" if self.namespaced and namespace else ""
        return f"{self.path}{scope}/{self.plural}" + (f"/{name}" if name else "")


class Cluster:
    """Client of a kubeconfig's API server. Safe to use from several threads."""

    def __init__(self, kubeconfig: str | Properties | None, context: str | None = None) -> None:
        self._kubeconfig = kubeconfig
        self._context = context
        self._lock = threading.Lock()
        self._connection: Connection | None = None
        self._endpoints: dict[Kind, Endpoint] = {}

    def endpoint(self, kind: Kind) -> Endpoint:
        """Return the endpoint of a kind.

        Raises:
            NoSuchKindError: the API server does not serve the kind.
        """
        cached = self._endpoints.get(kind)
        if cached:
            return cached
        try:
            resources = self.request("GET", kind.path)
        except ApiError as error:
            if error.status == 404:
                raise NoSuchKindError(f"the cluster does not serve {kind.api_version}") from error
            raise
        for entry in cast("list[Properties]", resources.get("resources", [])):
            if entry["kind"] == kind.kind and "/" not in entry["name"]:
                endpoint = Endpoint(kind.path, entry["name"], bool(entry["namespaced"]))
                self._endpoints[kind] = endpoint
                return endpoint
        raise NoSuchKindError(f"the cluster serves no {kind.kind} in {kind.api_version}")

    def get(self, kind: Kind, namespace: str, name: str) -> Properties | None:
        """Return an object, or None if it does not exist."""
        return self._unless_absent("GET", self.endpoint(kind).url(namespace, name))

    def list(self, kind: Kind, namespace: str, **selectors: str) -> list[Properties]:
        """Return objects of a namespace, selected by `labelSelector` or `fieldSelector`."""
        response = self.request("GET", self.endpoint(kind).url(namespace), query=selectors)
        return cast("list[Properties]", response.get("items") or [])

    def apply(self, kind: Kind, body: Properties, manager: str, *, force: bool, dry_run: bool) -> Properties:
        """Create or change an object by server-side apply; return the object afterwards."""
        metadata: Properties = body["metadata"]
        query = {"fieldManager": manager, "force": str(force).lower(), "fieldValidation": "Strict"}
        if dry_run:
            query["dryRun"] = "All"
        url = self.endpoint(kind).url(str(metadata.get("namespace", "")), str(metadata["name"]))
        return self.request("PATCH", url, body, query, "application/apply-patch+yaml")

    def create(self, kind: Kind, body: Properties, *, dry_run: bool) -> Properties:
        """Create an object, which must not exist; return it."""
        query = {"fieldManager": CREATOR, "fieldValidation": "Strict"} | ({"dryRun": "All"} if dry_run else {})
        url = self.endpoint(kind).url(str(body["metadata"].get("namespace", "")))
        return self.request("POST", url, body, query)

    def hand_over(self, kind: Kind, namespace: str, name: str, manager: str) -> None:
        """Make a manager the owner of the fields of a creation, so that its next apply can remove them.

        The vendor's plugin does so before the first update of an object.
        """
        live = self.get(kind, namespace, name)
        if live is None:
            return
        records: list[Properties] = live["metadata"].get("managedFields", [])
        path = "/metadata/managedFields/{}/{}"
        changes = [
            {"op": "replace", "path": path.format(index, field), "value": value}
            for index, record in enumerate(records)
            if (record["manager"], record["operation"]) == (CREATOR, "Update") and "subresource" not in record
            for field, value in (("manager", manager), ("operation", "Apply"))
        ]
        if changes:
            version = {"op": "test", "path": "/metadata/resourceVersion", "value": live["metadata"]["resourceVersion"]}
            url = self.endpoint(kind).url(namespace, name)
            self.request("PATCH", url, [version, *changes], {}, "application/json-patch+json")

    def delete(self, kind: Kind, namespace: str, name: str, propagation: str) -> None:
        """Request the deletion of an object; succeed if it does not exist."""
        options = {"apiVersion": "v1", "kind": "DeleteOptions", "propagationPolicy": propagation}
        self._unless_absent("DELETE", self.endpoint(kind).url(namespace, name), options)

    def _unless_absent(self, method: str, url: str, body: Properties | None = None) -> Properties | None:
        try:
            return self.request(method, url, body)
        except ApiError as error:
            if error.status == 404:
                return None
            raise

    def request(
        self,
        method: str,
        url: str,
        body: Body | None = None,
        query: dict[str, str] | None = None,
        content_type: str = "application/json",
    ) -> Properties:
        """Send a request and return the JSON of the response.

        Raises:
            ApiError: the API server refused.
            UnreachableError: there was no response.
        """
        return self._connected().send(method, url, body, query or {}, content_type)

    def _connected(self) -> "Connection":
        from sandbox.plugins.kubernetes.connection import Connection  # noqa: PLC0415  a quarter of a second

        with self._lock:
            if self._connection is None:
                self._connection = Connection(self._kubeconfig, self._context)
            return self._connection
