"""Answers: operations, lists with pages and filters, constant kinds, and the fields that a caller selects."""

import base64
import binascii
from typing import Any, cast

from sandbox.cloud.errors import invalid
from sandbox.cloud.store import Json
from sandbox.google import filters, operations
from sandbox.google.definitions import Definition
from sandbox.google.exchange import Exchange

_MOST = 500  # items of a page without a size, the largest default among the services


def shaped(asked: Exchange, name: str, result: Json) -> Json:
    """Returns the answer to a call: a list, an operation, nothing, or the resource."""
    response = str((asked.definition.response or {}).get("$ref", ""))
    if response.endswith("Operation") and "operations" not in asked.kind.lower():
        return operations.begin(asked, name, result)
    if asked.verb.lower().startswith("list") and "items" in result:
        return listed(asked, result["items"])
    if response.endswith("Empty"):
        return {}
    return with_kind(asked.definition, asked.definition.response or {}, result)


def listed(exchange: Exchange, items: list[Json]) -> Json:
    """Returns a page of a list, in the form of its method."""
    definition = exchange.definition
    schema = definition.api.schema(definition.response or {})
    fields: Json = schema.get("properties", {})
    key = _items_key(fields)
    items, token = page(exchange, chosen(exchange, fields[key]["items"], items))
    return with_kind(definition, definition.response or {}, {**({key: items} if items else {}), **token})


def page(exchange: Exchange, items: list[Json]) -> tuple[list[Json], Json]:
    """Returns the items of the page that a request wants, and the token of the next page as a field.

    Raises:
        ApiError: INVALID_ARGUMENT for a size or a token that is none.
    """
    start = _start(exchange.parameter("pageToken"))
    size = exchange.parameter("pageSize") or exchange.parameter("maxResults") or "0"
    if not size.isdecimal():
        raise invalid(f"Invalid page size: {size}.")
    end = start + (int(size) or _MOST)
    schema = exchange.definition.api.schema(exchange.definition.response or {})
    if end >= len(items) or "nextPageToken" not in schema["properties"]:
        return items[start:end], {}
    return items[start:end], {"nextPageToken": base64.urlsafe_b64encode(str(end).encode()).decode()}


def chosen(exchange: Exchange, schema: Json, items: list[Json]) -> list[Json]:
    """Returns the items of a list that its filter selects, in the order that the request wants.

    Args:
        exchange: the request; Resource Manager's searches call the filter a query.
        schema: the schema of the items.
        items: all items.
    """
    definition = exchange.definition
    items = [with_kind(definition, schema, item) for item in items]
    items = filters.selected(items, exchange.parameter("filter") or exchange.parameter("query"), definition, schema)
    return filters.ordered(items, exchange.parameter("orderBy"), definition, schema)


def with_kind(definition: Definition, schema: Json, body: Json) -> Json:
    """Returns a body with the constant kind that the older APIs have in each."""
    kind = definition.api.schema(schema).get("properties", {}).get("kind", {}).get("default", "")
    return {**body, "kind": kind} if "#" in str(kind) else body


def _items_key(fields: Json) -> str:
    """Returns the field of a list's schema that has the items."""
    if "items" in fields:
        return "items"
    return next(name for name, field in fields.items() if field.get("type") == "array" and "$ref" in field["items"])


def _start(token: str) -> int:
    try:
        return int(base64.urlsafe_b64decode(token.encode()) or b"0")
    except (ValueError, binascii.Error) as error:
        raise invalid(f"Invalid page token: {token}.") from error


def selected(body: Json, fields: str) -> Json:
    """Returns the fields that a `fields` parameter selects, such as "items(name,id),nextPageToken" and "a/b"."""
    return cast("Json", _select(body, _parsed(fields))) if fields else body


def _parsed(fields: str) -> Json:
    tree: Json = {}
    depth, start = 0, 0
    for position, letter in enumerate(f"{fields},"):
        depth += {"(": 1, ")": -1}.get(letter, 0)
        if letter == "," and depth == 0:
            path, opening, inside = fields[start:position].strip().partition("(")
            below = tree
            for step in path.split("/"):
                below = below.setdefault(step, {})
            if opening:
                below.update(_parsed(inside.rpartition(")")[0]))
            start = position + 1
    return tree


def _select(value: Any, tree: Json) -> Any:
    if not tree or ("*" in tree and not tree["*"]):
        return value
    if isinstance(value, list):
        return [_select(item, tree) for item in cast("list[Any]", value)]
    if not isinstance(value, dict):
        return value
    content = cast("Json", value)
    every = tree.get("*")
    return {key: _select(item, tree.get(key, every) or {}) for key, item in content.items() if key in tree or every}
