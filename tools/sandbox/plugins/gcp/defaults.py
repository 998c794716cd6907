"""Values that the provider fills in where a program gives none.

As with the vendor's provider, the inputs list in `__defaults` what no program chose. What a program declared before and
declares no longer becomes the default then; what the provider filled in before keeps its value.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any, cast

from sandbox.plugins.gcp import facts
from sandbox.plugins.gcp import inputs as sdk
from sandbox.plugins.gcp.checks import given
from sandbox.plugins.gcp.facts import Facts
from sandbox.plugins.gcp.inputs import Property, Shape
from sandbox.plugins.gcp.paths import Spot
from sandbox.plugins.protocol import Properties

LIST = "__defaults"


def may_stay(place: str, olds: Properties) -> bool:
    """Returns whether a value before can be the default now: without a list, as after an import, each can."""
    return LIST not in olds or place in cast("list[str]", olds[LIST])


def filled(token: str, inputs: Properties, olds: Properties, filled_in: Collection[str] = ()) -> Properties:
    """Returns the inputs of a type with the defaults of the provider, also within the blocks that are given.

    An input that a given one excludes gets none.

    Args:
        token: the type's token.
        inputs: the inputs.
        olds: the inputs before; empty for a new resource.
        filled_in: inputs that were filled in already, such as a generated name.
    """
    known = facts.of(token)
    excluded = _excluded(known, inputs)
    values = {path: value for path, value in known.defaults.items() if path not in excluded}
    filler = _Filler(token, values, olds)
    result = filler.object(sdk.properties(token), inputs, olds, Spot())
    return {**result, LIST: sorted({*filled_in, *filler.places})}


@dataclass(frozen=True)
class _Filler:
    token: str
    values: Mapping[str, Any]
    olds: Properties
    places: set[str] = field(default_factory=set[str])

    def object(self, known: Mapping[str, Property], inputs: Properties, before: Any, spot: Spot) -> Properties:
        """Returns an object with the defaults of its properties."""
        olds = cast("Properties", before) if isinstance(before, dict) else {}
        result: Properties = {}
        for key, value in inputs.items():
            below = spot.below(key)
            inside = key in known and any(default.startswith(f"{below.path}.") for default in self.values)
            result[key] = self._value(known[key].shape, value, olds.get(key), below) if inside else value
        for key in known:
            below = spot.below(key)
            if inputs.get(key) is None and below.path in self.values:
                value = self._default(below, olds.get(key))
                if value is not None:
                    result[key] = value
                    self.places.add(below.place)
        return result

    def _default(self, spot: Spot, before: Any) -> Any:
        """Returns the default of an input; None for false, zero and an empty text, which an absent value means."""
        return before if before is not None and may_stay(spot.place, self.olds) else self.values[spot.path] or None

    def _value(self, shape: Shape, value: Any, before: Any, spot: Spot) -> Any:
        if isinstance(value, list) and shape.of:
            olds = cast("list[Any]", before) if isinstance(before, list) else []
            return [
                self._value(shape.of, item, olds[index] if index < len(olds) else None, spot.item(index))
                for index, item in enumerate(cast("list[Any]", value))
            ]
        if isinstance(value, dict) and shape.kind == "object":
            return self.object(sdk.fields(self.token, shape), cast("Properties", value), before, spot)
        return cast("Any", value)


def _excluded(known: Facts, inputs: Properties) -> set[str]:
    """Returns the inputs with a default that cannot be given beside the given ones."""
    excluded: set[str] = set()
    for path, others in known.apart.items():
        if any(given(inputs, other) for other in others):
            excluded.add(path)
        if given(inputs, path):
            excluded.update(others)
    for group in known.one:
        if any(given(inputs, path) for path in group):
            excluded.update(group)
    return excluded
