"""Filters and orders of lists: the language that Google's APIs share (https://google.aip.dev/160, /132).

`AND` and a space join, `OR` binds closer, `NOT` and `-` negate. Compute Engine also takes regular expressions (`eq`,
`ne`), and Resource Manager joins by a space what need not all hold. Functions and values without a field mean something
else in each service: they are refused by name.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, cast

from sandbox.cloud.errors import ApiError, invalid
from sandbox.cloud.store import Json
from sandbox.google.definitions import Api, Definition
from sandbox.google.schemas import camel

Test = Callable[[Json], bool]

_FIELD = re.compile(r"\s*(?:\"([^\"]*)\"|([^\s()<>=!:,\"']+))")
_VALUE = re.compile(r"""\s*(?:"((?:[^"\\]|\\.)*)"|'((?:[^'\\]|\\.)*)'|([^\s()"']+))""")
_OPERATOR = re.compile(r"\s*(<=|>=|!=|=|<|>|:)|\s+(eq|ne)(?=\s|$)")
_NUMBER = re.compile(r"(-?\d+(?:\.\d+)?)(s)?")  # with an s a duration
_DEEPEST = 50  # terms within terms


@dataclass(frozen=True)
class Dialect:
    """Differences of a method's language from the common one.

    Attributes:
        any_of: a space means OR.
        whole: `:` compares a whole text, in which `*` stands for any; elsewhere it finds a part.
        fields: fields that are named otherwise in the body.
    """

    any_of: bool = False
    whole: bool = False
    fields: Mapping[str, str] = field(default_factory=dict[str, str])


# https://cloud.google.com/resource-manager/reference/rest/v1/projects/list and v3/projects/search
_DIALECTS: Mapping[str, Dialect] = {
    "cloudresourcemanager.projects.list": Dialect(any_of=True, whole=True, fields={"id": "projectId"}),
    "cloudresourcemanager.projects.search": Dialect(
        any_of=True, whole=True, fields={"id": "projectId", "name": "displayName", "lifecycleState": "state"}
    ),
}
_COMMON = Dialect()


@dataclass(frozen=True)
class _Field:
    """A field of the items: the steps to it in a body, and whether it is a plain text, of which `:` finds a part."""

    steps: list[str]
    plain: bool


def selected(items: list[Json], text: str, method: Definition, schema: Json) -> list[Json]:
    """Returns the items that a filter selects.

    Args:
        items: the items of a list.
        text: the filter; empty selects all.
        method: the method that lists.
        schema: the schema of its items, which tells the fields that a filter may name.

    Raises:
        ApiError: INVALID_ARGUMENT for a filter that is none or names an unknown field; UNIMPLEMENTED for a function.
    """
    if not text.strip():
        return items
    test = _Parser(text, method, schema).whole()
    return [item for item in items if test(item)]


def ordered(items: list[Json], text: str, method: Definition, schema: Json) -> list[Json]:
    """Returns items in an order, such as "createTime desc, name" or Monitoring's "-display_name".

    Raises:
        ApiError: INVALID_ARGUMENT for an unknown field.
    """
    for part in reversed([part.strip() for part in text.split(",") if part.strip()]):
        path, _, direction = part.removeprefix("-").partition(" ")
        known = _field(path, method.api, schema)
        if known is None or direction.strip() not in ("", "asc", "desc"):
            raise invalid(f"Invalid value for field 'orderBy': '{text}'.")
        descending = part.startswith("-") or direction.strip() == "desc"
        items = sorted(items, key=lambda item, steps=known.steps: _rank(item, steps), reverse=descending)
    return items


