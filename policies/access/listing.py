"""Effective access as rows, for a reader that only filters: principal, role, resource, and the path between them.

Everything is decided here: deny rules, conditions, groups, the cluster's Roles, and paths over other principals. A
group's row holds for its members; a member that deny rules treat differently has rows of its own. Names, permissions
and steps are listed once, and rows refer to them by their index.
"""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import product
from typing import Any, Generic, NamedTuple, TypeVar

from access import paths
from access.answers import ACT_AS
from iam import names, rbac
from iam.decide import Access
from iam.document import Binding, Grant, Rule, Verdict
from iam.rbac import Request

Json = dict[str, Any]
Item = TypeVar("Item")


class Content(NamedTuple):
    """Name and title of a role, and the permissions and requests that it allows; None where they are unknown."""

    name: str
    title: str
    can: frozenset[str] | None


class Refusal(NamedTuple):
    """Verdict on a permission that a deny rule denies, and the rule in words."""

    verdict: Verdict
    rule: str


@dataclass(frozen=True)
class Row:
    """Row of effective access.

    Attributes:
        who: a principal's ID.
        content: content of a role; empty for a row about acting as another principal.
        on: a resource.
        verdict: whether the access holds on the resource and on everything below it.
        steps: the path, a step each.
        declared: URN of the resource that declares the grant; empty for an undeclared one.
        refused: permissions that deny rules deny.
        apart_from: resources below that have a row of their own, or on which the access does not hold.
        decided_in: resources below that have a row of their own, which holds for everything below them as well.
    """

    who: str
    content: Content
    on: str
    verdict: Verdict
    steps: tuple[str, ...]
    declared: str = ""
    refused: tuple[tuple[str, Refusal], ...] = ()
    apart_from: tuple[str, ...] = ()
    decided_in: tuple[str, ...] = ()


