"""Values at and around the limits of every field, found by asking the model itself: no limit is stated here again."""

import copy
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, cast

from unit.pulumi_mocks import Document

# A text that may have so many characters has no limit, or a file of settings would not have room for it.
LONGEST = 5_000
_GREATEST = 2**63
_MOST_WORDS = 5  # of an enumeration
_MOST_ITEMS = 40  # of a list, or a file of settings would not have room for it
# Each of a kind of its own to somebody: letters, digits, punctuation, blanks, other alphabets.
_ODD = "Aa0-_.:/+~ \té—"


@dataclass(frozen=True)
class Place:
    """A place in a document: the keys and indices to it, and whether it is a key itself."""

    path: tuple[str | int, ...]
    is_key: bool = False

    @property
    def name(self) -> str:
        """The path, as a message would name it."""
        return ".".join(map(str, self.path)) + (" (key)" if self.is_key else "")

    def value(self, document: Document) -> Any:
        """The value at the place."""
        found: Any = document
        for step in self.path[:-1] if self.is_key else self.path:
            found = found[step]
        return self.path[-1] if self.is_key else found

    def put(self, document: Document, value: Any) -> Document:
        """The document with another value at the place."""
        changed: Any = copy.deepcopy(document)
        holder: Any = changed
        for step in self.path[:-1]:
            holder = holder[step]
        if self.is_key:
            entries = [(value if key == self.path[-1] else key, inner) for key, inner in holder.items()]
            holder.clear()
            holder.update(entries)
        else:
            holder[self.path[-1]] = value
        return changed


@dataclass(frozen=True)
class Field:
    """A field of a model: its place in a document, and its schema; none where the document lacks it."""

    place: Place
    schema: Document
    given: bool = True


def fields(schema: Document, document: Document) -> Iterator[Field]:
    """The fields of a model.

    Args:
        schema: of the model.
        document: one that the model takes.
    """
    yield from _fields(schema, schema, document, ())


def _fields(root: Document, schema: Document, value: Any, path: tuple[str | int, ...]) -> Iterator[Field]:
    schema = _resolved(root, schema)
    if "properties" in schema:
        for name, inner in schema["properties"].items():
            if name in value:
                yield from _fields(root, inner, value[name], (*path, name))
            else:
                yield Field(Place((*path, name)), inner, given=False)
    elif schema.get("type") in ("object", "array"):
        if not value:
            yield Field(Place(path), schema, given=False)
        yield from _items(root, schema, value, path)
    else:
        yield Field(Place(path), schema)


def _resolved(root: Document, schema: Document) -> Document:
    """The schema behind a reference, and of a field that may be missing that of its value."""
    if "$ref" in schema:
        return root["$defs"][schema["$ref"].rpartition("/")[2]]
    options: list[Document] = schema.get("anyOf") or []
    others = [option for option in options if option.get("type") != "null"]
    return _resolved(root, others[0]) if others else schema


def _items(root: Document, schema: Document, value: Any, path: tuple[str | int, ...]) -> Iterator[Field]:
    if schema["type"] == "array":
        if value:
            yield Field(Place(path), schema)
        for index, item in enumerate(value):
            yield from _fields(root, schema["items"], item, (*path, index))
        return
    patterns: Document = schema.get("patternProperties") or {}
    inner: Document = next(iter(patterns.values())) if patterns else schema["additionalProperties"]
    for key, item in value.items():
        yield Field(Place((*path, key), is_key=True), {"type": "string"})
        yield from _fields(root, inner, item, (*path, key))


