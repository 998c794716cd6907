"""Bodies against Google's schemas: what a request may contain, and what an answer must be.

A request is taken as Google's servers take it: names of fields also in snake case, numbers of 64 bits also as numbers,
null as absence. The cloud gets it in the canonical form, in which answers must be.
"""

import base64
import binascii
import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any, cast

from sandbox.cloud.errors import invalid
from sandbox.cloud.store import Json
from sandbox.google.definitions import Api

_INTEGERS = {
    "int32": (-(2**31), 2**31 - 1),
    "uint32": (0, 2**32 - 1),
    "int64": (-(2**63), 2**63 - 1),
    "uint64": (0, 2**64 - 1),
}
_DURATION = re.compile(r"^-?\d+(\.\d{1,9})?s$")
_OUTPUT = re.compile(r"^\W*output[ -]only\b", re.IGNORECASE)
# Fields that the provider sends and that Google takes, though no definition has them: schema -> field -> its schema.
# Source: the requests of terraform-provider-google-beta 8.0.0.
UNPUBLISHED: Mapping[str, Mapping[str, Json]] = {
    "NetworkRoutingConfig": {"deleteBgpAlwaysCompareMed": {"type": "boolean"}},
    "RouterNat": {"initialNatIps": {"type": "array", "items": {"type": "string"}}},
}


class _MisfitError(ValueError):
    """A value that does not fit its schema; its text is the expected type."""


def accepted(api: Api, schema: Json, body: Json) -> Json:
    """Returns a request's body in the canonical form, without fields that only the API sets; nulls stay.

    Args:
        api: the API, to which references in the schema belong.
        schema: the schema of the request.
        body: the body.

    Raises:
        ApiError: INVALID_ARGUMENT, in Google's words, naming all that does not fit.
    """
    walker = _Walker(api, strict=False)
    content = walker.value(schema, body, "")
    if walker.problems:
        raise invalid("\n".join(walker.problems))
    return content


def misfits(api: Api, schema: Json, body: Any) -> list[str]:
    """Returns where an answer does not fit its schema."""
    walker = _Walker(api, strict=True)
    walker.value(schema, body, "")
    return walker.problems


def camel(name: str) -> str:
    """Returns a name in snake case in the form of JSON."""
    return re.sub(r"_([a-z0-9])", lambda match: match[1].upper(), name)


def is_output(field: Json) -> bool:
    """Returns whether only the API sets a field; a request may contain it, without effect."""
    constant = "#" in str(field.get("default", ""))  # the `kind` of the older APIs
    return bool(constant or field.get("readOnly") or _OUTPUT.match(field.get("description", "")))


class _Walker:
    def __init__(self, api: Api, *, strict: bool) -> None:
        self._api, self._strict = api, strict
        self.problems: list[str] = []

    def value(self, reference: Json, value: Any, path: str) -> Any:
        schema = self._api.schema(reference)
        kind = schema.get("type", "any")
        if kind == "any" or (value is None and not self._strict):
            return value
        if kind == "array":
            return self._array(schema, value, path)
        if kind == "object":
            return self._object(schema, value, path)
        if isinstance(value, dict | list):
            opening = "an object on a scalar field" if isinstance(value, dict) else "list"
            self._problem(f'Invalid JSON payload received. Unknown name "{path}": cannot start {opening}.')
            return None
        try:
            return self._scalar(schema, value)
        except _MisfitError as misfit:
            return self._invalid(path, str(misfit), value)

    def _object(self, schema: Json, value: Any, path: str) -> Json:
        if not isinstance(value, dict):
            return self._invalid(path, str(schema.get("id", "object")), value) or {}
        content: Json = {}
        for key, item in cast("Json", value).items():
            below = f"{path}.{key}" if path else key
            name, field = self._field(schema, key)
            if field is None:
                at = f" at '{path}'" if path else ""
                self._problem(f'Invalid JSON payload received. Unknown name "{key}"{at}: Cannot find field.')
                continue
            checked = self.value(field, item, below)
            if self._strict or not is_output(field):
                content[name] = checked
        return content

    def _field(self, schema: Json, key: str) -> tuple[str, Json | None]:
        if "additionalProperties" in schema:
            return key, schema["additionalProperties"]
        fields: Mapping[str, Json] = {**schema.get("properties", {}), **UNPUBLISHED.get(schema.get("id", ""), {})}
        if not self._strict and key not in fields and camel(key) in fields:
            key = camel(key)
        return key, fields.get(key)

    def _array(self, schema: Json, value: Any, path: str) -> list[Any]:
        if not isinstance(value, list):
            return self._invalid(path, "repeated", value) or []
        items = cast("list[Any]", value)
        return [self.value(schema["items"], item, f"{path}[{position}]") for position, item in enumerate(items)]

    def _scalar(self, schema: Json, value: Any) -> Any:
        kind, form = schema["type"], schema.get("format", "")
        if form in _INTEGERS:
            number = _integer(form, value, text=kind == "string", strict=self._strict)
            return str(number) if kind == "string" else number
        if kind == "boolean":
            return _boolean(value, strict=self._strict)
        if kind in ("number", "integer"):
            return _number(value, strict=self._strict)
        if not isinstance(value, str):
            raise _MisfitError("TYPE_ENUM" if "enum" in schema else "TYPE_STRING")
        if "enum" in schema and value not in schema["enum"]:
            raise _MisfitError("TYPE_ENUM")
        if not _has_form(form, value):
            raise _MisfitError(f"Field '{form.removeprefix('google-')}', Illegal format")
        return value

    def _invalid(self, path: str, expected: str, value: Any) -> None:
        shown = f'"{value}"' if isinstance(value, str) else str(value)
        self._problem(f"Invalid value at '{path}' ({expected}), {shown}")

    def _problem(self, text: str) -> None:
        self.problems.append(text)


def _integer(form: str, value: Any, *, text: bool, strict: bool) -> int:
    least, most = _INTEGERS[form]
    if isinstance(value, bool) or (strict and isinstance(value, str) is not text):
        raise _MisfitError(f"TYPE_{form.upper()}")
    try:
        number = int(value)
    except (TypeError, ValueError) as error:
        raise _MisfitError(f"TYPE_{form.upper()}") from error
    if not least <= number <= most or (isinstance(value, float) and value % 1 > 0):
        raise _MisfitError(f"TYPE_{form.upper()}")
    return number


def _boolean(value: Any, *, strict: bool) -> bool:
    if not strict and value in ("true", "false"):
        return value == "true"
    if not isinstance(value, bool):
        raise _MisfitError("TYPE_BOOL")
    return value


def _number(value: Any, *, strict: bool) -> float:
    if isinstance(value, bool) or (strict and not isinstance(value, int | float)):
        raise _MisfitError("TYPE_DOUBLE")
    try:
        return value if isinstance(value, int | float) else float(value)
    except (TypeError, ValueError) as error:
        raise _MisfitError("TYPE_DOUBLE") from error


def _has_form(form: str, value: str) -> bool:
    if form == "google-duration":
        return _DURATION.match(value) is not None
    try:
        if form in ("google-datetime", "date-time"):
            datetime.fromisoformat(re.sub(r"\.(\d{6})\d+", r".\1", value))
        elif form == "byte":
            base64.b64decode(value.translate(str.maketrans("-_", "+/")) + "=" * (-len(value) % 4), validate=True)
    except (ValueError, binascii.Error):
        return False
    return True
