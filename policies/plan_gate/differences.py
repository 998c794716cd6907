"""Differences between a resource's inputs before and after a plan, a line each, for a person.

Lists are compared as sets: an element that only moved is no difference of content, and one that is taken out is named
instead of every index behind it. Secrets are masked, and values that only an update makes known are named so.
"""

import json
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import takewhile
from typing import Any, Final, cast

from engine import paths
from engine.values import is_unknown, masked

# Providers note under such names what they filled in.
_OWN: Final = "__"
_UNKNOWN: Final = "(known after the update)"
_LONGEST: Final = 60
_AROUND: Final = 12


_MISSING: Final = object()


@dataclass(frozen=True)
class Difference:
    """One difference: `sign` is `+`, `-` or `~`; `path` names the property; `text` shows the values, cut to a line."""

    sign: str
    path: str
    text: str

    def __str__(self) -> str:
        return f"{self.sign} {self.path}: {self.text}" if self.path else f"{self.sign} {self.text}"


def differences(
    before: dict[str, Any], after: dict[str, Any], confidential: Sequence[str] = ()
) -> tuple[Difference, ...]:
    """Return the differences of two sets of inputs, sorted by property.

    Args:
        before: inputs of the state, secrets encrypted or marked.
        after: inputs as the plan has them.
        confidential: properties that are secret as a whole, whatever the provider marked.
    """
    found: list[Difference] = []
    for name in sorted(before.keys() | after.keys()):
        old, new = before.get(name, _MISSING), after.get(name, _MISSING)
        if name.startswith(_OWN) or old == new:
            continue
        shown = tuple(_compared(name, _plain(old, name), _plain(new, name))) if name not in confidential else ()
        found += shown or (Difference("~", name, "differs in what is secret or in the order"),)
    return tuple(found)


def shown(value: Any) -> str:
    """Return a masked value in a line; words for none."""
    return "nothing" if value is None else _cut(_text(value))


def _plain(value: Any, name: str) -> Any:
    return value if value is _MISSING else masked(value, name)


def _compared(path: str, old: Any, new: Any) -> Iterator[Difference]:
    if old == new:
        return
    old, new = _documents(old, new)
    if isinstance(old, dict) and isinstance(new, dict):
        yield from _mappings(path, cast("dict[str, Any]", old), cast("dict[str, Any]", new))
    elif isinstance(old, list) and isinstance(new, list):
        yield from _lists(path, cast("list[Any]", old), cast("list[Any]", new))
    elif old is _MISSING:
        yield Difference("+", path, _cut(_text(new)))
    elif new is _MISSING:
        yield Difference("-", path, _cut(_text(old)))
    else:
        yield Difference("~", path, " => ".join(_both(_text(old), _text(new))))


def _documents(old: Any, new: Any) -> tuple[Any, Any]:
    """Return what two texts hold where both are JSON documents, else the two as they are."""
    if isinstance(old, str) and isinstance(new, str) and old[:1] == new[:1] and old[:1] in ("{", "["):
        with suppress(ValueError):
            return json.loads(old), json.loads(new)
    return old, new


def _mappings(path: str, old: dict[str, Any], new: dict[str, Any]) -> Iterator[Difference]:
    for name in sorted(old.keys() | new.keys()):
        if not name.startswith(_OWN):
            yield from _compared(f"{path}.{name}", old.get(name, _MISSING), new.get(name, _MISSING))


def _lists(path: str, old: list[Any], new: list[Any]) -> Iterator[Difference]:
    gone, come = _without(old, new), _without(new, old)
    key = paths.key(old, new)
    if key is not None:
        before, after = ({str(each[key]): each for each in elements} for elements in (gone, come))
        for name in sorted(before.keys() | after.keys()):
            yield from _compared(f"{path}[{name}]", before.get(name, _MISSING), after.get(name, _MISSING))
    elif len(gone) == len(come) == 1 and not isinstance(gone[0], str):
        inside = path if len(old) == len(new) == 1 else f"{path}[]"
        yield from _compared(inside, gone[0], come[0])
    else:
        yield from (Difference("-", path, _cut(_text(each))) for each in gone)
        yield from (Difference("+", path, _cut(_text(each))) for each in come)
    if not gone and not come:
        yield Difference("~", path, "in another order")


def _without(elements: list[Any], others: list[Any]) -> list[Any]:
    """Return the elements that the others lack, each as often as it is too many."""
    rest, left = list(others), list[Any]()
    for each in elements:
        if each in rest:
            rest.remove(each)
        else:
            left.append(each)
    return left


def _text(value: Any) -> str:
    if is_unknown(value):
        return _UNKNOWN
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False)[1:-1] if value else '""'
    return json.dumps(_told(value), ensure_ascii=False, sort_keys=True)


def _told(value: Any) -> Any:
    """Return a value with words for what only an update makes known."""
    if isinstance(value, dict):
        return {key: _told(inner) for key, inner in cast("dict[str, Any]", value).items() if not key.startswith(_OWN)}
    if isinstance(value, list):
        return [_told(inner) for inner in cast("list[Any]", value)]
    return _UNKNOWN if is_unknown(value) else value


def _cut(text: str) -> str:
    """Cut a long text in its middle."""
    half = (_LONGEST - 1) // 2
    return text if len(text) <= _LONGEST else f"{text[:half]}…{text[-half:]}"


def _both(old: str, new: str) -> tuple[str, str]:
    """Cut two texts where they are equal, so that what differs is left."""
    if max(len(old), len(new)) <= _LONGEST:
        return old, new
    front = max(_equal(old, new) - _AROUND, 0)
    end = max(_equal(old[:front:-1], new[:front:-1]) - _AROUND, 0)

    def middle(text: str) -> str:
        kept = text[front : len(text) - end]
        return _cut(f"{'…' if front else ''}{kept}{'…' if end else ''}")

    return middle(old), middle(new)


def _equal(old: str, new: str) -> int:
    """Return how many characters are equal at the front."""
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(old, new, strict=False)))
