"""Values that the provider fills in where a program gives none."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

from sandbox.plugins.gcp import facts
from sandbox.plugins.gcp import inputs as sdk
from sandbox.plugins.gcp.checks import given
from sandbox.plugins.gcp.facts import Facts
from sandbox.plugins.gcp.inputs import Property, Shape
from sandbox.plugins.protocol import Properties


def filled(token: str, inputs: Properties, olds: Properties) -> Properties:
    """Returns the inputs of a type with the defaults of the provider, also within the blocks that are given.

    A value before stays where the provider has a default for it. An input that a given one excludes gets none.

    Args:
        token: the type's token.
        inputs: the inputs.
        olds: the inputs before; empty for a new resource.
    """
    known = facts.of(token)
    excluded = _excluded(known, inputs)
    values = {path: value for path, value in known.defaults.items() if path not in excluded}
    return _Filler(token, values).object(sdk.properties(token), inputs, olds, "") if values else inputs


@dataclass(frozen=True)
class _Filler:
    token: str
    values: Mapping[str, Any]

    def object(self, known: Mapping[str, Property], inputs: Properties, olds: Any, path: str) -> Properties:
        """Returns an object with the defaults of its properties."""
        before = cast("Properties", olds) if isinstance(olds, dict) else {}
        result: Properties = {}
        for key, value in inputs.items():
            below = f"{path}.{key}" if path else key
            inside = key in known and any(default.startswith(f"{below}.") for default in self.values)
            result[key] = self._value(known[key].shape, value, before.get(key), below) if inside else value
        for key in known:
            below = f"{path}.{key}" if path else key
            if inputs.get(key) is None and below in self.values:
                value = before.get(key, self.values[below] or None)  # false, zero and "" are what none means
                if value is not None:
                    result[key] = value
        return result

    def _value(self, shape: Shape, value: Any, old: Any, path: str) -> Any:
        if isinstance(value, list) and shape.of:
            olds = cast("list[Any]", old) if isinstance(old, list) else []
            items = enumerate(cast("list[Any]", value))
            return [
                self._value(shape.of, item, olds[index] if index < len(olds) else None, path) for index, item in items
            ]
        if isinstance(value, dict) and shape.kind == "object":
            return self.object(sdk.fields(self.token, shape), cast("Properties", value), old, path)
        return value


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
