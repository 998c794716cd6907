"""Digest of a plan: what a change does, in as many lines as a person reads.

What goes comes first, then what is replaced, what changes, and what is new. Resources that change alike are one line.
Components that come or go as a whole are listed by whom they are for, in the words of plan_words.yaml; so are parts of
listed components that come. What has no room is counted.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from engine import urns
from engine.inputs import at, mapping
from plan_gate.change import Change, Operation
from plan_gate.differences import Difference, differences
from plan_gate.words import Purpose, purpose

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
class Together:
    """Components that come or go, with equal ones in one line: `+ app a, b: account, 2 secrets (9 resources each)`.

    Attributes:
        operation: CREATE or DELETE.
        kind: whom they are for, such as `app`.
        names: names of these.
        what: the content in words.
        kinds: number of resources in each, by kind.
    """

    operation: Operation
    kind: str
    names: tuple[str, ...]
    what: str
    kinds: tuple[tuple[str, int], ...]

    def lines(self, shown: int) -> list[str]:
        """The one line of the entry."""
        del shown
        each = " each" if len(self.names) > 1 else ""
        head = f"{SIGNS[self.operation]} {self.kind} {named(self.names)}: "
        if not self.what:
            return [f"{head}{', '.join(f'{count} {kind}' for kind, count in self.kinds)}{each}"]
        resources = sum(count for _, count in self.kinds)
        return [f"{head}{self.what} ({resources} resource{'s' * (resources > 1)}{each})"]


@dataclass(frozen=True)
class Published:
    """Contracts that are published for the first time (CREATE), or anew (REPLACE), and whose old version stays."""

    operation: Operation
    names: tuple[str, ...]

    def lines(self, shown: int) -> list[str]:
        """The one line of the entry."""
        del shown
        is_one = len(self.names) == 1
        head = f"{SIGNS[self.operation]} contract {named(self.names)} {'is' if is_one else 'are'} published"
        versions = "version before it stays" if is_one else "versions before stay"
        return [head if self.operation is Operation.CREATE else f"{head} anew; the {versions}"]


Line = Entry | Together | Published


def named(names: Sequence[str]) -> str:
    """Return names for a line, the first ones and the number of the others."""
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return ", ".join(names[:_NAMED]) + more


def entries(changes: Iterable[Change]) -> list[Line]:
    """Return the entries of a digest, in the order in which a person wants to read them.

    Args:
        changes: all of a plan, components included.
    """
    alike: defaultdict[_Alike, list[Change]] = defaultdict(list)
    together: defaultdict[tuple[Operation, Purpose], list[tuple[str, str]]] = defaultdict(list)
    published: defaultdict[Operation, list[str]] = defaultdict(list)
    listed = list(changes)
    whole = {(change.operation, change.urn) for change in listed if change.is_component}
    labels = _labels(listed)
    for change in listed:
        if change.is_component or change.operation is Operation.SAME:
            continue
        is_anew = change.operation is Operation.REPLACE and change.stays
        if change.publishes and (is_anew or change.operation is Operation.CREATE):
            published[change.operation].append(change.name.removeprefix("contract-").removesuffix("-version"))
        elif found := _purpose(change, whole, labels):
            together[change.operation, found[1]].append((found[0], _kind(change)))
        else:
            shown = _differences(change)
            alike[change.operation, _kind(change), shown, change.forced, change.stays].append(change)
    told: list[Line] = [
        Entry(operation, kind, tuple(sorted(each.name for each in same)), _inside(same), shown, forced, stays)
        for (operation, kind, shown, forced, stays), same in alike.items()
    ]
    told += _together(together)
    told += [Published(operation, tuple(sorted(names))) for operation, names in published.items()]
    return sorted(told, key=_place)


_FORMS: Final = (Entry, Together, Published)


def _place(entry: Line) -> tuple[Any, ...]:
    place = _ORDER.index(entry.operation), _FORMS.index(type(entry))
    if isinstance(entry, Entry):
        return *place, entry.inside, entry.kind, entry.names
    if isinstance(entry, Together):
        return *place, entry.kind, entry.names
    return *place, entry.names


def lines(told: Sequence[Line], limit: int = LINES) -> list[str]:
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


def document(entry: Line) -> dict[str, Any]:
    """Return an entry for machines, nothing left out."""
    if isinstance(entry, Published):
        what = "published" if entry.operation is Operation.CREATE else "published anew"
        return {"operation": str(entry.operation), "component": "contract", "names": list(entry.names), "what": what}
    if isinstance(entry, Together):
        return {
            "operation": str(entry.operation),
            "component": entry.kind,
            "names": list(entry.names),
            "what": entry.what,
            "each": dict(entry.kinds),
        }
    return {
        "operation": str(entry.operation),
        "kind": entry.kind,
        "names": list(entry.names),
        "inside": entry.inside,
        "differences": [str(difference) for difference in entry.differences],
        "forced": list(entry.forced),
        "stays": entry.stays,
    }


def counts(entry: Line) -> Iterator[tuple[Operation, str, int]]:
    """Yield what an entry is about: operation, kind and number of resources."""
    if isinstance(entry, Entry):
        yield entry.operation, entry.kind, len(entry.names)
    elif isinstance(entry, Published):
        yield entry.operation, "SecretVersion", len(entry.names)
    else:
        yield from ((entry.operation, kind, count * len(entry.names)) for kind, count in entry.kinds)


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


def _labels(changes: Iterable[Change]) -> dict[str, dict[str, str]]:
    """Return the labels of what is in a component, by the component's URN."""
    labels: defaultdict[str, dict[str, str]] = defaultdict(dict)
    for change in changes:
        for urn in change.within:
            own = mapping(at(change.after or change.before, "labels"))
            labels[urn] |= {str(name): str(value) for name, value in own.items()}
    return labels


