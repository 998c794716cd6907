"""Dotted paths in bodies and inputs, and merges of declared values with the API's values."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, cast

from sandbox.plugins.protocol import Properties, joined


@dataclass(frozen=True)
class Spot:
    """Place of a value: its property path, and that path without positions in lists and keys of maps."""

    place: str = ""
    path: str = ""

    def below(self, key: str) -> "Spot":
        """Returns where a property of an object is, or a key of a map."""
        return Spot(joined(self.place, key), f"{self.path}.{key}" if self.path else key)

    def item(self, index: int) -> "Spot":
        """Returns where an item of a list is."""
        return Spot(f"{self.place}[{index}]", self.path)


def move(body: Properties, source: str, target: str) -> None:
    """Moves the value at a dotted path to another path, if there is a value; `*` stands for each item of a list."""
    if ".*." in source:
        (above, below), (_, target_below) = source.split(".*.", 1), target.split(".*.", 1)
        for item in _items(body, above):
            move(item, below, target_below)
        return
    *above, last = source.split(".")
    holder = take(body, ".".join(above)) if above else body
    if not isinstance(holder, dict) or last not in holder:
        return
    value = cast("Properties", holder).pop(last)
    *above, last = target.split(".")
    for step in above:
        body = body.setdefault(step, {})
    body[last] = value


def drop(body: Any, path: str) -> None:
    """Removes the value at a dotted path, in lists from every item."""
    step, _, below = path.partition(".")
    if isinstance(body, list):
        for item in cast("list[Any]", body):
            drop(item, path)
    elif isinstance(body, dict) and below:
        drop(cast("Properties", body).get(step), below)
    elif isinstance(body, dict):
        cast("Properties", body).pop(step, None)


def convert(body: Properties, path: str, conversion: Callable[[Any], Any]) -> None:
    """Converts the value at a dotted path, if there is a value; None removes it."""
    if ".*." in path:
        above, below = path.split(".*.", 1)
        for item in _items(body, above):
            convert(item, below, conversion)
        return
    *above, last = path.split(".")
    holder = take(body, ".".join(above)) if above else body
    if isinstance(holder, dict) and last in holder:
        value = conversion(cast("Properties", holder).pop(last))
        if value is not None:
            holder[last] = value


def _items(body: Properties, path: str) -> list[Properties]:
    items = take(body, path)
    return [item for item in cast("list[Any]", items) if isinstance(item, dict)] if isinstance(items, list) else []


def take(body: Any, path: str) -> Any:
    """Returns the value at a dotted path; None if the path does not exist."""
    for step in path.split("."):
        if not isinstance(body, dict):
            return None
        body = cast("Properties", body).get(step)
    return body


def filled(declared: Any, present: Any) -> Any:
    """Returns a declared value with the fields that the API added to it."""
    if not isinstance(declared, dict) or not isinstance(present, dict):
        return cast("Any", declared)
    stated, current = cast("Properties", declared), cast("Properties", present)
    return {**current, **{key: filled(value, current.get(key)) for key, value in stated.items()}}


def restricted(declared: Any, present: Any) -> Any:
    """Returns a present value without fields that are not declared; without a present value, the declared one."""
    if present is None:
        return declared
    if not isinstance(declared, dict) or not isinstance(present, dict):
        return present
    stated, current = cast("Properties", declared), cast("Properties", present)
    return {key: restricted(value, current.get(key)) for key, value in stated.items()}
