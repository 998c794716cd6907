"""REST over the simulated APIs: it maps paths to names and verbs to methods, which the cloud carries out.

Reading, testing permissions, allow policies and custom verbs (`:enable`, `:encrypt`) work for every collection of the
cloud. Where Google's response differs from the resource's own body (operations, versions of an API), this module makes
it.
"""

import re
import uuid
from collections.abc import Callable, Mapping

from starlette.responses import JSONResponse, Response

from sandbox.cloud import names
from sandbox.cloud.api import Cloud
from sandbox.cloud.errors import ApiError, invalid
from sandbox.cloud.iam import Caller
from sandbox.cloud.resources import Collection
from sandbox.cloud.store import Json
from sandbox.google.incoming import HttpRequest, authenticated

_PATH = re.compile(r"^/(?:\w+/)?(?P<version>v\d\w*)/(?P<name>[^:]+?)(?::(?P<verb>\w+))?$")
_SERVICES = re.compile(r"^projects/[^/]+/services$")
_DONE = "operations/noop.DONE_OPERATION"
_GETTERS = {"cloudbilling.projects": "getBillingInfo"}
_USAGE = "serviceusage.services"


class Rest:
    """All APIs that speak plain REST, over one cloud."""

    def __init__(self, cloud: Cloud) -> None:
        self._cloud = cloud
        self._collections = {method.collection.kind: method.collection for method in cloud.methods.values()}
        self._operations: dict[str, Json] = {}

    def serve(self, request: HttpRequest) -> Response:
        """Answers one request.

        Raises:
            ApiError: the error that the API returns.
        """
        caller = authenticated(self._cloud, request.headers)
        path = _PATH.match(request.path)
        if path is None:
            raise _unknown(request)
        version, name, verb = path["version"], path["name"], path["verb"] or ""
        if name.startswith("operations/") and request.method == "GET":
            return JSONResponse(self._operation(name))
        if _SERVICES.match(name):
            return JSONResponse(self._services(request, caller, name, verb))
        collection = self._collection(request, name)
        if verb == "testIamPermissions" and request.method == "POST":
            return JSONResponse(self._permitted(collection.full(name), caller, request.json()))
        if request.method == "GET":
            verb = verb or _GETTERS.get(collection.kind, "get")
        elif request.method != "POST" or not verb:
            raise _unknown(request)
        body = self._cloud.call(f"{collection.kind}.{verb}", name, caller, request.json())
        if (collection.kind, verb) == (_USAGE, "enable"):
            body = self._begun([self._service(body)])
        return JSONResponse(self._shaped(collection.kind, verb, version, body))

    def _collection(self, request: HttpRequest, name: str) -> Collection:
        for collection in self._collections.values():
            if collection.service == request.host and _takes(collection, name):
                return collection
        raise _unknown(request)

    def _permitted(self, resource: str, caller: Caller, body: Json) -> Json:
        """Returns which of the permissions the caller has (https://cloud.google.com/iam/docs/testing-permissions)."""
        resource = self._cloud.iam.hierarchy.with_ids(resource)
        with self._cloud.iam.recording(caller, resource):
            permitted = [
                permission
                for permission in body.get("permissions", [])
                if self._cloud.iam.decide(caller.member, str(permission), resource).allowed
            ]
        return {"permissions": permitted} if permitted else {}

    def _services(self, request: HttpRequest, caller: Caller, parent: str, verb: str) -> Json:
        """Answers methods on a project's services (https://cloud.google.com/service-usage/docs/reference/rest/v1/services)."""
        if (request.method, verb) == ("POST", "batchEnable"):
            requested = [str(service) for service in request.json().get("serviceIds", [])]
            if not 0 < len(requested) <= 20:
                raise invalid("Between 1 and 20 services can be enabled in one batch.")
            bodies = [self._cloud.call(f"{_USAGE}.enable", f"{parent}/{service}", caller) for service in requested]
            return self._begun([self._service(body) for body in bodies])
        if request.method != "GET" or verb not in ("", "batchGet"):
            raise _unknown(request)
        if verb:
            bodies = [self._cloud.call(f"{_USAGE}.get", name, caller) for name in request.repeated("names")]
        else:
            bodies = list(self._cloud.call(f"{_USAGE}.list", f"{parent}/-", caller)["items"])
        wanted_state = request.parameters.get("filter", "").removeprefix("state:")
        services = [self._service(body) for body in bodies if wanted_state in ("", body["state"])]
        return {"services": services}

    def _service(self, body: Json) -> Json:
        """Returns a service in the form of Service Usage, with the project's number."""
        project, service = names.project_of(body["name"]), str(body["name"]).rpartition("/")[2]
        parent = f"projects/{self._cloud.iam.hierarchy.number_of(self._cloud.iam.hierarchy.project_of(project))}"
        return {
            "name": f"{parent}/services/{service}",
            "config": {"name": service},
            "state": body["state"],
            "parent": parent,
        }

    def _begun(self, services: list[Json]) -> Json:
        """Starts an operation that the client has to poll, as at Google."""
        name = f"operations/acat.p2-{uuid.uuid4()}"
        self._operations[name] = {"name": name, "done": True, "response": {"services": services}}
        return {"name": name}

    def _operation(self, name: str) -> Json:
        if name == _DONE:
            return {"name": name, "done": True}
        if name not in self._operations:
            raise ApiError("NOT_FOUND", f"Operation '{name}' was not found.", "notFound")
        return self._operations[name]

    def _shaped(self, kind: str, verb: str, version: str, body: Json) -> Json:
        if verb == "get" and kind == _USAGE:
            return self._service(body)
        shape = _SHAPES.get((kind, verb, version))
        return shape(body) if shape else body


def _takes(collection: Collection, name: str) -> bool:
    try:
        collection.parameters(name)
    except ApiError:
        return False
    return True


def _unknown(request: HttpRequest) -> ApiError:
    message = f"Method not found: {request.method} https://{request.host}{request.path} is not simulated."
    return ApiError("UNIMPLEMENTED", message, "unimplemented")


def _project_v1(body: Json) -> Json:
    """Returns a project of v1 (https://cloud.google.com/resource-manager/reference/rest/v1/projects#Project)."""
    kind, _, number = str(body.get("parent", "")).partition("/")
    return {**body, "parent": {"type": kind.removesuffix("s"), "id": number}}


def _project_v3(body: Json) -> Json:
    """Returns a project of v3 (https://cloud.google.com/resource-manager/reference/rest/v3/projects#Project)."""
    return {
        "name": f"projects/{body['projectNumber']}",
        "parent": body.get("parent", ""),
        "projectId": body["projectId"],
        "state": body["lifecycleState"],
        "displayName": body["name"],
    }


_SHAPES: Mapping[tuple[str, str, str], Callable[[Json], Json]] = {
    ("cloudresourcemanager.projects", "get", "v1"): _project_v1,
    ("cloudresourcemanager.projects", "get", "v3"): _project_v3,
}
