"""Reads YAML strictly: what two readers could understand differently is refused, with its line and column.

It owns the text and its form: one document, no key twice, no anchor that hides one, no character that nobody sees, and
no value that YAML turns into another one. Whether the content fits a model, and the words for it, are in wording.py.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from itertools import islice
from pathlib import Path
from typing import Any, cast

import yaml
from yaml.events import AliasEvent, CollectionEndEvent, CollectionStartEvent, DocumentStartEvent
from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from .characters import called, look_alikes, unseen

# Eight times as fast, where PyYAML was built with LibYAML.
_LOADER = yaml.CSafeLoader if yaml.__with_libyaml__ else yaml.SafeLoader
_TAG = "tag:yaml.org,2002:"
_TEXT = f"{_TAG}str"
# Plain values on which every version of YAML agrees.
_SURE = {
    f"{_TAG}bool": re.compile("true|false"),
    f"{_TAG}int": re.compile(r"[-+]?(0|[1-9][0-9]*)"),
    f"{_TAG}float": re.compile(r"[-+]?(0|[1-9][0-9]*)\.[0-9]+"),
}
# Text here, and something else elsewhere: numbers for YAML 1.2, which editors and the engine read, and logical values
# for readers that follow YAML 1.1 to the letter.
_ELSEWHERE = {
    "a number": re.compile(r"[-+]?(0o[0-7]+|(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?)"),
    "a logical value": re.compile("[yYnN]"),
}
_BYTE_ORDER_MARKS = (b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff", b"\x00\x00\xfe\xff")
_DEEPEST = 50
_LARGEST = 2**20  # bytes: no secret, no object of the cluster and no reader takes more
_MOST_PROBLEMS = 20
_LONGEST_NUMBER = 18  # digits that a number of 64 bits has room for

# Words of the parser, and ours for the same: what is wrong, and the remedy.
_SYNTAX = (
    ("mapping values are not allowed", "has a second colon on the line; put the value in quotes"),
    ("expected <document start>", "comes after the end of the document, and would not be read; remove the line `...`"),
    ("while scanning an alias", "begins with *, which names an anchor in YAML; put the value in quotes"),
    ("undefined alias", "names an anchor that no value has; write the value itself"),
    ("unexpected end of stream", "opens a quote or a bracket that is not closed; close it"),
    ("expected ',' or", "is inside a bracket that is not closed, or follows a missing comma; close it or add one"),
    ("expected node content", "opens a quote or a bracket that is not closed; close it"),
    ("unknown escape", "has a backslash in double quotes that begins no known character; use single quotes"),
    ("cannot start any token", "begins with a character that has a meaning in YAML; put the value in quotes"),
    ("could not find expected ':'", "is a line without a colon and a value; write it as `key: value`"),
    ("expected key", "does not fit the lines above; indent it like its neighbours, with blanks"),
    ("expected <block end>", "does not fit the lines above; indent it like its neighbours, with blanks"),
    ("expected '-'", "is not in line with the list above; begin it with `- ` in the same column"),
)


class StrictYamlError(Exception):
    """A text that cannot be read; `problems` has each with file, line and column."""

    def __init__(self, problems: list[str]) -> None:
        more = len(problems) - _MOST_PROBLEMS
        self.problems = [*problems[:_MOST_PROBLEMS], *([f"and {more:,} more of these."] if more > 0 else ())]
        super().__init__("\n".join(self.problems))


@dataclass(frozen=True)
class Document:
    """Content of a YAML text, and where each part of it stands.

    Attributes:
        name: of the file, for messages.
        content: mappings, lists, texts, numbers, logical values and dates.
        root: the node of the content; None for an empty text.
    """

    name: str
    content: Any
    root: Node | None = None

    def part(self, key: str) -> "Document":
        """The value of a key of the content, with the places that it has in the file."""
        node = next((value for name, value in _children(self.root) if name[0] == key), None)
        return Document(self.name, self.value(key), node)

    def value(self, key: str) -> Any:
        """The value of a key of the content; None without one."""
        content = self.content
        return cast("dict[str, Any]", content).get(key) if isinstance(content, dict) else None

    def place(self, location: tuple[int | str, ...] = (), *, of_key: bool = False) -> str:
        """File, line and column of a part of the content, or of the nearest part around it that exists."""
        node = key = self.root
        for part in location:
            for name, value in _children(node):
                if name[0] == part:
                    key, node = name[1], value
        found = key if of_key or isinstance(node, MappingNode | SequenceNode) else node
        return _place(self.name, found.start_mark.line if found else 0, found.start_mark.column if found else 0)

    def path(self, location: tuple[int | str, ...]) -> tuple[int | str, ...]:
        """The parts of a location that exist in the content; a model's own names for alternatives do not."""
        node, parts = self.root, list[int | str]()
        for part in location:
            for name, value in _children(node):
                if name[0] == part:
                    parts.append(part)
                    node = value
                    break
        return tuple(parts)

    def written(self, location: tuple[int | str, ...]) -> str:
        """A value as it is written without quotes; empty for one in quotes, and for what is no single value."""
        node = self.root
        for part in location:
            node = next((value for name, value in _children(node) if name[0] == part), node)
        return node.value if isinstance(node, ScalarNode) and not node.style else ""


