"""Differences between the settings on GitHub and the committed settings."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, cast


@dataclass(frozen=True)
class SettingDifference:
    """One setting that is not as committed: its location, its value, and the committed value."""

    where: str
    actual: str
    expected: str

    def __str__(self) -> str:
        return f"{self.where}: is {self.actual}, should be {self.expected}"


def compared(where: str, actual: Any, expected: Any) -> Iterator[SettingDifference]:
    """Settings whose value on GitHub differs from the committed value; additional fields are ignored."""
    if isinstance(expected, Mapping):
        present = cast("Mapping[str, Any]", actual if isinstance(actual, Mapping) else {})
        for key, value in cast("Mapping[str, Any]", expected).items():
            yield from compared(f"{where}: {key}", present.get(key), value)
    elif isinstance(expected, list):
        yield from _listed(where, actual, cast("list[Any]", expected))
    elif actual != expected:
        yield SettingDifference(where, repr(actual), repr(expected))


def _listed(where: str, actual: Any, expected: list[Any]) -> Iterator[SettingDifference]:
    """Compare lists, whose order does not count; lists of objects are compared by type or context of each object."""
    present = cast("list[Any]", actual if isinstance(actual, list) else [])
    if not all(isinstance(item, Mapping) for item in [*present, *expected]):
        if sorted(map(str, present)) != sorted(map(str, expected)):
            yield SettingDifference(where, str(present), str(expected))
        return
    by_key = {_key(item): item for item in present}
    for item in expected:
        if _key(item) in by_key:
            yield from compared(f"{where}: {_key(item)}", by_key[_key(item)], item)
        else:
            yield SettingDifference(f"{where}: {_key(item)}", "absent", "there")
    for key in sorted(by_key.keys() - {_key(item) for item in expected}):
        yield SettingDifference(f"{where}: {key}", "there", "absent")


def _key(item: Mapping[str, Any]) -> str:
    return str(next((item[name] for name in ("type", "context", "actor_id", "name") if name in item), item))