def around(field: Field, document: Document, takes: Callable[[Document], bool]) -> list[Any]:
    """Values of a field at its limits, of which the model takes each.

    Args:
        field: the field.
        document: one that the model takes.
        takes: whether the model takes a document.
    """
    present = field.place.value(document)

    def fits(value: Any) -> bool:
        return takes(field.place.put(document, value))

    if isinstance(present, bool):
        wanted: list[Any] = [not present]
    elif "enum" in field.schema:
        wanted = field.schema["enum"][:: max(1, len(field.schema["enum"]) // _MOST_WORDS)]
    elif isinstance(present, int):
        wanted = _numbers(present, fits)
    elif isinstance(present, list):
        wanted = list(_lists(cast("list[Any]", present), fits))
    else:
        wanted = list(_texts(str(present), fits))
    distinct = {repr(value): value for value in wanted}
    return [value for value in distinct.values() if value != present and fits(value)]


def _numbers(present: int, fits: Callable[[Any], bool]) -> list[int]:
    least, greatest = furthest(lambda by: fits(present - by)), furthest(lambda by: fits(present + by))
    limits = (present - least, present + greatest)
    return [limit + by for limit in limits for by in (-1, 0, 1)]


def _lists(present: list[Any], fits: Callable[[Any], bool]) -> Iterator[list[Any]]:
    """The longest list that fits, of items like the first one, and the empty one."""
    more = [_alike(present[0], number) for number in range(10, 10 + _MOST_ITEMS)]
    yield present + more[: furthest(lambda by: fits(present + more[:by]), _MOST_ITEMS)]
    yield []


def _alike(item: Any, number: int) -> Any:
    """Another item with a number in it; the same one where it is neither a text nor a number."""
    if isinstance(item, int) and not isinstance(item, bool):
        return item + number
    return f"{item[:1]}{number}{item[1:]}" if isinstance(item, str) else item


def furthest(fits: Callable[[int], bool], most: int = _GREATEST) -> int:
    """The greatest number that fits, where all up to it do."""
    low, high = 0, 1
    while high < most and fits(high):
        low, high = high, high * 2
    high = min(high, most)
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if fits(middle) else (low, middle - 1)
    return low


def _texts(text: str, fits: Callable[[Any], bool]) -> Iterator[str]:
    for at in _seams(text):
        for sign in dict.fromkeys((text[at - 1 : at], "1", "a")):
            count = furthest(lambda by, at=at, sign=sign: fits(text[:at] + sign * by + text[at:]), LONGEST)
            if count:
                yield text[:at] + sign * count + text[at:]
                break
    yield next((text[:length] for length in range(len(text)) if fits(text[:length])), text)
    for at in (0, (len(text) + 1) // 2, len(text)):
        odd = ""
        for sign in _ODD:
            before = text[:at] + odd
            odd += sign * furthest(lambda by, at=at, sign=sign, before=before: fits(before + sign * by + text[at:]), 2)
        yield text[:at] + odd + text[at:]


def _seams(text: str) -> set[int]:
    """Places at which a text can grow: within its first and within its last part."""
    return {1, *[index + 2 for index, sign in enumerate(text[:-2]) if not sign.isalnum()][-1:]} if text else set()


def together(
    document: Document, values: Mapping[Place, list[Any]], takes: Callable[[Document], bool]
) -> Iterator[dict[Place, Any]]:
    """As few sets of changes as it takes for each value to be in one, each of which the model takes as a whole."""
    left = {place: list(wanted) for place, wanted in values.items()}
    while any(left.values()):
        changes: dict[Place, Any] = {}
        for place, wanted in left.items():
            for value in [] if any(_holds(other, place) for other in changes) else wanted:
                if takes(changed(document, {**changes, place: value})):
                    changes[place] = value
                    wanted.remove(value)
                    break
        yield changes


def _holds(one: Place, other: Place) -> bool:
    """Whether one of two places is in the other, so that both cannot be changed at once."""
    least = min(len(one.path), len(other.path))
    return one.path[:least] == other.path[:least] and not (one.is_key or other.is_key)


def changed(document: Document, changes: Mapping[Place, Any]) -> Document:
    """A document with changes, those of keys last: the other paths go through them."""
    for place, value in sorted(changes.items(), key=lambda change: (change[0].is_key, -len(change[0].path))):
        document = place.put(document, value)
    return document
