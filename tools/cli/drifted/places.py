"""Places in YAML files with a value, and the file's text with another value at such a place.

A place is only a candidate: that the values are equal does not say that the property comes from there.
"""

import difflib
import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import yaml
from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from engine import paths, strict_yaml
from engine.strict_yaml import Document, StrictYamlError

_WORDS = re.compile(r"[^a-z0-9]+")


@dataclass(frozen=True)
class Place:
    """Place of a value in a file.

    Attributes:
        file: the file.
        keys: keys from the top of the document, numbers for elements of lists.
        line: number of its line, from 1.
        text: the file's text with the other value at this place.
    """

    file: Path
    keys: tuple[str | int, ...]
    line: int
    text: str

    @property
    def path(self) -> str:
        """Keys in a line: `config.apps:replicas`."""
        return ".".join(map(str, self.keys))


def places(file: Path, declared: Any, live: Any, *, below: Sequence[str] = ()) -> list[Place]:
    """Return the places of a value in a YAML file.

    Args:
        file: that is searched; none is found in one that does not exist.
        declared: the value, a scalar or a list of scalars.
        live: the other value, of the same kind.
        below: keys of the mapping that is searched; the whole document by default.
    """
    if not file.is_file() or not _is_writable(declared) or not _is_writable(live):
        return []
    text = file.read_text("utf-8")
    if (document := _document(text)) is None:
        return []
    found: list[Place] = []
    for keys, node in _nodes(document.root, ()):
        value = _at(document.content, keys)
        if keys[: len(below)] == tuple(below) and _alike(value, declared):
            new = _like(live, value)
            after = _replaced(text, node, new)
            if after is not None and _content(after) == _with(document.content, keys, new):
                found.append(Place(file, keys, node.start_mark.line + 1, after))
    return found


def likeness(place: Place, path: str) -> float:
    """Return how alike the names of a place and of a property are, from 0 to 1."""
    names = [str(key).rpartition(":")[2] for key in place.keys if isinstance(key, str)]
    steps = [step.key for step in paths.parse(path) if not step.field]
    one, other = (_WORDS.sub("", "".join(parts[-1:]).lower()) for parts in (names, steps))
    return difflib.SequenceMatcher(None, one, other).ratio()


def difference(place: Place, shown: str) -> str:
    """Return the unified difference of a place's file; `shown` is its path from the top of the checkout."""
    before = place.file.read_text("utf-8").splitlines(keepends=True)
    after = place.text.splitlines(keepends=True)
    return "".join(difflib.unified_diff(before, after, f"a/{shown}", f"b/{shown}")).rstrip("\n")


def _nodes(node: Node | None, keys: tuple[str | int, ...]) -> Iterator[tuple[tuple[str | int, ...], Node]]:
    """Yield scalars and lists of a document with their keys."""
    if isinstance(node, MappingNode):
        for key, value in node.value:
            yield from _nodes(value, (*keys, str(key.value)))
    elif isinstance(node, SequenceNode):
        yield keys, node
        for number, value in enumerate(node.value):
            yield from _nodes(value, (*keys, number))
    elif isinstance(node, ScalarNode):
        yield keys, node


def _at(document: Any, keys: Sequence[str | int]) -> Any:
    for key in keys:
        if isinstance(key, int):
            document = document[key]
        else:
            fields = cast("dict[Any, Any]", document)
            document = next((value for name, value in fields.items() if str(name) == key), None)
    return document


def _with(document: Any, keys: Sequence[str | int], value: Any) -> Any:
    if not keys:
        return value
    key, rest = keys[0], keys[1:]
    if isinstance(key, int):
        elements = cast("list[Any]", document)
        return [_with(one, rest, value) if number == key else one for number, one in enumerate(elements)]
    fields = cast("dict[Any, Any]", document)
    return {name: _with(one, rest, value) if str(name) == key else one for name, one in fields.items()}


def _document(text: str) -> Document | None:
    try:
        return strict_yaml.parse(text, "")
    except StrictYamlError:
        return None  # no program would take it


def _content(text: str) -> Any:
    document = _document(text)
    return document.content if document else None


def _is_writable(value: Any) -> bool:
    if isinstance(value, list):
        return all(isinstance(one, str | int | float) for one in cast("list[Any]", value))
    return isinstance(value, str | int | float)


def _alike(one: Any, other: Any) -> bool:
    """Return whether two values are equal, a number or boolean that is written as text included."""
    if isinstance(one, list) and isinstance(other, list):
        elements, others = cast("list[Any]", one), cast("list[Any]", other)
        return len(elements) == len(others) and all(map(_alike, elements, others))
    return not isinstance(one, list | dict) and not isinstance(other, list | dict) and _text(one) == _text(other)


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return f"{value:g}" if isinstance(value, float) else str(value)


def _like(live: Any, present: Any) -> Any:
    """Return a value in the form in which the file has the present one."""
    if isinstance(live, list):
        return cast("object", live)
    if isinstance(present, str) and not isinstance(live, str):
        return _text(live)
    return int(live) if isinstance(live, float) and live.is_integer() else live


def _replaced(text: str, node: Node, value: Any) -> str | None:
    """Return the text with another value in place of a node's; None where that takes more than to write it there."""
    start, end = node.start_mark.index, node.end_mark.index
    if isinstance(node, SequenceNode) and not node.flow_style:
        if not node.value or not isinstance(value, list) or not value:
            return None
        end = node.value[-1].end_mark.index
        joint = "\n" + " " * node.start_mark.column
        return text[:start] + joint.join(f"- {written(one)}" for one in cast("list[Any]", value)) + text[end:]
    if isinstance(node, ScalarNode) and node.style in ("|", ">"):
        return None
    quoted = isinstance(node, ScalarNode) and node.style == '"' and isinstance(value, str)
    return text[:start] + (json.dumps(value, ensure_ascii=False) if quoted else written(value)) + text[end:]


def written(value: Any) -> str:
    """Return a value in a line of YAML, in quotes where readers of YAML differ about it."""
    plain = yaml.safe_dump(value, default_flow_style=True, width=10_000, allow_unicode=True, sort_keys=False)
    plain = plain.removesuffix("...\n").rstrip("\n")
    return plain if _content(f"value: {plain}") == {"value": value} else json.dumps(value, ensure_ascii=False)