def load(file: Path, name: str = "") -> Document:
    """Document of a file; `name` is what messages call it.

    Raises:
        StrictYamlError: it cannot be read, or can be read in two ways.
        OSError: there is no such file.
    """
    return parse(file.read_bytes(), name or f"{file.parent.name}/{file.name}")


def parse(text: str | bytes, name: str) -> Document:
    """Document of a text.

    Raises:
        StrictYamlError: it cannot be read, or can be read in two ways.
    """
    text = _decoded(text, name) if isinstance(text, bytes) else text
    if problems := [*islice(_unseen(text, name), _MOST_PROBLEMS)]:
        raise StrictYamlError(problems)
    try:
        if problems := [*_structure(text, name)]:
            raise StrictYamlError(problems)
        loader = _LOADER(text)
        root = loader.get_single_node()
        if problems := [*_ambiguous(root, name, loader)]:
            raise StrictYamlError(problems)
        content = cast("Any", loader).construct_document(root) if root else None
        return Document(name, content, root)
    except yaml.MarkedYAMLError as error:
        raise StrictYamlError([_syntax(error, text, name)]) from None
    except yaml.YAMLError:
        raise StrictYamlError([f"{name}:1:1: is not YAML; correct it."]) from None


def _decoded(text: bytes, name: str) -> str:
    if len(text) > _LARGEST:
        raise StrictYamlError(
            [f"{name}:1:1: has {len(text):,} bytes, more than {_LARGEST:,}, and nobody reviews that; divide it."]
        )
    if b"\0" in text[:4]:
        raise StrictYamlError([f"{name}:1:1: is not UTF-8, but has two or four bytes a character; save it as UTF-8."])
    if text.startswith(_BYTE_ORDER_MARKS):
        raise StrictYamlError(
            [f"{name}:1:1: begins with a byte-order mark, which not every reader skips; save it as UTF-8 without one."]
        )
    try:
        return text.decode("utf-8")
    except UnicodeDecodeError as error:
        before = text[: error.start].decode("utf-8")
        place = _at(before, len(before), name)
        raise StrictYamlError([f"{place}: has a byte that is no UTF-8; save the file as UTF-8."]) from None


def _unseen(text: str, name: str) -> Iterator[str]:
    """Characters that nobody sees, in comments as well: a reviewer would read another text than the program."""
    for at in unseen(text):
        yield f"{_at(text, at, name)}: has {called(text[at])}, which nobody sees; remove it."
    for match in re.finditer(r"\r(?!\n)", text):
        yield (
            f"{_at(text, match.start(), name)}: has a carriage return alone, which ends the line for YAML and for no "
            "reader; end the line with a line feed."
        )


