"""Insertion of a key into a YAML file as a person would do it: a few new lines, and every other byte unchanged.

A parser determines where the lines go, and afterwards whether the file has the expected content. Loading and writing
the file would lose its comments, or their positions.
"""

from collections.abc import Sequence
from typing import Any, cast

import yaml
from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

_INDENT = 2


class NotInsertableError(ValueError):
    """The key cannot be added in place; the message has the reason."""


def inserted(text: str, path: Sequence[str], key: str, value: str) -> str:
    """Text with `key: value` at the end of the mapping at a path; absent mappings of the path are made.

    Args:
        text: a YAML document whose top is a block mapping.
        path: keys from the top.
        key: not yet in that mapping.
        value: in YAML's flow style, such as `{team: shop}`.

    Raises:
        NotInsertableError: a value on the path is no mapping, or is written in flow style.
    """
    node, remaining = _deepest(text, path)
    if not node.value:
        raise NotInsertableError(f"{'.'.join(path)} is written as {{}}; write it as lines below its key")
    column = node.value[0][0].start_mark.column
    lines = [f"{part}:" for part in remaining] + [f"{key}: {value}"]
    block = [" " * (column + _INDENT * depth) + line for depth, line in enumerate(lines)]
    before = text.splitlines(keepends=True)
    at = _last_line(node) + 1
    if before[at - 1 : at] and not before[at - 1].endswith("\n"):
        before[at - 1] += "\n"
    after = "".join([*before[:at], *(f"{line}\n" for line in block), *before[at:]])
    if yaml.safe_load(after) != _with(yaml.safe_load(text), [*path, key], yaml.safe_load(value)):
        raise NotInsertableError(f"{'.'.join([*path, key])} cannot be added without changing something else")
    return after


def _deepest(text: str, path: Sequence[str]) -> tuple[MappingNode, list[str]]:
    """The last mapping of a path that exists, and the remaining keys of the path."""
    node = _mapping(cast("Node | None", yaml.compose(text)), path)  # pyright: ignore[reportUnknownMemberType]  untyped there
    for depth, part in enumerate(path):
        inner = next((value for name, value in node.value if name.value == part), None)
        if inner is None:
            return node, list(path[depth:])
        node = _mapping(inner, path[: depth + 1])
    return node, []


def _mapping(node: Node | None, path: Sequence[str]) -> MappingNode:
    if not isinstance(node, MappingNode) or (node.flow_style and node.value):
        raise NotInsertableError(f"{'.'.join(path)} is no mapping with a line for each key; write it so")
    return node


def _last_line(node: Node) -> int:
    """Number of the last line of a node, without comments below it."""
    if isinstance(node, MappingNode) and node.value and not node.flow_style:
        return _last_line(node.value[-1][1])
    if isinstance(node, SequenceNode) and node.value and not node.flow_style:
        return _last_line(node.value[-1])
    if isinstance(node, ScalarNode) and node.style in ("|", ">"):
        return node.end_mark.line - 1
    return node.end_mark.line


def _with(document: Any, path: Sequence[str], value: Any) -> Any:
    mapping = dict(cast("dict[str, Any]", document or {}))
    mapping[path[0]] = value if len(path) == 1 else _with(mapping.get(path[0]), path[1:], value)
    return mapping