class Listing:
    """Rows of one document.

    Args:
        access: effective access in the document.
    """

    def __init__(self, access: Access) -> None:
        self._access = access
        self._deniable = frozenset(
            permission for denial in access.document.denials for permission in denial.permissions
        )
        self._of_rules: dict[tuple[Rule, ...] | None, tuple[frozenset[str], dict[tuple[str, ...], set[str]]]] = {}

    def rows(self) -> Iterator[Row]:
        """Yield all rows: granted access, then access by acting as another principal."""
        for rows in self._direct.values():
            yield from rows
        for who in sorted(self._access.edges_by_source):
            yield from self._indirect(who)

    @cached_property
    def _direct(self) -> dict[str, list[Row]]:
        """Rows by grants and bindings of a principal itself, or of its group where deny rules treat it differently."""
        by_principal: defaultdict[str, list[Row]] = defaultdict(list)
        for row in (*self._by_grants(), *self._by_bindings()):
            by_principal[row.who].append(row)
        return dict(by_principal)

    def _by_grants(self) -> Iterator[Row]:
        for grant in self._access.document.grants:
            rows = list(self._granted(grant.principal, grant))
            yield from rows
            contents = self._access.contents(grant.role)
            if contents is not None and self._deniable.isdisjoint(contents):
                continue
            for member in self._access.members.get(grant.principal, ()):
                own = list(self._granted(member, grant))
                if [row.refused for row in own] != [row.refused for row in rows]:
                    yield from own

    def _granted(self, who: str, grant: Grant) -> Iterator[Row]:
        """Yield rows of one grant: on its resource, and below it where a condition or a deny policy differs."""
        content = self._contents[grant.role]
        steps = (*paths.counted(self._access, who, grant.principal), paths.granted(self._access, grant))
        elsewhere = tuple(grant.condition.elsewhere) if grant.condition else ()
        denied = self._denied_below(grant)
        for on in dict.fromkeys((grant.resource, *denied, *elsewhere)):
            verdict = grant.condition.on(on) if grant.condition else Verdict.YES
            if verdict is not Verdict.NO:
                yield Row(
                    who=who,
                    content=content,
                    on=on,
                    verdict=verdict if content.can is not None else Verdict.MAYBE,
                    steps=steps,
                    declared=grant.declared,
                    refused=self._refused(who, grant, on),
                    apart_from=() if on in elsewhere else elsewhere,
                    decided_in=()
                    if on in elsewhere
                    else tuple(resource for resource in denied if self._is_below(resource, on)),
                )

    def _denied_below(self, grant: Grant) -> list[str]:
        """Return resources below a grant with deny policies on one of its permissions."""
        contents = self._access.contents(grant.role)
        if contents is not None and self._deniable.isdisjoint(contents):
            return []
        points = dict.fromkeys(denial.resource for denial in self._access.document.denials)
        return [resource for resource in points if self._is_below(resource, grant.resource)]

    def _is_below(self, resource: str, above: str) -> bool:
        return resource != above and above in self._access.line(resource)

    def _refused(self, who: str, grant: Grant, on: str) -> tuple[tuple[str, Refusal], ...]:
        contents = self._access.contents(grant.role)
        refused: list[tuple[str, Refusal]] = []
        for permission in sorted(self._deniable if contents is None else self._deniable & contents):
            decision = self._access.decide(who, permission, on)
            if decision.denials:
                denied = decision.verdict is Verdict.NO
                denial = decision.denials[0]
                rule = f"{'denied' if denied else 'perhaps denied'} by the deny policy {denial.policy}: {denial.rule}"
                refusal = Refusal(Verdict.NO if denied else Verdict.MAYBE, rule)
                requests = sorted(self._in_cluster.get(permission.lower(), ()))
                refused += [(text, refusal) for text in (permission, *requests)]
        return tuple(refused)

    def _by_bindings(self) -> Iterator[Row]:
        cluster = self._access.document.cluster
        for binding in cluster.bindings if cluster else ():
            space = f"{cluster.id}/k8s/namespaces/{binding.namespace}" if cluster else ""
            on = space if binding.namespace else cluster.id if cluster else ""
            rules = cluster.roles[binding.role] if cluster else ()
            yield from self._bound(binding, rules, on)

    def _bound(self, binding: Binding, rules: tuple[Rule, ...] | None, on: str) -> Iterator[Row]:
        steps = (paths.bound(binding),)
        if rules is None:
            content = Content(binding.role, f"{binding.role} (its rules are not known)", frozenset(self._requests))
            yield Row(binding.principal, content, on, Verdict.MAYBE, steps, binding.declared)
            return
        whole, parts = self._allowed(rules)
        if whole:
            yield Row(binding.principal, Content(binding.role, "", whole), on, Verdict.YES, steps, binding.declared)
        for only, can in parts.items():
            content = Content(binding.role, "", frozenset(can))
            step = f"{steps[0]}, only of {', '.join(only)}"
            yield Row(binding.principal, content, on, Verdict.PART, (step,), binding.declared)

    def _allowed(self, rules: tuple[Rule, ...]) -> tuple[frozenset[str], dict[tuple[str, ...], set[str]]]:
        """Return requests that a Role's rules allow, and requests that they allow for some objects only."""
        if rules not in self._of_rules:
            whole = frozenset(text for text, request in self._requests.items() if rbac.covers(rules, request))
            parts: defaultdict[tuple[str, ...], set[str]] = defaultdict(set)
            for text, request in self._requests.items():
                if text not in whole and (only := rbac.only_for(rules, request)):
                    parts[only].add(text)
            self._of_rules[rules] = (whole, dict(parts))
        return self._of_rules[rules]

    @cached_property
    def _requests(self) -> dict[str, Request]:
        """Requests to the cluster that a question may name, by their text."""
        cluster = self._access.document.cluster
        if cluster is None:
            return {}
        kinds = {kind for rules in cluster.roles.values() for rule in rules or () for kind in rule.resources}
        kinds |= {
            permission.split(".")[1].lower()
            for permission in self._access.permissions
            if permission.startswith("container.")
        }
        whole = {kind for kind in kinds.union(rbac.KINDS) if "/" not in kind and kind != "*"}
        parts = {kind.removeprefix("*") for kind in kinds if kind.startswith("*/")}
        exact = {kind for kind in kinds if "*" not in kind}
        requestable = sorted({*whole, *exact, *(f"{kind}{part}" for kind in whole for part in parts)})
        known = {f"{verb} {kind}": Request(verb, kind) for verb, kind in product(cluster.verbs, requestable)}
        for text in cluster.subresources:
            known[text] = Request(*text.split(" "))
        return known

    @cached_property
    def _in_cluster(self) -> dict[str, set[str]]:
        """Requests to the cluster by the permission of IAM that allows them, in lower case."""
        cluster = self._access.document.cluster
        by_permission: defaultdict[str, set[str]] = defaultdict(set)
        for text, request in self._requests.items():
            if cluster and (permission := rbac.permission(cluster, request)):
                by_permission[permission].add(text)
        return dict(by_permission)

    @cached_property
    def _contents(self) -> dict[str, Content]:
        """Contents of IAM's roles, with the requests that they allow in the cluster."""
        contents: dict[str, Content] = {}
        for name, role in self._access.document.roles.items():
            can = self._access.contents(name)
            if can is not None:
                can = can.union(
                    *(self._in_cluster.get(permission.lower(), ()) for permission in can if "." in permission)
                )
            contents[name] = Content(names.short_role(name), role.title, can)
        return contents

    def _indirect(self, who: str) -> Iterator[Row]:
        """Yield rows by acting as another principal: the shortest path to each role on each resource."""
        known = {(row.content.name, row.on, row.refused) for row in self._effective(who) if row.verdict is Verdict.YES}
        for chain in paths.chains_from(self._access, who):
            target = chain[-1].target
            steps = tuple(paths.steps(self._access, chain))
            sure = paths.lowest(edge.verdict for edge in chain)
            what = Content(f"{ACT_AS}{self._access.called(target)}", "", frozenset())
            yield Row(who, what, paths.resource_of(self._access, target), sure, steps)
            for row in self._effective(target):
                key = (row.content.name, row.on, row.refused)
                if key not in known:
                    known.add(key)
                    both = paths.lowest((sure, row.verdict))
                    yield replace(row, who=who, verdict=both, steps=(*steps, *row.steps))

    def _effective(self, who: str) -> Iterator[Row]:
        """Yield rows that hold for a principal, by its own grants and its groups'."""
        own = self._direct.get(who, [])
        yield from own
        mine = {(row.content.name, row.on, row.steps[-1]) for row in own}
        for identity in self._access.identities(who)[1:]:
            for row in self._direct.get(identity, ()):
                if (row.content.name, row.on, row.steps[-1]) not in mine:
                    yield replace(row, steps=(*paths.counted(self._access, who, identity), *row.steps))

    def as_json(self) -> Json:
        """Return the rows and their lists as compact JSON."""
        people, things, texts, cans, urns = (_Index[str]() for _ in range(5))
        roles = _Index[Content]()
        rows: list[list[Any]] = []
        urns.of("")
        for resource in self._access.document.resources:
            things.of(resource.id)
        for row in self.rows():
            refused = [[cans.of(name), refusal.verdict.rank, texts.of(refusal.rule)] for name, refusal in row.refused]
            steps = [texts.of(step) for step in row.steps]
            cells = [people.of(row.who), roles.of(row.content), things.of(row.on), row.verdict.rank, steps]
            apart, within = ([things.of(resource) for resource in part] for part in (row.apart_from, row.decided_in))
            rest = [urns.of(row.declared), refused, apart, within]
            while rest and not rest[-1]:
                rest.pop()
            rows.append([*cells, *rest])
        return {
            "environment": self._access.document.environment,
            "gaps": list(self._access.document.gaps),
            "rows": rows,
            "principals": [[self._access.called(principal), self._known_as(principal)] for principal in people.listed],
            "resources": [
                [self._access.name_of(resource), resource, [things.of(above) for above in self._access.line(resource)]]
                for resource in things.listed
            ],
            "roles": [
                [of.name, of.title, None if of.can is None else sorted(map(cans.of, of.can))] for of in roles.listed
            ],
            "can": cans.listed,
            "texts": texts.listed,
            "urns": urns.listed,
        }

    def _known_as(self, principal: str) -> str:
        """Return the search terms of a principal: its ID, and the members of a group."""
        return "\n".join((principal, *map(self._access.called, self._access.members.get(principal, ()))))


class _Index(Generic[Item]):
    """List without duplicates, with the index of each item."""

    def __init__(self) -> None:
        self._positions: dict[Item, int] = {}

    def of(self, item: Item) -> int:
        """Return the index of an item; a new one is added."""
        return self._positions.setdefault(item, len(self._positions))

    @property
    def listed(self) -> list[Item]:
        """All items, in order."""
        return list(self._positions)