def _structure(text: str, name: str) -> Iterator[str]:
    """Problems of the whole text; after the first of some, the rest has no meaning."""
    documents = depth = 0
    inside: list[int] = []  # depths of the anchored mappings and lists around an event
    anchors: set[str] = set()
    for event in cast("Iterator[Any]", yaml.parse(text, _LOADER)):  # pyright: ignore[reportUnknownMemberType]  untyped there
        place = _place(name, event.start_mark.line, event.start_mark.column)
        documents += isinstance(event, DocumentStartEvent)
        if isinstance(event, DocumentStartEvent) and (event.version or event.tags):
            yield f"{place}: has a directive (%), which changes what the lines below mean; remove it."
        if isinstance(event, DocumentStartEvent) and documents > 1:
            yield f"{place}: begins a second document, and only one would be read; remove the line `---` and all below."
            return
        yield from (f"{place}: {problem}" for problem in _marks(event, anchors, is_inside=bool(inside)))
        if isinstance(event, CollectionStartEvent):
            depth += 1
            inside += [depth] if event.anchor else []
            if depth > _DEEPEST:
                yield f"{place}: is nested more than {_DEEPEST} deep, and nobody reads that; write it flatter."
                return
        elif isinstance(event, CollectionEndEvent):
            inside = [of for of in inside if of < depth]
            depth -= 1


def _marks(event: Any, anchors: set[str], *, is_inside: bool) -> Iterator[str]:
    """Problems with the tag and the anchor of a value; the anchor is added to those before it."""
    anchor, tag = (cast("str | None", getattr(event, key, None)) for key in ("anchor", "tag"))
    if tag:
        yield f"has the tag {_short(tag)}, which changes its meaning; remove it, or write a text in quotes."
    if not anchor:
        return
    if isinstance(event, AliasEvent):
        if is_inside:
            yield (
                f"has *{anchor} in a value that has an anchor itself, so nobody sees what is where; write the value "
                "itself."
            )
        return
    if anchor in anchors:
        yield (f"gives the anchor &{anchor} a second value, so *{anchor} means another one below; choose another name.")
    anchors.add(anchor)


def _ambiguous(node: Node | None, name: str, loader: Any, path: str = "") -> Iterator[str]:
    if isinstance(node, ScalarNode):
        yield from (f"{_start(node, name)}: {_of(path)}{problem}" for problem in _scalar(node, loader))
        return
    if not isinstance(node, MappingNode | SequenceNode):
        return
    if isinstance(node, MappingNode):
        yield from _keys(node, name, loader, path)
    for (part, _), value in _children(node):
        yield from _ambiguous(value, name, loader, f"{path}.{part}".lstrip("."))


def _keys(node: MappingNode, name: str, loader: Any, path: str) -> Iterator[str]:
    first: dict[str, Node] = {}
    for key, _ in node.value:
        place = f"{_start(key, name)}: {_of(path)}"
        if not isinstance(key, ScalarNode):
            yield f"{place}has a list or a mapping as a key; a key is a text."
            continue
        yield from (f"{place}{problem}" for problem in _scalar(key, loader, thing="the key "))
        if key.value in first:
            line = first[key.value].start_mark.line + 1
            yield (
                f"{place}sets {key.value!r} again, after line {line}, and only the last one would count; join them "
                "into one."
            )
        first.setdefault(key.value, key)


def _scalar(node: ScalarNode, loader: Any, thing: str = "") -> Iterator[str]:
    """Problems of one value, or of a key, which is always a text."""
    text = cast("str", node.value)
    if hidden := unseen(text):
        yield f"{thing}has {called(text[hidden[0]])}, which nobody sees in a text; remove it."
    if not node.style:
        yield from _plain(node, loader, thing)