def _purpose(
    change: Change, whole: Collection[tuple[Operation, str]], labels: Mapping[str, Mapping[str, str]]
) -> tuple[str, Purpose] | None:
    """Return the component of a resource that comes or goes with it, and whom that is for; None for any other resource.

    What is added to a component of the list belongs to it as well; what is taken from one that stays is named.
    """
    if change.operation not in (Operation.CREATE, Operation.DELETE) or change.stays:
        return None
    for urn in change.within:
        parts = urns.parse(urn)
        if found := purpose(parts.type, parts.name, labels[urn]):
            if (change.operation, urn) in whole:
                return urn, found
            part = found._replace(what=f"part of {found.what}", many=f"parts of {found.many}" if found.many else "")
            return (urn, part) if change.operation is Operation.CREATE else None
    if change.within and (change.operation, change.within[0]) in whole:
        kind, name = _component(change)
        return change.within[0], Purpose(kind, name, "", "")
    return None


def _together(
    found: Mapping[tuple[Operation, Purpose], Sequence[tuple[str, str]]],
) -> Iterator[Together]:
    """Yield what comes and goes, by whom it is for, those of one content in one entry."""
    by_subject: defaultdict[tuple[Operation, str, str], dict[str, str]] = defaultdict(dict)
    kinds: defaultdict[tuple[Operation, str, str], Counter[str]] = defaultdict(Counter)
    for (operation, of), resources in found.items():
        subject = operation, of.kind, of.name
        components = len({urn for urn, _ in resources})
        kinds[subject].update(kind for _, kind in resources)
        if of.what:
            by_subject[subject][of.what] = f"{components} {of.many}" if components > 1 and of.many else of.what
    by_content: defaultdict[tuple[Operation, str, str, tuple[tuple[str, int], ...]], list[str]] = defaultdict(list)
    for subject in sorted(kinds):
        operation, kind, name = subject
        content = ", ".join(by_subject[subject].values())
        by_content[operation, kind, content, tuple(sorted(kinds[subject].items()))].append(name)
    for (operation, kind, content, each), names in by_content.items():
        yield Together(operation, kind, tuple(names), content, each)


def _words(kind: str) -> str:
    """Return a component's kind in words: `WebService` is `web service`."""
    return "".join(f" {letter.lower()}" if letter.isupper() else letter for letter in kind).strip()
