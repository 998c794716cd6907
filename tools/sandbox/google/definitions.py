"""Google's published definitions of its REST APIs: methods, their parameters, and the schemas of bodies.

They are the discovery documents inside google-api-python-client. The package is read, never imported, and a document
only when its API is first called: the largest takes a tenth of a second.
"""

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import cast

from sandbox.cloud.store import Json

OLDER = frozenset({"compute", "dns", "sqladmin", "storage"})  # APIs from before Google's common conventions
_DOMAIN = ".googleapis.com"
_ANY = 0  # length of paths that end in a name of any number of parts


@dataclass(frozen=True)
class Definition:
    """One method of an API.

    Attributes:
        api: the API.
        content: the method in the API's document.
    """

    api: "Api"
    content: Json

    @property
    def id(self) -> str:
        """Google's id of the method, such as "compute.networks.insert"."""
        return str(self.content["id"])

    @property
    def http_method(self) -> str:
        """GET, POST, …."""
        return str(self.content["httpMethod"])

    @property
    def parameters(self) -> Mapping[str, Json]:
        """Parameters of the query, the API's common ones included, by name."""
        own = {name: value for name, value in self.content.get("parameters", {}).items() if value["location"] != "path"}
        return {**self.api.content.get("parameters", {}), **own}

    @property
    def request(self) -> Json | None:
        """Schema of the request's body; None without a body."""
        return self.content.get("request")

    @property
    def message(self) -> Mapping[str, Json]:
        """Texts of the request's message by name, where the body is this message and not the resource in it.

        The definitions leave them out of the parameters. Google takes them from the query too, where the vendor's
        provider puts masks.
        """
        schema = self.api.schema(self.request or {})
        if not str(schema.get("id", "")).endswith("Request"):
            return {}
        return {name: field for name, field in schema["properties"].items() if field.get("type") == "string"}

    @property
    def response(self) -> Json | None:
        """Schema of the response's body; None without a body."""
        return self.content.get("response")


class Api:
    """One version of an API.

    Args:
        content: its discovery document.
    """

    def __init__(self, content: Json) -> None:
        self.content = content
        self._methods: dict[tuple[str, int], list[tuple[list[str], Definition]]] = defaultdict(list)
        for method in _methods(content):
            path = content["servicePath"] + str(method.get("flatPath") or method["path"])
            template = path.strip("/").split("/")
            open_ended = any(str(one.get("pattern")).endswith("/.*$") for one in method.get("parameters", {}).values())
            length = _ANY if open_ended else len(template)
            self._methods[method["httpMethod"], length].append((template, Definition(self, method)))

    @property
    def is_one_platform(self) -> bool:
        """True if the API follows Google's newer conventions, in which paths are names and errors have a status."""
        return self.content["name"] not in OLDER

    def schema(self, reference: Json) -> Json:
        """Returns the schema that a schema refers to, or itself."""
        return cast("Json", self.content["schemas"][reference["$ref"]]) if "$ref" in reference else reference

    def methods(self) -> Iterator[Definition]:
        """Yields the API's methods."""
        for methods in self._methods.values():
            for _, definition in methods:
                yield definition

    def find(self, http_method: str, segments: list[str]) -> Definition | None:
        """Returns the method of a path; of several methods the one with the most fixed parts."""
        best, most = None, -1
        for template, definition in self._methods[http_method, len(segments)] + self._methods[http_method, _ANY]:
            fixed = _fixed(template, segments[: len(template)])
            if fixed > most:
                best, most = definition, fixed
        return best


def find(host: str, http_method: str, path: str) -> Definition | None:
    """Returns the method that a request calls; None if Google has no such method.

    Args:
        host: the API's host.
        http_method: GET, POST, ….
        path: the path, as it is encoded.
    """
    segments = path.strip("/").split("/")
    name = host.removesuffix(_DOMAIN)
    for version in segments[:2]:
        api = load(name, version)
        if api is not None:
            return api.find(http_method, segments)
    return None


@cache
def load(name: str, version: str) -> Api | None:
    """Returns a version of an API, such as "compute" and "beta"; None if Google publishes no such version."""
    file = _folder() / f"{name}.{version}.json"
    if not version.isalnum() or not file.is_file():
        return None
    return Api(json.loads(file.read_bytes()))


@cache
def _folder() -> Path:
    package = find_spec("googleapiclient")
    if package is None or package.origin is None:
        raise FileNotFoundError("google-api-python-client is not installed: it has the definitions of Google's APIs.")
    return Path(package.origin).parent / "discovery_cache" / "documents"


def _methods(node: Json) -> Iterator[Json]:
    yield from node.get("methods", {}).values()
    for resource in node.get("resources", {}).values():
        yield from _methods(resource)


def _fixed(template: list[str], segments: list[str]) -> int:
    """Returns the number of characters that a template fixes of a path; -1 if the path does not fit."""
    if len(template) != len(segments):
        return -1
    fixed = 0
    for expected, segment in zip(template, segments, strict=True):
        before, opening, rest = expected.partition("{")
        after = rest.partition("}")[2] if opening else ""
        if not opening and expected != segment:
            return -1
        if opening and not (segment.startswith(before) and segment.endswith(after) and len(segment) > len(after)):
            return -1
        if opening and not after and ":" in segment:
            return -1
        fixed += len(before) + len(after)
    return fixed
