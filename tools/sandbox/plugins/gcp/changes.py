"""Changes from the inputs of a resource to new inputs, as the provider plans them.

What a program no longer declares is not always changed: Google's own value stays where there is one, a default takes
the place where the provider has one, and false, zero and an empty text are what an absent value means.
"""

import ipaddress
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, cast

from sandbox.plugins.gcp import comparisons, facts
from sandbox.plugins.gcp import inputs as sdk
from sandbox.plugins.gcp.inputs import Property, Shape
from sandbox.plugins.gcp.paths import Spot
from sandbox.plugins.protocol import UNKNOWN, Properties, joined

_PLANNED = {"deletionPolicy": "DELETE"}  # a value that a plan has where none is given, though the inputs have none


@dataclass
class Changes:
    """Changes of the inputs of one resource.

    Attributes:
        kinds: property path -> "add", "delete" or "update".
        replaced: the changed paths that force a replacement.
        kept: the paths that were removed, and whose value stays as it is.
    """

    kinds: dict[str, str] = field(default_factory=dict[str, str])
    replaced: set[str] = field(default_factory=set[str])
    kept: set[str] = field(default_factory=set[str])


def between(token: str, replace_on: Collection[str], old: Properties, new: Properties, state: Properties) -> Changes:
    """Returns the changes from old inputs to new inputs.

    Args:
        token: the type's token.
        replace_on: top-level inputs whose change forces a replacement.
        old: the inputs before.
        new: the inputs after, with defaults.
        state: the present outputs; a value that Google filled in there is no change when it is declared.
    """
    comparison = _Comparison(token, facts.of(token), sdk.filled_in_by_google(token), frozenset(replace_on), new)
    comparison.object(_Values(old, new, state), sdk.properties(token), Spot())
    return comparison.changes


def with_kept(token: str, given: Properties, *earlier: Properties) -> Properties:
    """Returns inputs with the values that stay as they are though the inputs do not have them.

    Args:
        token: the type's token.
        given: the inputs.
        earlier: where those values are, the most recent first.
    """
    return _Kept(token, facts.of(token), sdk.filled_in_by_google(token)).object(
        sdk.properties(token), given, earlier, ""
    )


@dataclass(frozen=True)
class _Values:
    """A value before and after a change, and the present output."""

    before: Any
    after: Any
    present: Any = None

    def below(self, key: str) -> "_Values":
        sides = (self.before, self.after, self.present)
        return _Values(*(cast("Properties", side).get(key) if isinstance(side, dict) else None for side in sides))


@dataclass
class _Comparison:
    token: str
    known: facts.Facts
    filled: frozenset[str]
    replace_on: frozenset[str]
    inputs: Properties
    changes: Changes = field(default_factory=Changes)

    def object(self, values: _Values, known: Mapping[str, Property], spot: Spot) -> None:
        """Compares the properties of an object that is given before and after."""
        for key in sorted({*values.before, *values.after}):
            if not key.startswith("__"):
                shape = known[key].shape if key in known else Shape("any")
                self._value(values.below(key), shape, spot.below(key))

    def _value(self, values: _Values, shape: Shape, spot: Spot) -> None:
        before, after = values.before, values.after
        if before == after or self._alike(before, after, spot.path):
            return
        if after == UNKNOWN:
            self._change(spot, "update" if before is not None else "add", _Values(before, after))
        elif after is None:
            self._removed(before, shape, spot)
        elif before is None:
            self._added(values, shape, spot)
        elif isinstance(before, dict) and isinstance(after, dict) and shape.kind == "object":
            self.object(values, sdk.fields(self.token, shape), spot)
        elif isinstance(before, dict) and isinstance(after, dict):
            self._map(values, spot)
        elif isinstance(before, list) and isinstance(after, list):
            self._list(values, shape, spot)
        else:
            self._change(spot, "update", _Values(before, after))

    def _removed(self, before: Any, shape: Shape, spot: Spot) -> None:
        planned = self._planned(spot.path)
        if planned is not None:
            if before != planned:
                self._change(spot, "update", _Values(before, None))
        elif spot.path in self.filled or self.known.stays(spot.path):
            if before != UNKNOWN:
                self.changes.kept.add(spot.place)
        elif shape.kind == "map":
            self._map(_Values(_mapping(before), {}), spot)
        elif not _means_nothing(shape, before):
            self._change(spot, "delete", _Values(before, None))

    def _added(self, values: _Values, shape: Shape, spot: Spot) -> None:
        absent = self._planned(spot.path)
        if (spot.path in self.filled or self.known.stays(spot.path)) and values.present is not None:
            absent = values.present
        if values.after == absent or (absent is None and _means_nothing(shape, values.after)):
            return
        if shape.kind == "map":
            self._map(_Values(_mapping(absent), _mapping(values.after)), spot)
        else:
            self._change(spot, "add", _Values(values.present, values.after))

    def _map(self, values: _Values, spot: Spot) -> None:
        for key in sorted({*values.before, *values.after}):
            if values.before.get(key) != values.after.get(key):
                kind = "delete" if key not in values.after else "add" if key not in values.before else "update"
                self._change(Spot(joined(spot.place, key), spot.path), kind, _Values(None, None))

    def _list(self, values: _Values, shape: Shape, spot: Spot) -> None:
        earlier, later = [*enumerate(values.before)], [*enumerate(values.after)]
        if spot.path in self.known.sets:
            earlier, later = _without_common(earlier, later, lambda one, other: self._same(one, other, spot.path))
        output = values.present
        states = cast("list[Any]", output) if isinstance(output, list) else []
        for (_, old), (index, new) in zip(earlier, later, strict=False):
            present = states[index] if index < len(states) else None
            self._value(_Values(old, new, present), shape.of or Shape("any"), spot.item(index))
        for index, old in earlier[len(later) :]:
            self._change(spot.item(index), "delete", _Values(old, None))
        for index, new in later[len(earlier) :]:
            self._change(spot.item(index), "add", _Values(None, new))

    def _same(self, one: Any, other: Any, path: str) -> bool:
        return one == other or self._alike(one, other, path)

    def _alike(self, before: Any, after: Any, path: str) -> bool:
        blank = self.known.blanks.get(path)
        if blank is not None and (before or "", after or "") in [("", blank), (blank, "")]:
            return True
        name = self.known.alike.get(path)
        return name is not None and after != UNKNOWN and comparisons.same(name, before, after, self.inputs)

    def _planned(self, path: str) -> Any:
        """Returns the value that a plan has for an input that is not given."""
        return self.known.defaults.get(path, None if self.known.stays(path) else _PLANNED.get(path))

    def _change(self, spot: Spot, kind: str, values: _Values) -> None:
        """Records a change; the inputs in a block that is added, removed or unknown count for its replacement."""
        self.changes.kinds[spot.place] = kind
        condition = self.known.replacedIf.get(spot.path)
        if values.after == UNKNOWN:
            inside = any(block.startswith(f"{spot.path}.") for block in self.known.replaced)
            replaced = condition is not None or inside or self._forces(spot.path)
        elif condition is not None:
            replaced = _CONDITIONS[condition](values.before, values.after)
        else:
            value = values.before if values.after is None else values.after
            replaced = any(self._forces(below) for below in _below(value, spot.path))
        if replaced:
            self.changes.replaced.add(spot.place)

    def _forces(self, path: str) -> bool:
        return path in self.replace_on or self.known.forces_replacement(path)


