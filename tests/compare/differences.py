"""Differences, and the reasons that a layer's owner has written down for them."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from compare.values import Values
from toolchain.errors import ToolError

FILE = "differences.yaml"
_NOTHING = "not set"
_LONGEST = 120


class Intended(BaseModel):
    """An entry of `differences.yaml`: which values may differ, and why. `*` stands for any text.

    With `sometimes` it may speak of nothing: for a difference that comes and goes, such as a version on its way.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    resource: str = Field(min_length=1)
    property: str = Field(min_length=1)
    reason: str = Field(min_length=10)
    sometimes: bool = False

    def covers(self, difference: "Difference") -> bool:
        """Whether it speaks of a difference."""
        return _fits(self.resource, difference.resource) and _fits(self.property, difference.property)


@dataclass(frozen=True)
class Difference:
    """A value that two environments do not share; no values where one of them has none.

    Attributes:
        resource: type and name.
        property: its path; empty where one environment lacks the resource.
        first: the values of the first environment.
        second: those of the second.
    """

    resource: str
    property: str
    first: tuple[str, ...]
    second: tuple[str, ...]

    def words(self, environments: tuple[str, str]) -> str:
        """The difference as a sentence."""
        one, other = environments
        if not self.property:
            return f"{self.resource} is in {one if self.first else other} alone"
        return f"{self.resource}: {self.property} is {shown(self.first)} in {one}, {shown(self.second)} in {other}"


def shown(values: Sequence[str]) -> str:
    """Values for people."""
    text = ", ".join(values) if values else _NOTHING
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]} …"


def differences(first: Values, second: Values) -> list[Difference]:
    """What is not the same; of a resource that only one has, that alone."""
    resources = [{resource for resource, _ in values} for values in (first, second)]
    alone = sorted(resources[0] ^ resources[1])
    found = [
        Difference(name, "", ("",) if name in resources[0] else (), ("",) if name in resources[1] else ())
        for name in alone
    ]
    shared = [key for key in sorted({*first, *second}) if key[0] not in alone]
    return found + [
        Difference(*key, first.get(key, ()), second.get(key, ())) for key in shared if first.get(key) != second.get(key)
    ]


def intended(file: Path) -> list[Intended]:
    """The entries of a layer's file; none without a file.

    Raises `ToolError` when it cannot be read.
    """
    if not file.is_file():
        return []
    try:
        content: Any = yaml.safe_load(file.read_text(encoding="utf-8"))
        return TypeAdapter(list[Intended]).validate_python(content or [])
    except (ValidationError, yaml.YAMLError) as error:
        raise ToolError(
            f"{file.parent.name}/{file.name} cannot be read, so nothing was compared. Each entry has `resource`, "
            f"`property` and `reason`, and perhaps `sometimes`.\n{error}"
        ) from error


def unused(entries: Iterable[Intended], found: Sequence[Difference]) -> list[Intended]:
    """The entries that speak of nothing, and should."""
    return [entry for entry in entries if not entry.sometimes and not any(map(entry.covers, found))]


def _fits(pattern: str, text: str) -> bool:
    return re.fullmatch(".*".join(map(re.escape, pattern.split("*"))), text) is not None
