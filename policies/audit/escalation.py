"""Escalation paths: chains of edges by which a principal comes to privileges that it was not given.

Edges between principals are iam.impersonation's. Here are the edges to what is no principal: a role that somebody may
grant itself, what is in a resource whose policy it sets, or everything. What a path reaches is compared with what its
source was given: only a new privilege makes a path a finding.
"""

from collections import defaultdict, deque
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from audit.privileges import PROJECT, Privilege, Privileges, missing
from audit.settings import Settings
from iam import conditions, kinds, names
from iam.decide import Access
from iam.document import Document, Grant, Principal, Role
from iam.escalation import Step, leading
from iam.grants import short_role
from iam.impersonation import Edge
from iam.permitted import ACCESS
from iam.principals import workload_parts

EVERYTHING = "everything"
_CONTAINERS = [kind.sets_policy for kind in kinds.KINDS if kind.word in kinds.CONTAINERS]
_WITH_DUTY = [kind for kind in kinds.KINDS if kind.duty]


@dataclass(frozen=True)
class Hop:
    """One step of a path.

    Attributes:
        target: what is reached: a principal's ID, or the name of something else.
        name: the target in plain words.
        text: what the source may do, for people.
        urn: what declares the grant or binding that lets it.
        gains: privileges that it gives by itself; a principal's own come from going on from there.
        designed: whether security's own list grants it: then what is reached was given.
    """

    target: str
    name: str
    text: str
    urn: str
    gains: frozenset[Privilege] = frozenset()
    designed: bool = False


@dataclass(frozen=True)
class EscalationPath:
    """A chain of hops to privileges that were not given.

    Attributes:
        source: the principal, in plain words.
        target: where it ends, in plain words.
        hops: in order.
        gains: the privileges that are new.
    """

    source: str
    target: str
    hops: tuple[Hop, ...]
    gains: frozenset[Privilege]


def grantable(document: Document, contents: Mapping[str, frozenset[str]]) -> Document:
    """A document in which every role that a principal may grant itself is a principal of its own, with that role.

    Such a principal counts as the one that may grant the role, so a deny rule binds it alike.

    Args:
        document: what is granted.
        contents: permissions of predefined roles.
    """
    roles = dict(document.roles)
    known = {each.id: each for each in document.principals}
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
    """Finds escalation paths.

    Args:
        access: grants of all layers, those that a principal may make for itself included (`grantable`).
        edges: of the graph of who can act as whom.
        privileges: what principals hold.
        settings: which duties there are.
        owners: members of a team, by ID, with the names of the accounts of its apps.
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
        self._hops: dict[str, list[Hop]] = {}

    def meant(self, principal: str) -> list[str]:
        """The accounts that a principal is meant to act as, also by way of others."""
        found, waiting = [principal], [principal]
        while waiting:
            for hop in self.hops(waiting.pop()):
                if hop.designed and hop.target not in found:
                    found.append(hop.target)
                    waiting.append(hop.target)
        return found[1:]

    def given(self, principal: str) -> frozenset[Privilege]:
        """Privileges that a principal was given: by its own grants, and through accounts that it is meant to act as."""
        return frozenset[Privilege]().union(*map(self._privileges.of, (principal, *self.meant(principal))))

    def paths(self, principal: str) -> Iterator[EscalationPath]:
        """The shortest path to each place where the principal comes to more than it was given.

        Paths that begin with an account that it is meant to act as are that account's own, and not reported again.
        """
        given = self.given(principal)
        seen = {principal}
        waiting: deque[tuple[str, tuple[Hop, ...]]] = deque([(principal, ())])
        while waiting:
            current, taken = waiting.popleft()
            for hop in self.hops(current):
                if hop.target in seen:
                    continue
                seen.add(hop.target)
                hops = (*taken, hop)
                gains = missing(hop.gains | self._privileges.of(hop.target), given)
                if gains and not hops[0].designed:
                    yield EscalationPath(self._access.called(principal), hop.name, hops, gains)
                waiting.append((hop.target, hops))

    def hops(self, current: str) -> list[Hop]:
        """Hops from a principal; designed ones first, so that a path begins with what was meant."""
        if current not in self._hops:
            found = [*self._impersonating(current), *self._granting(current), *self._within(current)]
            self._hops[current] = sorted(found, key=lambda hop: (not hop.designed, hop.name))
        return self._hops[current]

    def _impersonating(self, current: str) -> Iterator[Hop]:
        for identity in self._access.identities(current):
            for edge in self._edges.get(identity, ()):
                if edge.destination != current:
                    text = f"{self._access.called(current)} {edge.how(self._access)}"
                    name = self._access.called(edge.destination)
                    yield Hop(edge.destination, name, text, edge.urn, designed=self._is_designed(edge))

    def _is_designed(self, edge: Edge) -> bool:
        """Whether security's list of grants has the very grant of an edge, or a team runs its own app."""
        if workload_parts(edge.destination):
            accounts = {self._access.called(onward.destination) for onward in self._edges.get(edge.destination, ())}
            return not accounts.isdisjoint(self._owners.get(edge.source, ()))
        if edge.grant is None or self._access.name_of(edge.grant.resource) != self._access.called(edge.destination):
            return False
        project = self._access.document.project.id
        who, account = self._access.called(edge.grant.principal), self._access.called(edge.destination)
        role = short_role(edge.grant.role, project)
        return any(permitted.role == role for permitted in ACCESS.permitted(who, account, project))

    def _granting(self, current: str) -> Iterator[Hop]:
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
                    yield Hop(target, name, self._text(current, what, permission, grant), grant.declared)
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

    def _everything(self, current: str, what: str, permission: str, grant: Grant) -> Hop:
        gains = frozenset(Privilege(duty, PROJECT) for duty in self._settings.duties)
        return Hop(EVERYTHING, EVERYTHING, self._text(current, what, permission, grant), grant.declared, gains)

    def _within(self, current: str) -> Iterator[Hop]:
        """Whoever sets the policy of a resource gives itself what is in it."""
        for kind in _WITH_DUTY:
            for grant in self._privileges.by(current, kind.sets_policy):
                place = self._privileges.place(grant)
                target = f"{kind.word} *" if place == PROJECT else place
                text = self._text(current, f"may give itself what is in {target}", kind.sets_policy, grant)
                yield Hop(target, target, text, grant.declared, frozenset({Privilege(kind.duty, place)}))

    def _text(self, current: str, what: str, permission: str, grant: Grant) -> str:
        by = f"{permission} by {names.short_role(grant.role)} on {self._access.name_of(grant.resource)}"
        return f"{self._access.called(current)} {what} ({by})"
