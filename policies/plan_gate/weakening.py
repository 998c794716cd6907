"""Updates that weaken: what they switch off, open, stop, downgrade or make final, found by path (plan_weakening.yaml).

A replacement is compared like an update, since the new resource stands for the old one. A new resource is judged by the
policies, a deletion by the gate's rule on what is protected.
"""

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cache
from ipaddress import ip_network
from pathlib import Path
from typing import Annotated, Any, Literal, NamedTuple, Self, cast

from pydantic import BaseModel, ConfigDict, Field, model_validator

from engine import data
from engine.inputs import items, mapping, number
from engine.options import OptionChange
from engine.values import is_opaque, is_unknown
from plan_gate.change import Change, Operation
from policy_pack.quantities import amount
from policy_pack.ranges import PRIVATE, is_wide

FILE = Path(__file__).resolve().parents[1] / "plan_weakening.yaml"

# A step of a path: a name, a key in brackets, or all elements of a list, narrowed by a field's pattern.
_STEP = re.compile(r'(?P<name>\w+)|\["(?P<key>[^"]+)"\]|\[(?:(?P<field>\w+)=(?P<pattern>[^\]]+))?\]')
_PATH = re.compile(r'(?:\w+|\["[^"]+"\]|\[(?:\w+=[^\]]+)?\]|\.)+')

Kind = Literal["weakens", "opens", "stops", "downgrades", "final"]
Scalar = bool | int | float | str


