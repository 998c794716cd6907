"""Shortest paths in the impersonation graph, and grants, bindings and edges in words."""

from collections import deque
from collections.abc import Iterable, Iterator

from iam import names, principals
from iam.decide import Access
from iam.decision import grouped
from iam.document import Binding, Grant, PublishedEdge, Verdict

Chain = tuple[PublishedEdge, ...]


def chains_to(able: Iterable[str], access: Access) -> Iterator[Chain]:
    """Yield the shortest path from each principal to one with access, where there is one.

    A group's access is its members' access; a principal that can act as a member has a path as well.
    """
    backwards = grouped(access.document.becoming, lambda edge: edge.target)
    chains: dict[str, Chain] = dict.fromkeys(sorted(able), ())
    waiting = deque(chains)
    while waiting:
        current = waiting.popleft()
        for edge in backwards.get(current, ()):
            if edge.source not in chains:
                chains[edge.source] = (edge, *chains[current])
                inside = [member for member in access.members.get(edge.source, ()) if member not in chains]
                chains |= dict.fromkeys(inside, chains[edge.source])
                waiting += [edge.source, *inside]
                yield chains[edge.source]


def chains_from(access: Access, who: str) -> Iterator[Chain]:
    """Yield the shortest path to each principal that a principal can act as."""
    chains: dict[str, Chain] = {who: ()}
    waiting = deque(chains)
    while waiting:
        current = waiting.popleft()
        for edge in access.edges_from(current):
            if edge.target not in chains:
                chains[edge.target] = (*chains[current], edge)
                waiting.append(edge.target)
                yield chains[edge.target]


def lowest(verdicts: Iterable[Verdict]) -> Verdict:
    """Return the least certain of verdicts."""
    return min(verdicts, key=lambda verdict: verdict.rank)


def steps(access: Access, chain: Chain) -> Iterator[str]:
    """Yield the steps of a path in words: groups whose edges it takes, and principals that it acts as."""
    before = chain[0].source
    for edge in chain:
        yield from counted(access, before, edge.source)
        yield f"{access.called(edge.target)} ({edge.by})"
        before = edge.target


def counted(access: Access, who: str | None, holder: str) -> Iterator[str]:
    """Yield the principal of a grant, where it is not the queried one."""
    if who and holder != who:
        yield access.called(holder)


def granted(access: Access, grant: Grant) -> str:
    """Return a grant in words."""
    text = f"{names.short_role(grant.role)} on {access.name_of(grant.resource)}{_out_of_band(grant)}"
    return f"{text}, if {' '.join(grant.condition.expression.split())}" if grant.condition else text


def bound(binding: Binding) -> str:
    """Return a binding of the cluster in words."""
    where = f"namespace {binding.namespace}" if binding.namespace else "the whole cluster"
    return f"{binding.role} in {where}{_out_of_band(binding)}"


def _out_of_band(given: Grant | Binding) -> str:
    return "" if given.declared else ", which no state declares"


def resource_of(access: Access, principal: str) -> str:
    """Return the resource of an account; for a workload its namespace."""
    resources = access.by_end
    parts = principals.workload_parts(principal)
    end = f"namespaces/{parts[0]}" if parts else f"serviceAccounts/{principal.partition(':')[2]}"
    return resources.get(end, access.cluster_project)
