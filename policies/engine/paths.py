"""Paths of properties in a resource's inputs, as security's files and the commands write them.

Names with dots, `["a.key/with.dots"]` for another key of a map, and `[name=web]` for the element of a list whose field
tells it apart from the others. A list whose elements nothing tells apart is one value.
"""

import json
import re
from collections.abc import Iterator
from typing import Any, Final, NamedTuple, cast

from engine.values import is_opaque

# Fields by which the elements of a list are told apart, in this order: Kubernetes' and Google's own.
_KEYS: Final = ("name", "key", "id", "containerPort", "port", "member", "cidrBlock", "value")
# Providers note under such names what they filled in.
_OWN: Final = "__"
_NAME: Final = re.compile(r"\w+")
_STEP: Final = re.compile(r'\.?(?P<name>\w+)|\[(?P<key>"(?:[^"\\]|\\.)*")\]|\[(?P<field>\w+)=(?P<value>[^\]]+)\]')


class PathError(ValueError):
    """A path cannot be read, or leads nowhere in a document."""


class Step(NamedTuple):
    """Step of a path: the key of a map, or with `field` the value that a field of a list's element has."""

    key: str
    field: str = ""


Path = tuple[Step, ...]


class Changed(NamedTuple):
    """Property that differs: its path, and its value on both sides, None where a side does not have it."""

    path: Path
    before: Any
    after: Any


def key(*lists: list[Any]) -> str | None:
    """Return the field that tells the elements of each list apart; None without one."""
    return next((name for name in _KEYS if all(_is_key(name, elements) for elements in lists)), None)


def _is_key(name: str, elements: list[Any]) -> bool:
    values: list[object] = []
    for element in elements:
        value = cast("dict[str, Any]", element).get(name) if isinstance(element, dict) else None
        if not isinstance(value, str | int) or value in values:
            return False
        values.append(value)
    return bool(elements)


def equal(one: Any, other: Any) -> bool:
    """Return whether two values are the same; a boolean is no number."""
    if isinstance(one, dict) and isinstance(other, dict):
        fields, others = cast("dict[str, Any]", one), cast("dict[str, Any]", other)
        return fields.keys() == others.keys() and all(equal(fields[name], others[name]) for name in fields)
    if isinstance(one, list) and isinstance(other, list):
        elements, rest = cast("list[Any]", one), cast("list[Any]", other)
        return len(elements) == len(rest) and all(map(equal, elements, rest))
    return bool(one == other) and isinstance(one, bool) == isinstance(other, bool)


def changed(before: Any, after: Any, above: Path = ()) -> Iterator[Changed]:
    """Yield the properties that differ, each as deep as both sides have it."""
    if equal(before, after):
        return
    if _is_map(before) and _is_map(after):
        old, new = cast("dict[str, Any]", before), cast("dict[str, Any]", after)
        for name in sorted(old.keys() | new.keys()):
            if not name.startswith(_OWN):
                yield from changed(old.get(name), new.get(name), (*above, Step(name)))
        return
    if isinstance(before, list) and isinstance(after, list):
        olds, news = cast("list[Any]", before), cast("list[Any]", after)
        if field := key(olds, news):
            old, new = ({str(each[field]): each for each in elements} for elements in (olds, news))
            found = [Step(name, field) for name in dict.fromkeys((*old, *new))]
            inner = [one for step in found for one in changed(old.get(step.key), new.get(step.key), (*above, step))]
            yield from inner or [Changed(above, before, after)]
            return
    yield Changed(above, before, after)


def text(path: Path) -> str:
    """Return a path as it is written."""
    written = ""
    for step in path:
        if step.field:
            written += f"[{step.field}={step.key}]"
        elif _NAME.fullmatch(step.key):
            written += f".{step.key}" if written else step.key
        else:
            written += f"[{json.dumps(step.key, ensure_ascii=False)}]"
    return written


def parse(written: str) -> Path:
    """Return a path from how it is written.

    Raises:
        PathError: it is no path.
    """
    steps: list[Step] = []
    end = 0
    for match in _STEP.finditer(written):
        if match.start() != end:
            break
        end = match.end()
        name = match["name"] or (str(json.loads(match["key"])) if match["key"] else "")
        steps.append(Step(match["value"], match["field"]) if match["field"] else Step(name))
    if not steps or end != len(written) or steps[0].field or text(tuple(steps)) != written:
        raise PathError(f'{written!r} is no path: write names with dots, [field=value] or ["key"], as a plan shows it.')
    return tuple(steps)


def value(document: Any, path: Path) -> Any:
    """Return the value at a path; None where the document has none."""
    for step in path:
        document = _inner(document, step)
    return document


def _inner(document: Any, step: Step) -> Any:
    if not step.field:
        return cast("dict[str, Any]", document).get(step.key) if _is_map(document) else None
    return next(iter(_elements(document, step)), None)


def _elements(document: Any, step: Step) -> list[Any]:
    """Return the elements of a list that a step is about."""
    elements = cast("list[Any]", document) if isinstance(document, list) else []
    return [one for one in elements if _is_map(one) and str(one.get(step.field)) == step.key]


def replaced(document: Any, path: Path, new: Any) -> Any:
    """Return a document with another value at a path, and without one there for None; the document stays as it is.

    Raises:
        PathError: the document has nothing above the path, or what is there is secret or not known yet.
    """
    if not path:
        return new
    step, rest = path[0], path[1:]
    if not step.field and _is_map(document):
        fields = dict(cast("dict[str, Any]", document))
        inner = replaced(fields.get(step.key), rest, new)
        if inner is None:
            fields.pop(step.key, None)
        else:
            fields[step.key] = inner
        return fields
    found = _elements(document, step) if step.field else []
    if len(found) == 1:
        elements = cast("list[Any]", document)
        inner = replaced(found[0], rest, new)
        return [inner if one is found[0] else one for one in elements if one is not found[0] or inner is not None]
    raise PathError(f"it has nothing at {text((step,))}")


def _is_map(document: object) -> bool:
    return isinstance(document, dict) and not is_opaque(cast("object", document))
