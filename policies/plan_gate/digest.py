"""Digest of a plan: what a change does, in as many lines as a person reads.

What goes comes first, then what is replaced, what changes, and what is new. Resources that change alike are one line;
new ones are counted by the component that they are for. What has no room is counted.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from engine import urns
from plan_gate.change import Change, Operation
from plan_gate.differences import Difference, differences

LINES: Final = 30
_NAMED: Final = 6
# Differences of one entry that are shown, from much room to little.
_SHOWN: Final = (8, 3, 0)
# What is left behind is not gone, so it has no minus.
_LEFT: Final = "!"
_Alike = tuple[Operation, str, tuple[Difference, ...], tuple[str, ...], bool]
_PROVIDER: Final = "pulumi:providers:"
_ORDER: Final = (Operation.DELETE, Operation.REPLACE, Operation.UPDATE, Operation.CREATE)
SIGNS: Final = {Operation.DELETE: "-", Operation.REPLACE: "±", Operation.UPDATE: "~", Operation.CREATE: "+"}


@dataclass(frozen=True)
class Entry:
    """Resources of one kind to which the same happens.

    Attributes:
        operation: what happens to them.
        kind: their kind, such as `DatabaseInstance`.
        names: their names.
        inside: what they are part of, such as `datastore orders`; empty for several and for none.
        differences: what differs, property by property; empty for what comes and what goes.
        forced: properties that force a replacement.
        stays: whether the cloud keeps them, unmanaged, although they leave the program.
    """

    operation: Operation
    kind: str
    names: tuple[str, ...]
    inside: str
    differences: tuple[Difference, ...]
    forced: tuple[str, ...]
    stays: bool

    def lines(self, shown: int) -> list[str]:
        """Lines of the entry, the first with the sign of its operation, then `shown` differences at most."""
        many = f"{len(self.names)} " if len(self.names) > 1 else ""
        inside = f" of {self.inside}" if self.inside else ""
        sign = _LEFT if self.stays and self.operation is Operation.DELETE else SIGNS[self.operation]
        head = f"{sign} {many}{self.kind} {named(self.names)}{inside}"
        if self.stays:
            head += (
                f", {'the old one ' if self.operation is Operation.REPLACE else ''}left behind in the cloud, unmanaged"
            )
        if self.forced:
            head += f", forced by {', '.join(self.forced)}"
        if len(self.differences) == 1 and not self.forced:
            return [f"{head}: {str(self.differences[0]).removeprefix('~ ')}"]
        if not shown:
            return [f"{head}: {len(self.differences)} differences" if self.differences else head]
        left_out = len(self.differences) - shown
        rest = [f"    … and {left_out} more differences"] if left_out > 0 else []
        return [head, *(f"    {difference}" for difference in self.differences[:shown]), *rest]


@dataclass(frozen=True)
class Additions:
    """New resources of the components of one shape: `+ app secret a, b: 2 Secret, 4 SecretIamMember`."""

    kind: str
    names: tuple[str, ...]
    kinds: tuple[tuple[str, int], ...]

    def lines(self, shown: int) -> list[str]:
        """The one line of the entry."""
        del shown
        each = " each" if len(self.names) > 1 else ""
        kinds = ", ".join(f"{count} {kind}" for kind, count in self.kinds)
        return [f"+ {self.kind} {named(self.names)}: {kinds}{each}"]


def named(names: Sequence[str]) -> str:
    """Return names for a line, the first ones and the number of the others."""
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return ", ".join(names[:_NAMED]) + more


def entries(changes: Iterable[Change]) -> list[Entry | Additions]:
    """Return the entries of a digest, in the order in which a person wants to read them."""
    alike: defaultdict[_Alike, list[Change]] = defaultdict(list)
    new: list[Change] = []
    for change in changes:
        if change.is_component or change.operation is Operation.SAME:
            continue
        if change.operation is Operation.CREATE and change.within:
            new.append(change)
        else:
            shown = _differences(change)
            alike[change.operation, _kind(change), shown, change.forced, change.stays].append(change)
    told = [
        Entry(operation, kind, tuple(sorted(each.name for each in same)), _inside(same), shown, forced, stays)
        for (operation, kind, shown, forced, stays), same in alike.items()
    ]
    told.sort(key=lambda entry: (_ORDER.index(entry.operation), entry.inside, entry.kind, entry.names))
    return [*told, *_additions(new)]


def lines(told: Sequence[Entry | Additions], limit: int = LINES) -> list[str]:
    """Return the lines of a digest, `limit` at most; what has no room is counted."""
    for shown in _SHOWN:
        whole = [line for entry in told for line in entry.lines(shown)]
        if len(whole) <= limit:
            return whole
    resources = sum(number for entry in told[limit - 1 :] for _, _, number in counts(entry))
    return [
        *(entry.lines(0)[0] for entry in told[: limit - 1]),
        f"… and {resources} more resources: FULL=yes shows all",
    ]


def document(entry: Entry | Additions) -> dict[str, Any]:
    """Return an entry for machines, nothing left out."""
    if isinstance(entry, Additions):
        return {"operation": "create", "component": entry.kind, "names": list(entry.names), "each": dict(entry.kinds)}
    return {
        "operation": str(entry.operation),
        "kind": entry.kind,
        "names": list(entry.names),
        "inside": entry.inside,
        "differences": [str(difference) for difference in entry.differences],
        "forced": list(entry.forced),
        "stays": entry.stays,
    }


def counts(entry: Entry | Additions) -> Iterator[tuple[Operation, str, int]]:
    """Yield what an entry is about: operation, kind and number of resources."""
    if isinstance(entry, Entry):
        yield entry.operation, entry.kind, len(entry.names)
    else:
        yield from ((Operation.CREATE, kind, count * len(entry.names)) for kind, count in entry.kinds)


def _differences(change: Change) -> tuple[Difference, ...]:
    if change.operation not in (Operation.UPDATE, Operation.REPLACE):
        return ()
    confidential = tuple(change.old.confidential) if change.old else ()
    return differences(change.before, change.after, confidential)


def _component(change: Change) -> tuple[str, str]:
    """Return kind and name of the outermost component around a resource."""
    parts = urns.parse(change.within[0])
    return _words(parts.kind), parts.name


def _kind(change: Change) -> str:
    """Return the kind of a resource in a word, or two for a provider."""
    kind = urns.parse(change.urn).kind
    return f"{kind} provider" if change.type.startswith(_PROVIDER) else kind


def _inside(changes: Sequence[Change]) -> str:
    around = {" ".join(_component(change)) if change.within else "" for change in changes}
    return around.pop() if len(around) == 1 else ""


def _additions(new: Iterable[Change]) -> Iterator[Additions]:
    by_component: defaultdict[tuple[str, str], Counter[str]] = defaultdict(Counter)
    for change in new:
        by_component[_component(change)][_kind(change)] += 1
    by_shape: defaultdict[tuple[str, tuple[tuple[str, int], ...]], list[str]] = defaultdict(list)
    for (kind, name), kinds in sorted(by_component.items()):
        by_shape[kind, tuple(sorted(kinds.items()))].append(name)
    yield from (Additions(kind, tuple(names), kinds) for (kind, kinds), names in by_shape.items())


def _words(kind: str) -> str:
    """Return a component's kind in words: `WebService` is `web service`."""
    return "".join(f" {letter.lower()}" if letter.isupper() else letter for letter in kind).strip()