class _Document(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Weakening(_Document):
    """Change of one input that weakens. Exactly one of the ways is given.

    Attributes:
        kind: what the change does; `final` cannot be undone.
        because: the consequence.
        good: values that are left; an input that is not given has none.
        bad: values that are reached.
        less: a number, duration or version that falls, or is no longer given.
        more: a number, duration or version that rises, or is given for the first time.
        unset: it is given no longer.
        moves: it was given, and is another one or none.
        adds: a list or map gets an element.
        removes: a list or map loses an element.
        admits: rules of a network policy admit a peer to a port, or let it be called, as none did before.
        shrinks: an amount of a map falls, or is no longer given.
        changes: any change, from none as well.
        beside: keys of a map whose change is none.
        upto: part of a text from which on a change is none, such as the digest behind `@`.
        outside: whether egress to public addresses needs no exception, as a new rule for it needs none.
        exception: operation that an exception has to accept; by default `weaken` with the path, none for `final`.
    """

    kind: Kind
    because: Annotated[str, Field(min_length=5)]
    good: tuple[Scalar, ...] = ()
    bad: tuple[Scalar, ...] = ()
    less: bool = False
    more: bool = False
    unset: bool = False
    moves: bool = False
    adds: bool = False
    removes: bool = False
    admits: bool = False
    shrinks: bool = False
    changes: bool = False
    beside: tuple[str, ...] = ()
    upto: str = ""
    outside: bool = False
    exception: Literal["unprotect"] | None = None

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        if len(self.ways) != 1:
            raise ValueError(f"give exactly one of {', '.join(_HAPPENS)}")
        return self

    @property
    def ways(self) -> tuple[str, ...]:
        """Ways that are given."""
        return tuple(way for way in _HAPPENS if getattr(self, way))

    def happens(self, before: list[Any], after: list[Any]) -> bool:
        """Return whether the values at the path change in this way."""
        before, after = list(self._counted(before)), list(self._counted(after))
        old, new = frozenset(map(_text, before)), frozenset(map(_text, after))
        return old != new and _HAPPENS[self.ways[0]](self, _Values(before, old), _Values(after, new))

    def _counted(self, values: Iterable[Any]) -> Iterator[Any]:
        """Yield the values of which a change counts."""
        for value in values:
            if isinstance(value, tuple) and value[0] in self.beside:
                continue
            yield "".join(value.partition(self.upto)[:2]) if self.upto and isinstance(value, str) else value


class _Values(NamedTuple):
    """Values at a path, and their texts for comparison."""

    all: list[Any]
    texts: frozenset[str]

    @property
    def are_known(self) -> bool:
        return bool(self.all) and not any(map(_is_hidden, self.all))

    @property
    def pairs(self) -> list[tuple[str, Any]]:
        """The entries of a map."""
        return [cast("tuple[str, Any]", value) for value in self.all if isinstance(value, tuple)]

    @property
    def sizes(self) -> list[tuple[float, ...]]:
        return [_size(value) for value in self.all]


def _leaves(way: Weakening, old: _Values, new: _Values) -> bool:
    good = frozenset(map(_text, way.good))
    return bool(old.texts & good) and (not new.texts or not new.texts <= good)


def _reaches(way: Weakening, old: _Values, new: _Values) -> bool:
    return bool((new.texts & frozenset(map(_text, way.bad))) - old.texts) or any(map(_is_hidden, new.all))


def _falls(way: Weakening, old: _Values, new: _Values) -> bool:
    del way
    return not new.are_known or bool(old.all and min(new.sizes) < min(old.sizes))


def _rises(way: Weakening, old: _Values, new: _Values) -> bool:
    del way
    return bool(new.all) and (not new.are_known or not old.all or max(new.sizes) > max(old.sizes))


def _shrinks(way: Weakening, old: _Values, new: _Values) -> bool:
    del way
    if not new.are_known:
        return True
    after = dict(new.pairs)
    return any((amount(after.get(name)) or 0) < (amount(value) or 0) for name, value in old.pairs)


_ALL = ("everybody, every port",)


def _admitted(rules: _Values) -> frozenset[tuple[str, str]]:
    """Return peers with the ports that rules admit them to; a rule without peers or ports admits all."""
    pairs: set[tuple[str, str]] = set()
    for rule in rules.all:
        fields = mapping(rule)
        peers = items(fields.get("from")) or items(fields.get("to")) or _ALL
        hidden = [_text(rule)] if _is_hidden(rule) else []
        ports = items(fields.get("ports")) or _ALL
        pairs |= {(_text(peer), _text(port)) for peer in [*hidden, *peers] for port in ports}
    return frozenset(pairs)


def _always(way: Weakening, old: _Values, new: _Values) -> bool:
    del way, old, new
    return True


_HAPPENS: Mapping[str, Callable[[Weakening, _Values, _Values], bool]] = {
    "good": _leaves,
    "bad": _reaches,
    "less": _falls,
    "more": _rises,
    "unset": lambda _, __, new: not new.all,
    "moves": lambda _, old, __: bool(old.all),
    "adds": lambda _, old, new: bool(new.texts - old.texts),
    "removes": lambda _, old, new: bool(old.texts - new.texts),
    "admits": lambda _, old, new: bool(_admitted(new) - _admitted(old)),
    "shrinks": _shrinks,
    "changes": _always,
}


class TypeOf(_Document):
    """Weakening changes of one type.

    Attributes:
        guards: whether it holds data or is a guard rail, so that each of its changes here needs an exception.
        paths: changes by path; a path may be changed in several ways.
    """

    guards: bool = True
    paths: dict[str, tuple[Weakening, ...]]

    @model_validator(mode="after")
    def _readable(self) -> Self:
        for path in self.paths:
            if not _PATH.fullmatch(path):
                raise ValueError(f'{path!r} is no path: write names with dots, [], [field=pattern] or ["key"]')
        return self


class Settings(_Document):
    """Content of plan_weakening.yaml, which explains its parts."""

    types: dict[str, TypeOf]
    harmless: dict[str, Annotated[str, Field(min_length=5)]]


@dataclass(frozen=True)
class Weakened:
    """Weakening change of a plan.

    Attributes:
        change: the resource's change.
        path: path of the input, or the name of an option.
        kind: what it does.
        because: the consequence.
        operation: operation that an exception has to accept; empty where the change is reported only.
    """

    change: Change
    path: str
    kind: Kind
    because: str
    operation: str

    @property
    def line(self) -> str:
        """Change in a line."""
        return f"{self.kind} {self.change.label}, {self.path}: {self.because}"


@cache
def settings(file: Path = FILE) -> Settings:
    """Return the settings.

    Raises:
        engine.data.DataError: the file cannot be used.
    """
    return data.load(file, Settings)


def weakened(changes: Iterable[Change], known: Settings) -> Iterator[Weakened]:
    """Yield the weakening changes of resources that stay or are replaced."""
    for change in changes:
        of = known.types.get(change.type)
        if change.old is None:
            continue  # new, or adopted: no file of a preview has what it was before, and the pack judges what it is
        if of and change.operation in (Operation.UPDATE, Operation.REPLACE) and change.goal:
            yield from _of_inputs(change, of)
        if of and of.guards:
            yield from (found for option in change.options for found in _of_option(change, option))


def happening(of: TypeOf, before: dict[str, Any], after: dict[str, Any]) -> Iterator[tuple[str, Weakening, list[Any]]]:
    """Yield the ways in which other inputs weaken a resource of a type, each with its path and the values before."""
    for path, ways in of.paths.items():
        old, new = list(values(before, path)), list(values(after, path))
        yield from ((path, way, old) for way in ways if way.happens(old, new))


def _of_inputs(change: Change, of: TypeOf) -> Iterator[Weakened]:
    before, after = change.before, change.after
    for path, way, old in happening(of, before, after):
        if not _is_repaired(change, path, way, old):
            free = way.kind == "final" or not of.guards or (way.outside and _is_outside(before, after))
            needed = "" if free else way.exception or f"weaken {path}"
            yield Weakened(change, path, way.kind, way.because, needed)


def _is_outside(*both: Mapping[str, Any]) -> bool:
    """Return whether a firewall rule only lets out, before and after, to public addresses that are named."""
    ranges = [items(inputs.get("destinationRanges")) for inputs in both]
    let_out = all(inputs.get("direction") == "EGRESS" and not inputs.get("denies") for inputs in both)
    return let_out and all(listed and not is_wide(listed) and all(map(_is_public, listed)) for listed in ranges)


def _is_public(value: Any) -> bool:
    try:
        network = ip_network(value)
    except ValueError:
        return False
    return network.version == 4 and not any(map(network.overlaps, PRIVATE))


def _is_repaired(change: Change, path: str, way: Weakening, found: list[Any]) -> bool:
    """Return whether an out-of-band change took a path the same way, or its values away: then this takes it back."""
    if change.recorded is None:
        return False
    return way.happens(list(values(change.recorded.inputs, path)), found) or not found


def _of_option(change: Change, option: OptionChange) -> Iterator[Weakened]:
    left_out = sorted(set(option.after.split(", ")) - {*option.before.split(", "), "nothing"})
    if option.option == "ignoreChanges" and left_out:
        because = f"changes of {', '.join(left_out)} are left out from now on: what the program says is not done"
        yield Weakened(change, option.option, "weakens", because, f"weaken {option.option}")


def values(document: Any, path: str) -> Iterator[Any]:
    """Yield all values at a path in inputs; an unknown or secret value on the way is yielded itself."""
    found: list[Any] = [document]
    for step in _STEP.finditer(path):
        found = [inner for value in found for inner in _below(value, step)]
    if path.endswith("]") and not path.endswith('"]'):
        yield from found
        return
    for value in found:
        yield from cast("list[Any]", value) if isinstance(value, list) else _entries(value)


def _entries(value: Any) -> Iterator[Any]:
    """Yield the entries of a map as pairs, and any other value itself."""
    if isinstance(value, dict) and not is_opaque(cast("object", value)):
        yield from cast("dict[str, Any]", value).items()
    else:
        yield value


def _below(value: Any, step: re.Match[str]) -> Iterator[Any]:
    if _is_hidden(value):
        yield value
    elif (name := step["name"] or step["key"]) is not None:
        inner = cast("dict[str, Any]", value).get(name) if isinstance(value, dict) else None
        if inner is not None:
            yield inner
    else:
        for element in cast("list[Any]", value) if isinstance(value, list) else [value]:
            fields = cast("dict[str, Any]", element) if isinstance(element, dict) else {}
            field = step["field"]
            if not field or _is_hidden(element) or fnmatchcase(str(fields.get(field)), step["pattern"]):
                yield element


def _is_hidden(value: Any) -> bool:
    return is_unknown(value) or is_opaque(value)


def _text(value: Any) -> str:
    """Return a value for comparison: a boolean or number that is written as text equals it."""
    size = None if isinstance(value, bool) else number(value)
    if size is not None:
        return f"{size:g}"
    return value.lower() if isinstance(value, str) else json.dumps(value, sort_keys=True)


def _size(value: Any) -> tuple[float, ...]:
    """Return the size of a number, a duration in seconds, or a version, by its numbers."""
    if isinstance(value, int | float):
        return (float(value),)
    return tuple(float(part) for part in re.findall(r"[0-9]+", str(value)))
