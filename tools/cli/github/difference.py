"""Where settings that GitHub tells are not those that are wanted."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, cast


@dataclass(frozen=True)
class Difference:
    """One setting that is not as committed: where, what it is, what it should be."""

    where: str
    found: str
    wanted: str

    def __str__(self) -> str:
        return f"{self.where}: is {self.found}, should be {self.wanted}"


def compared(where: str, found: Any, wanted: Any) -> Iterator[Difference]:
    """What of the wanted is not so; what GitHub tells beyond that does not count."""
    if isinstance(wanted, Mapping):
        present = cast("Mapping[str, Any]", found if isinstance(found, Mapping) else {})
        for key, value in cast("Mapping[str, Any]", wanted).items():
            yield from compared(f"{where}: {key}", present.get(key), value)
    elif isinstance(wanted, list):
        yield from _listed(where, found, cast("list[Any]", wanted))
    elif found != wanted:
        yield Difference(where, repr(found), repr(wanted))


def _listed(where: str, found: Any, wanted: list[Any]) -> Iterator[Difference]:
    """Lists have no order; those of objects are compared by type or context, and each wanted one must be there."""
    present = cast("list[Any]", found if isinstance(found, list) else [])
    if not all(isinstance(each, Mapping) for each in [*present, *wanted]):
        if sorted(map(str, present)) != sorted(map(str, wanted)):
            yield Difference(where, str(present), str(wanted))
        return
    by_key = {_key(each): each for each in present}
    for each in wanted:
        if _key(each) in by_key:
            yield from compared(f"{where}: {_key(each)}", by_key[_key(each)], each)
        else:
            yield Difference(f"{where}: {_key(each)}", "absent", "there")
    for key in sorted(by_key.keys() - {_key(each) for each in wanted}):
        yield Difference(f"{where}: {key}", "there", "absent")


def _key(item: Mapping[str, Any]) -> str:
    return str(next((item[name] for name in ("type", "context", "actor_id", "name") if name in item), item))
