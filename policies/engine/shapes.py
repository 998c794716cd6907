"""Shapes of inputs, as security's files write them: which inputs an object may have, and which values.

A shape is YAML. `any` is every value but an object. A text is a pattern: `*` stands for any characters but "/", `**`
for any characters, and `${project}` for a fact of the environment (engine/own.py). After a `=` no `*` stands for
anything, and after a `?` the value may be one that only the update knows, and checks. `>=7` and `<=7` are limits of a
number, which may be written as a text, or as a duration in seconds ("86400s"). A list has alternatives. A mapping is an
object: its keys are inputs; `key[]` is a list whose elements all have the shape, `*` any other key, `any` lists inputs
with any value but an object, and `$name` is a named shape. `null` is a value that is not set.
"""

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any, cast

from engine.inputs import UNKNOWN, is_open, items, mapping, named, number, seconds
from engine.own import Own

Shape = Any
# Bookkeeping of bridged providers: the names of inputs that they filled in.
_BOOKKEEPING = "__defaults"
_LIMIT = re.compile(r"(?P<sign>>=|<=)(?P<number>[0-9]+)")
_NAMED = re.compile(r"\$[a-z-]+")
_FACT = re.compile(r"\$\{([a-z_]+)\}")
_PARTS = re.compile(r"(\$\{[a-z_]+\}|\*\*|\*)")
_EXACT = re.compile(r"(\$\{[a-z_]+\})")


class Shapes:
    """Named shapes, and the comparison of values with shapes.

    Args:
        named_shapes: shapes by name, without the `$`.
    """

    def __init__(self, named_shapes: Mapping[str, Shape]) -> None:
        self._named = named_shapes

    def unlisted(self, shape: Shape, value: Any, own: Own, path: str = "") -> Iterator[str]:
        """Yield a problem for each input that a shape does not list, and for each value that it does not permit.

        An input that is not set is permitted: other rules demand what has to be set.
        """
        shape = self._resolved(shape)
        if value is None:
            return
        if not isinstance(shape, dict):
            if not self._permits(shape, value, own):
                yield f"{path} is {_shown(value)}, {self._expected(shape, own)}"
        elif not isinstance(value, dict):
            yield f"{path} is {named(value)}, and not an object whose inputs can be read"
        else:
            yield from self._unlisted_fields(cast("dict[str, Shape]", shape), cast("dict[str, Any]", value), own, path)

    def _unlisted_fields(self, shape: dict[str, Shape], fields: dict[str, Any], own: Own, path: str) -> Iterator[str]:
        for key, inner in fields.items():
            below = f"{path}.{key}".lstrip(".")
            if key == _BOOKKEEPING and all(isinstance(name, str) for name in items(inner)):
                continue
            if key in shape:
                yield from self.unlisted(shape[key], inner, own, below)
            elif f"{key}[]" in shape:
                for index, element in enumerate(items(inner)):
                    if element is None:
                        yield f"{below}[{index}] is not set, and an element of a list has to be"
                    yield from self.unlisted(shape[f"{key}[]"], element, own, f"{below}[{index}]")
            elif key in shape.get("any", ()):
                yield from self.unlisted("any", inner, own, below)
            elif "*" in shape:
                yield from self.unlisted(shape["*"], inner, own, below)
            elif inner is not None:
                yield f"{below} is set, and no rule knows this input"

    def missing(self, shape: Shape, value: Any, own: Own, path: str = "") -> Iterator[str]:
        """Yield a problem for each value that a shape demands and that is not there; further inputs are permitted.

        `key[]` are the elements of a list, in any order, `key[+]` texts among others, `key[*]` texts of which each
        element fits one, and `key{}` is an object without further inputs.
        """
        shape = self._resolved(shape)
        if not isinstance(shape, dict):
            # In a state the vendor's provider writes an empty text for what has no value.
            given = None if value == "" and self._permits(shape, None, own) else value
            if not self._permits(shape, given, own):
                yield f"{path} is {named(value)}, {self._expected(shape, own)}"
            return
        for key, inner in cast("dict[str, Shape]", shape).items():
            name = re.sub(r"(\[[+*]?\]|\{\})$", "", key)
            below = f"{path}.{name}".lstrip(".")
            given = mapping(value).get(name) if is_open(value) else value
            if key.endswith("[+]"):
                absent = (text for text in inner if not any(self._permits(text, one, own) for one in items(given)))
                yield from (f"{below} has no {_filled(text, own)}" for text in absent)
            elif key.endswith("[*]"):
                strange = (one for one in items(given) if not any(self._permits(text, one, own) for text in inner))
                yield from (f"{below} has {named(one)} beside what is listed" for one in strange)
            elif key.endswith("[]"):
                yield from self._missing_elements(inner, items(given), own, below)
            else:
                yield from self.missing(inner, given, own, below)
                if key.endswith("{}"):
                    yield from (
                        f"{below} has {named(other)} beside it" for other in sorted({*mapping(given)} - {*inner})
                    )

    def _missing_elements(self, shapes: list[Shape], elements: list[Any], own: Own, path: str) -> Iterator[str]:
        if len(elements) != len(shapes):
            yield f"{path} has {len(elements)} elements, and {len(shapes)} are expected"
        left = list(elements)
        for index, shape in enumerate(shapes):
            fitting = next((one for one in left if not any(self.missing(shape, one, own))), None)
            if fitting is not None:
                left.remove(fitting)
            else:
                yield from self.missing(
                    shape, elements[index] if index < len(elements) else None, own, f"{path}[{index}]"
                )

    def _resolved(self, shape: Shape) -> Shape:
        return self._named[shape[1:]] if isinstance(shape, str) and _NAMED.fullmatch(shape) else shape

    def _permits(self, shape: Shape, value: Any, own: Own) -> bool:
        if isinstance(shape, list):
            return any(self._permits(self._resolved(one), value, own) for one in cast("list[Shape]", shape))
        if shape == "any":
            return not _has_object(value)
        if not is_open(value):
            return value is UNKNOWN and isinstance(shape, str) and shape.startswith("?")
        if isinstance(shape, dict):
            return isinstance(value, dict) and not any(self.unlisted(shape, value, own))
        if isinstance(shape, str):
            return _is_within(shape, value) or _matches(shape, value, own)
        return (type(shape) is type(value) and shape == value) or _is_number(shape, value)

    @staticmethod
    def _expected(shape: Shape, own: Own) -> str:
        if shape == "any" or _has_object(shape):
            return "and not in a form that security lists"
        expected = [_filled(one, own) if isinstance(one, str) else str(one).lower() for one in items(shape)]
        return f"and not {' or '.join(expected)}" if expected else "and must not be set"


