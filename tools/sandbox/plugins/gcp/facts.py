"""Facts of the gcp provider about inputs that its SDK does not state, one table a service in `facts/`.

The SDK states names, types, required inputs, most enumerations, and which top-level inputs Google fills in. The tables
state the rest, as the provider of the pinned SDK has it (terraform-provider-google-beta 8.0.0). A test compares them
with the published schema where that is at hand. Paths are dotted, without positions in lists; `block.*` is everything
in a block, `*` everything.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from functools import cache
from pathlib import Path
from typing import Any, cast

_FOLDER = Path(__file__).parent / "facts"

_Lists = Mapping[str, Sequence[str]]


@dataclass(frozen=True)
class Facts:
    """Facts about the inputs of one type.

    Attributes:
        kept: inputs, mostly nested, that Google fills in: removing one leaves the present value.
        computed: nested properties that only Google gives a value, though the SDK takes them as inputs.
        replaced: nested inputs whose change forces a replacement.
        replacedIf: input -> the change that forces a replacement (names in changes.py).
        defaults: input -> the value without which the provider never plans.
        sets: lists in which the order has no meaning.
        alike: input -> values that the provider takes for the same (names in comparisons.py).
        blanks: input -> the value that means the same as none.
        values: input, or the items of a list -> possible values, where the SDK lists none or others.
        filled: inputs of listed values for which an empty text is none of them; elsewhere it means the same as none.
        ranges: input -> least and greatest number; null where there is none.
        lengths: input -> fewest and most characters.
        formats: input -> form of the text (names in formats.py).
        fewest: list -> least number of items.
        most: list -> greatest number of items.
        one: groups of which exactly one input must be given, where the block that has them is.
        some: groups of which at least one input must be given, likewise.
        apart: input -> inputs that the provider refuses beside it.
        together: input -> inputs that it needs beside it.
    """

    kept: Sequence[str] = ()
    computed: Sequence[str] = ()
    replaced: Sequence[str] = ()
    replacedIf: Mapping[str, str] = field(default_factory=dict[str, str])  # noqa: N815 - the key in the tables
    defaults: Mapping[str, Any] = field(default_factory=dict[str, Any])
    sets: Sequence[str] = ()
    alike: Mapping[str, str] = field(default_factory=dict[str, str])
    blanks: Mapping[str, str] = field(default_factory=dict[str, str])
    values: _Lists = field(default_factory=dict[str, Sequence[str]])
    filled: Sequence[str] = ()
    ranges: Mapping[str, Sequence[float | None]] = field(default_factory=dict[str, Sequence[float | None]])
    lengths: Mapping[str, Sequence[int]] = field(default_factory=dict[str, Sequence[int]])
    formats: Mapping[str, str] = field(default_factory=dict[str, str])
    fewest: Mapping[str, int] = field(default_factory=dict[str, int])
    most: Mapping[str, int] = field(default_factory=dict[str, int])
    one: Sequence[Sequence[str]] = ()
    some: Sequence[Sequence[str]] = ()
    apart: _Lists = field(default_factory=dict[str, Sequence[str]])
    together: _Lists = field(default_factory=dict[str, Sequence[str]])

    def stays(self, path: str) -> bool:
        """Returns whether the value of an input stays when the input is removed."""
        return _among(path, self.kept)

    def takes_blank(self, path: str) -> bool:
        """Returns whether an empty text means none where one of listed values belongs."""
        return not _among(path, self.filled)

    def forces_replacement(self, path: str) -> bool:
        """Returns whether a change of a nested input forces a replacement."""
        return _among(path, self.replaced)


@cache
def of(token: str) -> Facts:
    """Returns the facts of a type; a type without any has an empty record."""
    table = _table(token.split(":")[1].partition("/")[0])
    own = dict(table.get(token, {}))
    merged: dict[str, Any] = {}
    for place, part in [*own.pop("parts", {}).items(), ("", own)]:
        _merge(merged, table[part] if isinstance(part, str) else part, place)
    return Facts(**merged)


@cache
def _table(service: str) -> Mapping[str, Any]:
    import yaml  # noqa: PLC0415 - a plugin starts without it

    file = _FOLDER / f"{service}.yaml"
    return cast("Mapping[str, Any]", yaml.load(file.read_text(), yaml.CSafeLoader)) if file.is_file() else {}


def _merge(merged: dict[str, Any], part: Mapping[str, Any], place: str) -> None:
    """Adds the facts of a part to the facts of a type, with the paths as they are at a place of its inputs."""
    names = {name.name for name in fields(Facts)}
    for key, facts in part.items():
        if key not in names:
            raise ValueError(f"{_FOLDER.name}: there is no kind of fact named {key!r}; facts.py lists the kinds.")
        if isinstance(facts, dict):
            placed = {_at(place, path): fact for path, fact in cast("dict[str, Any]", facts).items()}
            if key in ("apart", "together"):
                placed = {path: [_at(place, other) for other in others] for path, others in placed.items()}
            merged[key] = {**merged.get(key, {}), **placed}
        else:
            items = cast("list[Any]", facts)
            merged[key] = (
                *merged.get(key, ()),
                *(
                    [_at(place, path) for path in cast("list[str]", item)]
                    if isinstance(item, list)
                    else _at(place, item)
                    for item in items
                ),
            )


def _among(path: str, paths: Sequence[str]) -> bool:
    return path in paths or "*" in paths or any(block.endswith(".*") and path.startswith(block[:-1]) for block in paths)


def _at(place: str, path: str) -> str:
    return f"{place}.{path}" if place else path
