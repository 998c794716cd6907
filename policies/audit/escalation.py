"""Escalation paths: chains of edges by which a principal reaches privileges that it was not given.

Edges between principals come from iam.impersonation. This module adds edges to other targets: a role that a principal
may grant itself, the content of a resource whose policy it may set, or everything. The privileges at the end of a path
are compared with the privileges that its source was given: only a new one makes a path a finding.
"""

from collections import defaultdict, deque
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from audit.privileges import PROJECT, Privilege, Privileges, missing
from audit.settings import Settings
from engine import contracts
from iam import conditions, kinds, names
from iam.decide import Access
from iam.document import Document, Grant, Principal, Role
from iam.escalation import Step, leading
from iam.grants import short_role
from iam.impersonation import Edge
from iam.permitted import ACCESS
from iam.principals import workload_parts

EVERYTHING = "everything"
# Permissions on the secret of a contract, of its producer and of its consumers.
_PUBLISHES, _READS = "secretmanager.versions.add", "secretmanager.versions.access"
_CONTAINERS = [kind.sets_policy for kind in kinds.KINDS if kind.word in kinds.CONTAINERS]
_WITH_DUTY = [kind for kind in kinds.KINDS if kind.duty]


@dataclass(frozen=True)
class PathEdge:
    """Edge of a path.

    Attributes:
        target: a principal's ID, or the name of another target.
        name: the target in plain words.
        text: the reason in plain words: the source, its permission and its grant.
        urn: URN of the resource that declares the grant or binding; empty for an undeclared one.
        gains: privileges that the edge gives by itself; the privileges of a target principal are not among them.
        designed: whether security's list of grants contains the edge: then its target's privileges were given.
    """

    target: str
    name: str
    text: str
    urn: str
    gains: frozenset[Privilege] = frozenset()
    designed: bool = False


@dataclass(frozen=True)
class EscalationPath:
    """Chain of edges to privileges that its source was not given.

    Attributes:
        source: the principal, in plain words.
        target: the last edge's target, in plain words.
        edges: its edges, in order.
        gains: the new privileges.
    """

    source: str
    target: str
    edges: tuple[PathEdge, ...]
    gains: frozenset[Privilege]


def grantable(document: Document, contents: Mapping[str, frozenset[str]]) -> Document:
    """Add a principal to a document for every role that a principal may grant itself, with a grant of that role.

    The grants of the principal that may grant the role hold for it as well, and so do the deny rules.

    Args:
        document: the access document.
        contents: permissions of predefined roles.
    """
    roles = dict(document.roles)
    known = {principal.id: principal for principal in document.principals}
    made: dict[str, Principal] = {}
    granted: list[Grant] = []
    for grant, role in _delegated(document):
        holder = known[grant.principal]
        roles.setdefault(role, Role(permissions=tuple(contents[role]) if role in contents else None))
        name = f"role {role.rpartition('/roles/')[2] if role.startswith('projects/') else role}"
        identity = _assumed(grant.principal, role)
        made[identity] = Principal(id=identity, kind="other", name=name, is_in=(holder.id, *holder.is_in))
        granted.append(Grant(principal=identity, role=role, resource=names.project(document.project.id)))
    return document.model_copy(
        update={
            "principals": (*document.principals, *made.values()),
            "roles": roles,
            "grants": (*document.grants, *granted),
        }
    )


def _delegated(document: Document) -> Iterator[tuple[Grant, str]]:
    for grant in document.grants:
        permissions = document.roles[grant.role].permissions or ()
        if grant.condition and not set(_CONTAINERS).isdisjoint(permissions):
            for role in sorted(conditions.delegated(grant.condition.expression) or ()):
                yield grant, role


def _assumed(principal: str, role: str) -> str:
    return f"{role} of {principal}"


