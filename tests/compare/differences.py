"""Differences between the declarations of two environments, and the reasons that a layer's owner has declared."""

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import yaml
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from compare.guards import additive, missed
from compare.values import Resource, Values
from toolchain.errors import ToolError

FILE = "differences.yaml"
_NOTHING = "not set"
_LONGEST = 120
# A missing value. An empty mapping is a value: it may select everything.
_ABSENT: Any = None


class Intended(BaseModel):
    """An entry of `differences.yaml`: a value that may differ, and the reason. `*` stands for any text.

    With `sometimes` the entry may match no difference: for one that comes and goes, such as a version on its way.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    resource: str = Field(min_length=1)
    property: str
    reason: str = Field(min_length=10)
    sometimes: bool = False

    def covers(self, difference: "Difference") -> bool:
        """Return whether the entry matches a difference; an empty property is a whole resource."""
        return _fits(self.resource, difference.resource) and _fits(self.property, difference.property)


@dataclass(frozen=True)
class Difference:
    """A value or resource that two environments do not share; a finding unless an entry gives a reason.

    Attributes:
        resource: type and name.
        property: path of the property; empty where one environment lacks the resource.
        earlier: the values in the environment that a change reaches first; empty where it has no value.
        later: the values in the next environment.
        between: the names of both environments.
        lost: consequence of a missing guard in the later environment; empty otherwise.
    """

    resource: str
    property: str
    earlier: tuple[str, ...]
    later: tuple[str, ...]
    between: tuple[str, str]
    lost: str = ""

    def words(self) -> str:
        """The difference as a sentence, with its consequence where a resource is missing."""
        first, second = self.between
        if self.property:
            return (
                f"{self.resource}: {self.property} is {shown(self.earlier)} in {first}, {shown(self.later)} in {second}"
            )
        if self.lost:
            return f"{self.resource} is in {first} and not in {second}, which has what it guards: {self.lost}"
        return f"{self.resource} is in {second} and not in {first}, so {first} never tried it"


def shown(values: Sequence[str]) -> str:
    """Return values as a text for people."""
    text = ", ".join(values) if values else _NOTHING
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]} …"


def differences(earlier: Values, later: Values, between: tuple[str, str]) -> list[Difference]:
    """Find differences that an earlier environment did not try, or that protect a later one less.

    A resource in the earlier environment alone is on its way and no difference, unless it guards resources of both.
    """
    result = [Difference(name, "", (), ("",), between) for name in sorted(later.keys() - earlier.keys())]
    for name in sorted(earlier.keys() - later.keys()):
        guard = missed(earlier[name], earlier, later)
        result += [Difference(name, "", ("",), (), between, guard.reason)] if guard else []
    for name in sorted(earlier.keys() & later.keys()):
        resource = earlier[name]
        paths: dict[str, tuple[list[str], list[str]]] = {}
        for path, first, second in _compared(resource, "", resource.inputs, later[name].inputs):
            texts = paths.setdefault(path, ([], []))
            texts[0].extend(_texts(first))
            texts[1].extend(_texts(second))
        result += [
            Difference(name, path, tuple(one), tuple(two), between) for path, (one, two) in sorted(paths.items())
        ]
    return result


def _compared(resource: Resource, path: str, first: Any, second: Any) -> Iterator[tuple[str, Any, Any]]:
    """Paths and both values of the differences below a path, without additions that are only on their way."""
    first, second = (_ABSENT if value == [] else value for value in (first, second))
    rule = additive(resource, path)
    if second is _ABSENT and rule and not rule.empty_is_all:
        return
    one, other = _mapping(first), _mapping(second)
    if one is not None and other is not None and (one or other):
        for key in {**one, **other}:
            yield from _compared(resource, f"{path}.{key}" if path else key, one.get(key), other.get(key))
    elif isinstance(first, list) and isinstance(second, list):
        yield from _compared_lists(resource, path, cast("list[Any]", first), cast("list[Any]", second))
    elif first != second:
        yield path, first, second


def _mapping(value: Any) -> Mapping[str, Any] | None:
    """A value as a mapping, empty for a missing value; None for a value of another type."""
    if value is _ABSENT:
        return {}
    return cast("Mapping[str, Any]", value) if isinstance(value, dict) else None


def _compared_lists(
    resource: Resource, path: str, first: list[Any], second: list[Any]
) -> Iterator[tuple[str, Any, Any]]:
    """Compares items without regard to their order; items without an equal are compared in turn."""
    left = list(first)
    new: list[Any] = []
    for item in second:
        if item in left:
            left.remove(item)
        else:
            new.append(item)
    if all(isinstance(item, dict) for item in (*left, *new)):
        for item in list(new):
            alike = next((one for one in left if not list(_compared(resource, path, one, item))), None)
            if alike is not None:
                left.remove(alike)
                new.remove(item)
        pairs = list(zip(left, new, strict=False))
        for one, other in pairs:
            yield from _compared(resource, path, one, other)
        left, new = left[len(pairs) :], new[len(pairs) :]
        if new or (left and not additive(resource, path)):
            yield path, left, new
    elif new or (left and not additive(resource, path)):
        yield path, first, second


def _texts(value: Any) -> Iterator[str]:
    if value is _ABSENT:
        return
    if isinstance(value, list):
        for item in cast("list[Any]", value):
            yield from _texts(item)
    elif isinstance(value, dict):
        yield json.dumps(value, sort_keys=True)
    else:
        yield str(value).lower() if isinstance(value, bool) else str(value)


def intended(file: Path) -> list[Intended]:
    """Read the entries of a layer's file; a missing file has none.

    Raises `ToolError` when the file cannot be read.
    """
    if not file.is_file():
        return []
    try:
        content: Any = yaml.safe_load(file.read_text(encoding="utf-8"))
        return TypeAdapter(list[Intended]).validate_python(content or [])
    except (ValidationError, yaml.YAMLError) as error:
        raise ToolError(
            f"{file.parent.name}/{file.name} cannot be read, so nothing was compared. Each entry has `resource`, "
            f"`property` (empty for a whole resource) and `reason`, and perhaps `sometimes`.\n{error}"
        ) from error


def unused(entries: Iterable[Intended], different: Sequence[Difference], compared: Iterable[str]) -> list[Intended]:
    """Find entries whose resources are equal in all environments that have them.

    Args:
        entries: entries of a layer.
        different: differences of the layer.
        compared: titles of the resources that have reached the last environment. An entry that matches none of them is
            for a resource on its way.
    """
    titles = set(compared)
    return [
        entry
        for entry in entries
        if not entry.sometimes
        and any(_fits(entry.resource, title) for title in titles)
        and not any(map(entry.covers, different))
    ]


def _fits(pattern: str, text: str) -> bool:
    return re.fullmatch(".*".join(map(re.escape, pattern.split("*"))), text) is not None
