"""One request to one of Google's methods, checked against the method's definition."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import parse_qs, unquote

from sandbox.cloud.api import Cloud
from sandbox.cloud.errors import ApiError, invalid
from sandbox.cloud.iam import Caller
from sandbox.cloud.resources import Change
from sandbox.cloud.store import Json
from sandbox.google import definitions, schemas
from sandbox.google.definitions import Definition
from sandbox.google.incoming import HttpRequest

_VERSION = re.compile(r"^v\d\w*$|^beta$")


@dataclass(frozen=True)
class Exchange:
    """A checked request.

    Attributes:
        cloud: the cloud that answers.
        caller: the principal that calls.
        request: the request as it came.
        definition: the method that it calls.
        stem: the path after the API's version, without the verb after a colon, with the project's id.
        query: values of the query's parameters, by their names in the definition.
        body: the body in the canonical form; nulls are in it.
    """

    cloud: Cloud
    caller: Caller
    request: HttpRequest
    definition: Definition
    stem: str
    query: Mapping[str, list[str]]
    body: Json

    @property
    def verb(self) -> str:
        """The last part of the method's id."""
        return self.definition.id.rpartition(".")[2]

    @property
    def kind(self) -> str:
        """The method's id without the verb."""
        return self.definition.id.rpartition(".")[0]

    @property
    def segments(self) -> list[str]:
        """The parts of the stem."""
        return self.stem.split("/")

    def parameter(self, name: str, default: str = "") -> str:
        """Returns a parameter of the query; the last value of a repeated one."""
        return self.query.get(name, [default])[-1]

    def call(self, method_id: str, name: str, body: Json | None = None, change: Change | None = None) -> Json:
        """Carries out a method of the cloud as the caller."""
        return self.cloud.call(method_id, name, self.caller, body, change)

    def permitted(self, resource: str) -> Json:
        """Returns which of the request's permissions the caller has on a resource (a full name).

        https://cloud.google.com/iam/docs/testing-permissions
        """
        iam, resource = self.cloud.iam, self.cloud.iam.hierarchy.with_ids(resource)
        requested: list[str] = self.body.get("permissions") or self.query.get("permissions", [])
        with iam.recording(self.caller, resource):
            granted = [one for one in requested if iam.decide(self.caller.member, one, resource).allowed]
        return {"permissions": granted} if granted else {}


def read(cloud: Cloud, caller: Caller, request: HttpRequest) -> Exchange:
    """Returns a request with the method that it calls.

    Raises:
        ApiError: UNIMPLEMENTED if Google has no such method; INVALID_ARGUMENT for a parameter or body that it refuses.
    """
    definition = definitions.find(request.host, request.method, request.path)
    if definition is None:
        raise not_simulated(request)
    query, fields = _query(definition, request)
    if query.get("validateOnly") == ["true"]:
        raise ApiError("UNIMPLEMENTED", f"validateOnly of {definition.id} is not simulated.", "unimplemented")
    body = request.json()
    if definition.request is not None:
        body = schemas.accepted(definition.api, definition.request, {**fields, **body})
    elif body:
        raise invalid("Invalid JSON payload received: this method takes no body.")
    stem = cloud.iam.hierarchy.with_ids(_stem(definition, request.path))
    return Exchange(cloud, caller, request, definition, stem, query, body)


def not_simulated(request: HttpRequest, method_id: str = "") -> ApiError:
    """Returns the error of a method that the sandbox does not have, by its name."""
    named = f" ({method_id})" if method_id else ""
    message = f"Method not found: {request.method} https://{request.host}{request.path}{named} is not simulated."
    return ApiError("UNIMPLEMENTED", message, "unimplemented")


def _query(definition: Definition, request: HttpRequest) -> tuple[dict[str, list[str]], Json]:
    """Returns the parameters of the query, and those that are fields of the message that is otherwise in the body."""
    known, message = definition.parameters, definition.message
    query: dict[str, list[str]] = {}
    fields: Json = {}
    for name, values in parse_qs(request.query, keep_blank_values=True).items():
        proper = name if name in known else schemas.camel(name)
        if proper in known:
            query.setdefault(proper, []).extend(values)
        elif proper in message:
            fields[proper] = values[-1]
        elif definition.api.is_one_platform:
            raise invalid(
                f"Invalid JSON payload received. Unknown name \"{name}\": Cannot bind query parameter. Field '{name}'"
                " could not be found in request message."
            )
    return query, fields


def _stem(definition: Definition, path: str) -> str:
    segments = path.strip("/").split("/")
    start = next(position for position, segment in enumerate(segments) if _VERSION.match(segment)) + 1
    verb = str(definition.content["path"]).rpartition("/")[2].partition(":")[2]
    stem = "/".join(_decoded(segment) for segment in segments[start:])
    return stem.removesuffix(f":{verb}") if verb else stem


def _decoded(segment: str) -> str:
    """Returns a part of a path; one that contains a slash stays encoded, since it is one name."""
    decoded = unquote(segment)
    return segment.replace("%2f", "%2F") if "/" in decoded else decoded