@dataclass(frozen=True)
class _Kept:
    token: str
    known: facts.Facts
    filled: frozenset[str]

    def object(
        self, known: Mapping[str, Property], given: Properties, earlier: Collection[Any], path: str
    ) -> Properties:
        sources = [cast("Properties", source) for source in earlier if isinstance(source, dict)]
        result: Properties = {}
        for key, expected in known.items():
            below = f"{path}.{key}" if path else key
            values = [source[key] for source in sources if source.get(key) is not None]
            value = given.get(key)
            if value is None:
                if values and (below in self.filled or self.known.stays(below)):
                    result[key] = values[0]
            elif isinstance(value, dict) and expected.shape.kind == "object":
                result[key] = self.object(
                    sdk.fields(self.token, expected.shape), cast("Properties", value), values, below
                )
        return {**result, **{key: value for key, value in given.items() if key not in result}}


def _mapping(value: Any) -> Properties:
    """Returns a map; an empty one for none, and for a value of a wrong type, which is refused elsewhere."""
    return cast("Properties", value) if isinstance(value, dict) else {}


def _below(value: Any, path: str) -> Iterator[str]:
    """Yields the path of a value, and the paths of the inputs in it."""
    yield path
    if isinstance(value, dict):
        for key, item in cast("Properties", value).items():
            yield from _below(item, f"{path}.{key}")
    elif isinstance(value, list):
        for item in cast("list[Any]", value):
            yield from _below(item, path)


def _without_common(
    earlier: list[tuple[int, Any]], later: list[tuple[int, Any]], same: Callable[[Any, Any], bool]
) -> tuple[list[tuple[int, Any]], list[tuple[int, Any]]]:
    """Returns two sets without the items that they have in common."""
    rest = list(later)
    alone: list[tuple[int, Any]] = []
    for item in earlier:
        match = next((other for other in rest if same(item[1], other[1])), None)
        if match is None:
            alone.append(item)
        else:
            rest.remove(match)
    return alone, rest


def _means_nothing(shape: Shape, value: Any) -> bool:
    """Returns whether a value is what an absent value means; an empty block is not."""
    return value in (False, 0, "", []) or (value == {} and shape.kind == "map")


def _narrower(before: Any, after: Any) -> bool:
    """Returns whether a range of addresses does not contain the range before."""
    if before is None:
        return False
    with suppress(ValueError, TypeError):
        return not ipaddress.IPv4Network(before, strict=False).subnet_of(ipaddress.IPv4Network(after, strict=False))
    return True


# Names of changes in the facts -> whether the change from a value to another, or none, is one.
_CONDITIONS: Mapping[str, Callable[[Any, Any], bool]] = {
    "changed": lambda before, after: before != after,
    "narrower": _narrower,
    "removed": lambda before, after: bool(before) and not after,
    "smaller": lambda before, after: before is not None and after is not None and after < before,
    "turned off": lambda before, after: before is True and after is not True,
}
CONDITIONS = frozenset(_CONDITIONS)