def _plain(node: ScalarNode, loader: Any, thing: str) -> Iterator[str]:
    text, tag = cast("str", node.value), node.tag
    if tag == f"{_TAG}merge":
        yield "merges another mapping, whose keys nobody sees here; write the keys themselves."
    elif tag == _TEXT:
        if elsewhere := next((what for what, pattern in _ELSEWHERE.items() if pattern.fullmatch(text)), ""):
            or_so = f", or as {_decimal(text)} if that is meant" if elsewhere == "a number" and not thing else ""
            yield (
                f"{thing}{text} is a text for one YAML and {elsewhere} for the next; write it in quotes, "
                f'"{text}"{or_so}.'
            )
        elif looks := look_alikes(text):
            yield f"{thing}{text!r} has {looks}, which looks like another one; correct it, or write it in quotes."
    elif tag in _SURE and len(text) > _LONGEST_NUMBER:
        yield f"{thing}{text[:_LONGEST_NUMBER]}… has more digits than every reader keeps; write it in quotes."
    elif thing or (tag in _SURE and not _SURE[tag].fullmatch(text)):
        read = _meaning(node, loader)
        or_so = "" if thing else f", or as {read.removeprefix('the number ')} if that is meant"
        yield f'{thing}{text or "(nothing)"} is {read} for YAML; write it in quotes, "{text}"{or_so}.'
    elif tag == f"{_TAG}value":
        yield f'{thing}{text} is no text for YAML; write it in quotes, "{text}".'
    elif tag == f"{_TAG}timestamp" and _meaning(node, loader) == _NO_DATE:
        yield f'{text} is {_NO_DATE} for YAML; correct it, or write it in quotes, "{text}".'


def _decimal(text: str) -> str:
    """The number that a later version of YAML reads, without a form of its own."""
    sign, digits = ("-", text[1:]) if text[0] == "-" else ("", text.lstrip("+"))
    if digits.startswith("0o"):
        return f"{sign}{int(digits, 8)}"
    return sign + (digits.lstrip("0") or "0") if digits.isdigit() else f"{Decimal(text):f}"


_NO_DATE = "a date that does not exist"


def _meaning(node: ScalarNode, loader: Any) -> str:
    """YAML's own reading of a plain value."""
    try:
        return reading(loader.construct_object(node))
    except (ValueError, yaml.YAMLError):
        return _NO_DATE if node.tag == f"{_TAG}timestamp" else "no text"


def reading(value: Any) -> str:
    """A value that is no text, in words."""
    if value is None:
        return "no value"
    if isinstance(value, bool):
        return str(value).lower()
    return f"the number {value}" if isinstance(value, int | float) else f"the date {value}"


def _syntax(error: yaml.MarkedYAMLError, text: str, name: str) -> str:
    mark = error.problem_mark or error.context_mark
    line, column = (mark.line, mark.column) if mark else (0, 0)
    lines = text.split("\n")
    written = lines[line] if line < len(lines) else ""
    if "\t" in written[: max(column + 1, len(written) - len(written.lstrip()))]:
        return f"{_place(name, line, 0)}: is indented with a tab, which YAML does not allow; use blanks."
    found = f"{error.problem} {error.context}"
    said = next((ours for theirs, ours in _SYNTAX if theirs in found), "is not YAML; look for a quote, colon or indent")
    return f"{_place(name, line, column)}: {said}."


def _children(node: Node | None) -> Iterator[tuple[tuple[int | str, Node], Node]]:
    if isinstance(node, MappingNode):
        for key, value in node.value:
            yield (key.value, key), value
    elif isinstance(node, SequenceNode):
        for index, item in enumerate(node.value):
            yield (index, item), item


def _at(text: str, at: int, name: str) -> str:
    before = text[:at]
    return _place(name, before.count("\n"), at - before.rfind("\n") - 1)


def _of(path: str) -> str:
    return f"{path}: " if path else ""


def _short(tag: str) -> str:
    return tag.replace(_TAG, "!!")


def _start(node: Node, name: str) -> str:
    return _place(name, node.start_mark.line, node.start_mark.column)


def _place(name: str, line: int, column: int) -> str:
    return f"{name}:{line + 1}:{column + 1}"
