"""One cluster's API, reached with the official client as the kubeconfig's user.

It knows requests, answers and errors; what they mean for a Pulumi resource is the provider's concern. Discovery asks
for one API version at a time: a full one is a request per group, and the projects use a handful.
"""

import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from sandbox.plugins.kubernetes.errors import ApiError, NoSuchKindError
from sandbox.plugins.kubernetes.kinds import Kind
from sandbox.plugins.protocol import Properties

if TYPE_CHECKING:
    from sandbox.plugins.kubernetes.connection import Connection


@dataclass(frozen=True)
class Endpoint:
    """Where objects of a kind are: the name in URLs, and whether they are in namespaces."""

    path: str
    plural: str
    namespaced: bool

    def url(self, namespace: str, name: str = "") -> str:
        """Return the path of an object, or of all in a namespace."""
        scope = f"/namespaces/{namespace}" if self.namespaced and namespace else ""
        return f"{self.path}{scope}/{self.plural}" + (f"/{name}" if name else "")


class Cluster:
    """The API server that a kubeconfig names. Safe to use from several threads."""

    def __init__(self, kubeconfig: str | Properties | None, context: str | None = None) -> None:
        self._kubeconfig = kubeconfig
        self._context = context
        self._lock = threading.Lock()
        self._connection: Connection | None = None
        self._endpoints: dict[Kind, Endpoint] = {}

    def endpoint(self, kind: Kind) -> Endpoint:
        """Return where a kind is served.

        Raises:
            NoSuchKindError: nowhere.
        """
        known = self._endpoints.get(kind)
        if known:
            return known
        try:
            listed = self.request("GET", kind.path)
        except ApiError as error:
            if error.status == 404:
                raise NoSuchKindError(f"the cluster does not serve {kind.api_version}") from error
            raise
        for entry in cast("list[Properties]", listed.get("resources", [])):
            if entry["kind"] == kind.kind and "/" not in entry["name"]:
                found = Endpoint(kind.path, entry["name"], bool(entry["namespaced"]))
                self._endpoints[kind] = found
                return found
        raise NoSuchKindError(f"the cluster serves no {kind.kind} in {kind.api_version}")

    def get(self, kind: Kind, namespace: str, name: str) -> Properties | None:
        """Return an object, or nothing if it does not exist."""
        return self._unless_absent("GET", self.endpoint(kind).url(namespace, name))

    def list(self, kind: Kind, namespace: str, **selectors: str) -> list[Properties]:
        """Return objects of a namespace, selected by `labelSelector` or `fieldSelector`."""
        answer = self.request("GET", self.endpoint(kind).url(namespace), query=selectors)
        return cast("list[Properties]", answer.get("items") or [])

    def apply(self, kind: Kind, body: Properties, manager: str, *, force: bool, dry_run: bool) -> Properties:
        """Create or change an object by server-side apply; return it as it is then."""
        named: Properties = body["metadata"]
        query = {"fieldManager": manager, "force": str(force).lower(), "fieldValidation": "Strict"}
        if dry_run:
            query["dryRun"] = "All"
        url = self.endpoint(kind).url(str(named.get("namespace", "")), str(named["name"]))
        return self.request("PATCH", url, body, query, "application/apply-patch+yaml")

    def delete(self, kind: Kind, namespace: str, name: str, propagation: str) -> None:
        """Ask for an object's deletion; one that does not exist is deleted."""
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
        body: Properties | None = None,
        query: dict[str, str] | None = None,
        content_type: str = "application/json",
    ) -> Properties:
        """Send one request and return the JSON of the answer.

        Raises:
            ApiError: the API server refused.
            UnreachableError: there was no answer.
        """
        return self._connected().send(method, url, body, query or {}, content_type)

    def _connected(self) -> "Connection":
        from sandbox.plugins.kubernetes.connection import Connection  # noqa: PLC0415 (half a second)

        with self._lock:
            if self._connection is None:
                self._connection = Connection(self._kubeconfig, self._context)
            return self._connection