class _Parser:
    """Parser of one filter; each rule of the grammar is a method that returns a test of an item."""

    def __init__(self, text: str, method: Definition, schema: Json) -> None:
        self._text, self._api, self._schema = text, method.api, schema
        self._dialect = _DIALECTS.get(method.id, _COMMON)
        self._at, self._depth = 0, 0
        self._regular: set[bool] = set()  # whether comparisons are regular expressions

    def whole(self) -> Test:
        test = self._expression()
        if self._at < len(self._text.rstrip()):
            raise self._wrong()
        return test

    def _expression(self) -> Test:
        every = self._joined("AND", self._sequence)
        return lambda item: all(test(item) for test in every)

    def _sequence(self) -> Test:
        parts = [self._factor()]
        while not self._sees(r"$|\)|AND(?=[\s(]|$)"):
            parts.append(self._factor())
        join = any if self._dialect.any_of else all
        return lambda item: join(test(item) for test in parts)

    def _factor(self) -> Test:
        some = self._joined("OR", self._term)
        return lambda item: any(test(item) for test in some)

    def _term(self) -> Test:
        self._depth += 1
        if self._depth > _DEEPEST:
            raise self._wrong()
        test = self._nested()
        self._depth -= 1
        return test

    def _nested(self) -> Test:
        if self._takes(r"NOT(?=[\s(]|$)|-"):
            negated = self._term()
            return lambda item: not negated(item)
        if self._takes(r"\("):
            return self._closed(self._expression())
        return self._restriction()

    def _restriction(self) -> Test:
        match = _FIELD.match(self._text, self._at)
        if match is None:
            raise self._wrong()
        self._at = match.end()
        if self._sees(r"\("):
            raise self._lacking()
        path = match[1] or match[2]
        operator = _OPERATOR.match(self._text, self._at)
        if operator is None:
            raise self._lacking()
        self._at = operator.end()
        known = _field(self._dialect.fields.get(path, path), self._api, self._schema)
        if known is None:
            raise invalid(f"Invalid value for field 'filter': '{self._text}'. There is no field '{path}'.")
        self._regular.add(bool(operator[2]))
        if (operator[2] and self._api.content["name"] != "compute") or len(self._regular) > 1:
            raise self._wrong()
        return self._argument(known, operator[1] or operator[2])

    def _argument(self, known: _Field, operator: str) -> Test:
        """Returns the comparison of a field with a value, or with each of several: `labels.env:(dev OR prod)`."""
        if self._takes(r"\("):
            some = self._joined("OR", lambda: self._argument(known, operator))
            return self._closed(lambda item: any(test(item) for test in some))
        match = _VALUE.match(self._text, self._at)
        if match is None:
            raise self._wrong()
        self._at = match.end()
        if self._sees(r"\(") and match[3]:
            raise self._lacking()
        double, single, plain = match.groups()
        expected = plain if plain is not None else re.sub(r"\\(.)", r"\1", double if double is not None else single)
        return _comparison(known.steps, operator, expected, part=known.plain and not self._dialect.whole)

    def _joined(self, word: str, part: Callable[[], Test]) -> list[Test]:
        parts = [part()]
        while self._takes(rf"{word}(?=[\s(]|$)"):
            parts.append(part())
        return parts

    def _closed(self, test: Test) -> Test:
        if not self._takes(r"\)"):
            raise self._wrong()
        return test

    def _sees(self, pattern: str) -> bool:
        return re.compile(rf"\s*(?:{pattern})").match(self._text, self._at) is not None

    def _takes(self, pattern: str) -> bool:
        match = re.compile(rf"\s*(?:{pattern})").match(self._text, self._at)
        self._at = match.end() if match else self._at
        return match is not None

    def _wrong(self) -> ApiError:
        rest = self._text[self._at :].strip() or "the end"
        return invalid(f"Invalid value for field 'filter': '{self._text}'. Invalid list filter expression at {rest}.")

    def _lacking(self) -> ApiError:
        message = f"The filter '{self._text}' is not simulated: functions, and values without a field."
        return ApiError("UNIMPLEMENTED", message, "unimplemented")


def _field(path: str, api: Api, schema: Json) -> _Field | None:
    """Returns the field at a path; None if the schema has no such field."""
    steps: list[str] = []
    schema, plain = api.schema(schema), True
    for name in path.split("."):
        schema = api.schema(schema.get("items", schema))
        step = name
        if "properties" in schema:
            step = name if name in schema["properties"] else camel(name)
            if step not in schema["properties"]:
                return None
            schema = api.schema(schema["properties"][step])
        elif "additionalProperties" in schema:
            schema, plain = api.schema(schema["additionalProperties"]), False
        elif schema.get("type", "any") != "any":
            return None
        steps.append(step)
    return _Field(steps, plain and schema.get("type") == "string" and "enum" not in schema)


def _values(value: Any, steps: list[str]) -> Iterator[Any]:
    """Yields the values at a path; a step into a list leads to each of its items."""
    if isinstance(value, list):
        for item in cast("list[Any]", value):
            yield from _values(item, steps)
    elif not steps:
        yield value
    elif isinstance(value, dict):
        content = cast("Json", value)
        if content.get(steps[0]) is not None:
            yield from _values(content[steps[0]], steps[1:])


def _comparison(steps: list[str], operator: str, expected: str, *, part: bool) -> Test:
    if operator in ("!=", "ne"):
        same = _comparison(steps, "=" if operator == "!=" else "eq", expected, part=part)
        return lambda item: not same(item)
    holds = _operation(operator, expected, part=part)
    return lambda item: any(holds(value) for value in list(_values(item, steps)) or [""])


def _operation(operator: str, expected: str, *, part: bool) -> Callable[[Any], bool]:
    """Returns the test of one value."""
    if operator == "eq":
        try:
            form = re.compile(expected)
        except re.error as error:
            raise invalid(f"Invalid value for field 'filter': '{expected}' is no regular expression.") from error
        return lambda value: form.fullmatch(_text(value)) is not None
    if operator in ("<", "<=", ">", ">="):
        return lambda value: value != "" and _holds(operator, _text(value), expected)
    if operator == ":" and expected == "*":
        return lambda value: value not in ("", {})
    like = re.compile(".*".join(map(re.escape, expected.split("*"))), re.IGNORECASE | re.DOTALL)

    def holds(value: Any) -> bool:
        if isinstance(value, dict):
            return operator == ":" and expected in value
        text = _text(value)
        if operator == ":" and part:
            return like.search(text) is not None
        return like.fullmatch(text) is not None or _comparable(text) == _comparable(expected)

    return holds


def _holds(operator: str, left: str, right: str) -> bool:
    first, second = _comparable(left), _comparable(right)
    if first[0] != second[0]:
        first, second = ("text", left), ("text", right)
    order = (first > second) - (first < second)
    return {"<": order < 0, "<=": order <= 0, ">": order > 0, ">=": order >= 0}[operator]


def _comparable(text: str) -> tuple[str, Any]:
    """Returns kind and value of a text: a number, a duration, a time, or the text itself."""
    if match := _NUMBER.fullmatch(text):
        return "duration" if match[2] else "number", Decimal(match[1])
    try:
        moment = datetime.fromisoformat(re.sub(r"(\.\d{6})\d+", r"\1", text))
    except ValueError:
        return "text", text.casefold()
    return "time", moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _rank(item: Json, steps: list[str]) -> tuple[str, Any]:
    return _comparable(_text(next(_values(item, steps), "")))


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