class Escalation:
    """Search for escalation paths.

    Args:
        access: effective access in all layers, including roles that principals may grant themselves (`grantable`).
        edges: edges of the impersonation graph.
        privileges: the privileges of principals.
        settings: the duties.
        owners: names of the accounts of a team's apps, by the IDs of the team's members.
    """

    def __init__(
        self,
        access: Access,
        edges: Iterable[Edge],
        privileges: Privileges,
        settings: Settings,
        owners: Mapping[str, set[str]],
    ) -> None:
        self._access = access
        self._edges: defaultdict[str, list[Edge]] = defaultdict(list)
        for edge in edges:
            self._edges[edge.source].append(edge)
        self._privileges = privileges
        self._settings = settings
        self._owners = owners
        self._path_edges: dict[str, list[PathEdge]] = {}

    def meant(self, principal: str) -> list[str]:
        """Return the accounts that a principal may act as by design, also indirectly."""
        reached, waiting = [principal], [principal]
        while waiting:
            for edge in self.edges_from(waiting.pop()):
                if edge.designed and edge.target not in reached:
                    reached.append(edge.target)
                    waiting.append(edge.target)
        return reached[1:]

    def given(self, principal: str) -> frozenset[Privilege]:
        """Return privileges that a principal was given: its own, and of accounts that it may act as by design."""
        return frozenset[Privilege]().union(*map(self._privileges.of, (principal, *self.meant(principal))))

    def paths(self, principal: str) -> Iterator[EscalationPath]:
        """Yield the shortest path to each target with privileges that the principal was not given.

        Paths that begin with an account that it may act as by design are that account's, and are not repeated.
        """
        given = self.given(principal)
        seen = {principal}
        waiting: deque[tuple[str, tuple[PathEdge, ...]]] = deque([(principal, ())])
        while waiting:
            current, taken = waiting.popleft()
            for edge in self.edges_from(current):
                if edge.target in seen:
                    continue
                seen.add(edge.target)
                edges = (*taken, edge)
                gains = missing(edge.gains | self._privileges.of(edge.target), given)
                if gains and not edges[0].designed:
                    yield EscalationPath(self._access.called(principal), edge.name, edges, gains)
                waiting.append((edge.target, edges))

    def edges_from(self, current: str) -> list[PathEdge]:
        """Return the edges from a principal; designed ones first, so that a path prefers them."""
        if current not in self._path_edges:
            edges = [
                *self._impersonating(current),
                *self._granting(current),
                *self._within(current),
                *self._directing(current),
            ]
            self._path_edges[current] = sorted(edges, key=lambda edge: (not edge.designed, edge.name))
        return self._path_edges[current]

    def _impersonating(self, current: str) -> Iterator[PathEdge]:
        for identity in self._access.identities(current):
            for edge in self._edges.get(identity, ()):
                if edge.destination != current:
                    text = f"{self._access.called(current)} {edge.how(self._access)}"
                    name = self._access.called(edge.destination)
                    yield PathEdge(edge.destination, name, text, edge.urn, designed=self._is_designed(edge))

    def _is_designed(self, edge: Edge) -> bool:
        """Return whether security's list has the grant of an edge, or the edge is from a team to its own app."""
        if workload_parts(edge.destination):
            accounts = {self._access.called(onward.destination) for onward in self._edges.get(edge.destination, ())}
            return not accounts.isdisjoint(self._owners.get(edge.source, ()))
        if edge.grant is None or self._access.name_of(edge.grant.resource) != self._access.called(edge.destination):
            return False
        project = self._access.document.project.id
        who, account = self._access.called(edge.grant.principal), self._access.called(edge.destination)
        role = short_role(edge.grant.role, project)
        return any(permitted.role == role for permitted in ACCESS.permitted(who, account, project))

    def _granting(self, current: str) -> Iterator[PathEdge]:
        for permission in sorted(leading(Step.AGENT)):
            for grant in self._privileges.by(current, permission):
                what = "may have Google's own account change anything"
                yield self._everything(current, what, permission, grant)
        for permission in _CONTAINERS:
            for grant in self._privileges.by(current, permission):
                roles = conditions.delegated(grant.condition.expression) if grant.condition else None
                if roles is None:
                    yield self._everything(current, "may grant itself any role", permission, grant)
                for role in sorted(roles or ()):
                    target = _assumed(grant.principal, role)
                    name = self._access.called(target)
                    what = f"may grant itself {name.removeprefix('role ')}"
                    yield PathEdge(target, name, self._text(current, what, permission, grant), grant.declared)
        for grant in self._privileges.by(current, "iam.roles.update"):
            mine = next(self._custom_roles(current), "")
            if mine:
                what = f"may write any permission into {names.short_role(mine)}, which it holds"
                yield self._everything(current, what, "iam.roles.update", grant)

    def _custom_roles(self, current: str) -> Iterator[str]:
        for identity in self._access.identities(current):
            for grant in self._access.grants_of.get(identity, ()):
                if not grant.role.startswith("roles/"):
                    yield grant.role

    def _everything(self, current: str, what: str, permission: str, grant: Grant) -> PathEdge:
        gains = frozenset(Privilege(duty, PROJECT) for duty in self._settings.duties)
        return PathEdge(EVERYTHING, EVERYTHING, self._text(current, what, permission, grant), grant.declared, gains)

    def _within(self, current: str) -> Iterator[PathEdge]:
        """Yield edges to resources whose policy a principal may set, and so grant itself their content."""
        for kind in _WITH_DUTY:
            for grant in self._privileges.by(current, kind.sets_policy):
                scope = self._privileges.scope(grant)
                target = f"{kind.word} *" if scope == PROJECT else scope
                text = self._text(current, f"may give itself what is in {target}", kind.sets_policy, grant)
                yield PathEdge(target, target, text, grant.declared, frozenset({Privilege(kind.duty, scope)}))

    def _directing(self, current: str) -> Iterator[PathEdge]:
        """Yield edges to the accounts whose token a principal directs by a contract that it publishes."""
        for grant in self._privileges.by(current, _PUBLISHES):
            for secret, readers in self._directed.items():
                if grant.resource not in self._access.line(secret):
                    continue
                what = f"may direct the token of whoever reads {self._access.name_of(secret)}"
                text = self._text(current, what, _PUBLISHES, grant)
                for reader in readers:
                    if reader != current:
                        yield PathEdge(reader, self._access.called(reader), text, grant.declared)

    @cached_property
    def _directed(self) -> dict[str, list[str]]:
        """Secrets of contracts that direct tokens to the accounts that read them and do not publish them."""
        directing = {name: one for name, one in contracts.contracts().contracts.items() if one.directs}
        directed: dict[str, list[str]] = {}
        for resource in self._access.document.resources:
            kind, _, secret = resource.name.partition(" ")
            if kind == "secret" and any(one.is_in(name, secret) for name, one in directing.items()):
                granted = self._access.granted_here(resource.id)
                held = [(grant.principal, self._access.contents(grant.role) or frozenset()) for grant in granted]
                publishers = {who for who, permissions in held if _PUBLISHES in permissions}
                directed[resource.id] = [
                    who for who, permissions in held if _READS in permissions and who not in publishers
                ]
        return directed

    def _text(self, current: str, what: str, permission: str, grant: Grant) -> str:
        by = f"{permission} by {names.short_role(grant.role)} on {self._access.name_of(grant.resource)}"
        return f"{self._access.called(current)} {what} ({by})"
