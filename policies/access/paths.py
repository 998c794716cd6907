"""Paths over the graph of who can act as whom, and how grants, bindings and steps are written."""

from collections import deque
from collections.abc import Iterable, Iterator

from iam import names, principals
from iam.decide import Access
from iam.decision import grouped
from iam.document import Becoming, Binding, Grant, Verdict

Way = tuple[Becoming, ...]


def ways_to(able: Iterable[str], access: Access) -> Iterator[Way]:
    """The shortest way to one of those who are able, from everybody who has one.

    What a group can do, an account in it can do; whoever can act as that account has a way as well.
    """
    backwards = grouped(access.document.becoming, lambda edge: edge.target)
    ways: dict[str, Way] = dict.fromkeys(sorted(able), ())
    waiting = deque(ways)
    while waiting:
        current = waiting.popleft()
        for edge in backwards.get(current, ()):
            if edge.source not in ways:
                ways[edge.source] = (edge, *ways[current])
                inside = [each for each in access.members.get(edge.source, ()) if each not in ways]
                ways |= dict.fromkeys(inside, ways[edge.source])
                waiting += [edge.source, *inside]
                yield ways[edge.source]


def ways_from(access: Access, who: str) -> Iterator[Way]:
    """The shortest way to everybody whom a principal can act as."""
    ways: dict[str, Way] = {who: ()}
    waiting = deque(ways)
    while waiting:
        current = waiting.popleft()
        for edge in access.becoming(current):
            if edge.target not in ways:
                ways[edge.target] = (*ways[current], edge)
                waiting.append(edge.target)
                yield ways[edge.target]


def lowest(verdicts: Iterable[Verdict]) -> Verdict:
    """The least sure of verdicts."""
    return min(verdicts, key=lambda verdict: verdict.rank)


def steps(access: Access, way: Way) -> Iterator[str]:
    """A way in words: as whom its source counts, and as whom it acts."""
    before = way[0].source
    for edge in way:
        yield from counted(access, before, edge.source)
        yield f"{access.called(edge.target)} ({edge.by})"
        before = edge.target


def counted(access: Access, who: str | None, holder: str) -> Iterator[str]:
    """The principal that a grant names, where it is not the one that is asked about."""
    if who and holder != who:
        yield access.called(holder)


def granted(access: Access, grant: Grant) -> str:
    """A grant in words."""
    out_of_band = "" if grant.declared else ", which no state declares"
    held = f"{names.short_role(grant.role)} on {access.name_of(grant.resource)}{out_of_band}"
    return f"{held}, if {' '.join(grant.condition.expression.split())}" if grant.condition else held


def bound(binding: Binding) -> str:
    """A binding of the cluster in words."""
    return f"{binding.role} in {f'namespace {binding.namespace}' if binding.namespace else 'the whole cluster'}"


def place(access: Access, principal: str) -> str:
    """The resource that an account is; for a workload its namespace."""
    resources = access.by_end
    parts = principals.workload_parts(principal)
    end = f"namespaces/{parts[0]}" if parts else f"serviceAccounts/{principal.partition(':')[2]}"
    return resources.get(end, access.cluster_project)