def _is_number(shape: Any, value: Any) -> bool:
    return (
        isinstance(shape, int | float)
        and not isinstance(shape, bool)
        and not isinstance(value, bool)
        and isinstance(value, int | float | str)
        and number(value) == shape
    )


def _is_within(limit: str, value: Any) -> bool:
    match = _LIMIT.fullmatch(limit)
    given = seconds(value) if isinstance(value, str) and value.endswith("s") else number(value)
    if match is None or given is None:
        return False
    return given >= float(match["number"]) if match["sign"] == ">=" else given <= float(match["number"])


def _matches(pattern: str, value: Any, own: Own) -> bool:
    """Return whether a value is printable ASCII that a pattern matches as a whole: no other letter looks like it."""
    expression = _expression(pattern, tuple(sorted(own.items())))
    plain = isinstance(value, str) and value.isascii() and value.isprintable()
    return plain and expression is not None and expression.fullmatch(value) is not None


@lru_cache(maxsize=4096)
def _expression(pattern: str, own: tuple[tuple[str, str], ...]) -> re.Pattern[str] | None:
    """Return a pattern as an expression; None where the environment lacks a fact that it names."""
    facts = dict(own)
    pattern = pattern.removeprefix("?")
    parts = _EXACT.split(pattern[1:]) if pattern.startswith("=") else _PARTS.split(pattern)
    written = ""
    for part in parts:
        if part in ("*", "**") and not pattern.startswith("="):
            written += "[^/]*" if part == "*" else ".*"
        elif fact := _FACT.fullmatch(part):
            if fact[1] not in facts:
                return None
            written += re.escape(facts[fact[1]])
        else:
            written += re.escape(part)
    return re.compile(written, re.DOTALL)


def _has_object(value: Any) -> bool:
    """Return whether a value is an object, or a list with one at any depth."""
    return isinstance(value, dict) or (isinstance(value, list) and any(map(_has_object, cast("list[Any]", value))))


def _shown(value: Any) -> str:
    return "an object" if _has_object(value) else named(value)


def _filled(pattern: str, own: Own) -> str:
    return _FACT.sub(lambda match: own.get(match[1], match[0]), pattern.lstrip("?="))
