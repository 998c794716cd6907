"""Decides from an access document whether a principal has a permission on a resource, and by which grants.

Google's order: a deny policy on the resource's project or above goes before every grant; otherwise a grant on the
resource, or on a resource above it, suffices (https://cloud.google.com/iam/docs/policy-types). In the cluster, RBAC and
IAM each suffice. The document is the only input, so everybody who has it gets the same answer.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from functools import cached_property

from iam import names, principals, rbac
from iam.decision import Decision, Reason, grouped, holder, holds, permissions_of, surest_first
from iam.deny import denies
from iam.document import Binding, Denial, Document, Grant, Principal, PublishedEdge, Resource, Verdict
from iam.rbac import Request

_UNKNOWN = ""  # in an index of grants by permission: grants of roles whose permissions are unknown


class Access:
    """Effective access in one document."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self.principals: dict[str, Principal] = {principal.id: principal for principal in document.principals}
        self.resources: dict[str, Resource] = {resource.id: resource for resource in document.resources}
        self._permissions = {name: permissions_of(role) for name, role in document.roles.items()}
        self._small = {name: _small(permissions) for name, permissions in self._permissions.items()}
        self._by_permission: dict[str, dict[str, list[Grant]]] = {}
        self._granted = grouped(document.grants, lambda grant: grant.resource)
        self._denied = grouped(document.denials, lambda denial: denial.resource)

    @cached_property
    def permissions(self) -> frozenset[str]:
        """Permissions that any role contains."""
        return frozenset[str]().union(*(permissions for permissions in self._permissions.values() if permissions))

    @cached_property
    def _spellings(self) -> dict[str, set[str]]:
        spellings: defaultdict[str, set[str]] = defaultdict(set)
        for permission in self.permissions:
            spellings[names.plain_permission(permission)].add(permission)
        return dict(spellings)

    def spelled(self, permission: str) -> set[str]:
        """Return the spellings of a permission in roles: newer services prefix it with their host."""
        return self._spellings.get(permission, set())

    def called(self, principal: str) -> str:
        """Return a principal's name in plain words."""
        known = self.principals.get(principal)
        return known.name if known else principal

    def name_of(self, resource: str) -> str:
        """Return a resource's name in plain words."""
        return self.resources[resource].name if resource in self.resources else resource

    @cached_property
    def by_end(self) -> dict[str, str]:
        """First resource for each pair of last two segments of a resource name."""
        first: dict[str, str] = {}
        for resource in self.document.resources:
            first.setdefault("/".join(resource.id.split("/")[-2:]), resource.id)
        return first

    @cached_property
    def members(self) -> dict[str, list[str]]:
        """Direct and indirect members by principal, such as a group."""
        members: defaultdict[str, list[str]] = defaultdict(list)
        for principal in self.document.principals:
            for group in principal.is_in:
                members[group].append(principal.id)
        return dict(members)

    @cached_property
    def grants_of(self) -> dict[str, list[Grant]]:
        """Grants by principal."""
        return grouped(self.document.grants, lambda grant: grant.principal)

    @cached_property
    def bindings_of(self) -> dict[str, list[Binding]]:
        """Bindings of the cluster by principal."""
        cluster = self.document.cluster
        return grouped(cluster.bindings if cluster else (), lambda binding: binding.principal)

    @cached_property
    def edges_by_source(self) -> dict[str, list[PublishedEdge]]:
        """Edges of the impersonation graph by their source."""
        return grouped(self.document.becoming, lambda edge: edge.source)

    def edges_from(self, principal: str) -> Iterator[PublishedEdge]:
        """Yield the edges that start at a principal or at a group of it."""
        return (edge for identity in self.identities(principal) for edge in self.edges_by_source.get(identity, ()))

    def identities(self, principal: str) -> tuple[str, ...]:
        """Return a principal and all principals whose grants hold for it, itself first."""
        known = self.principals.get(principal)
        return (principal, *(known.is_in if known else ()))

    def counts_among(self, principal: str, listed: Iterable[str]) -> bool:
        """Return whether a principal, or one whose grants hold for it, is listed."""
        return not set(self.identities(principal)).isdisjoint(listed)

    def contents(self, role: str) -> frozenset[str] | None:
        """Return the permissions of a role; None where they are not known."""
        return self._permissions.get(role)

    def line(self, resource: str) -> Iterator[str]:
        """Yield a resource and its ancestors, nearest first."""
        level: str | None = resource
        while level is not None:
            yield level
            level = self.resources[level].parent if level in self.resources else None

    def granted_here(self, resource: str) -> list[Grant]:
        """Return the grants on a resource itself."""
        return self._granted.get(resource, [])

    def granted(self, resource: str) -> Iterator[Grant]:
        """Yield the grants that hold on a resource: its own and inherited ones."""
        for level in self.line(resource):
            yield from self._granted.get(level, ())

    def decide(self, principal: str, permission: str, resource: str) -> Decision:
        """Decide whether a principal has a permission on a resource (a full name that the document has)."""
        identities = frozenset(self.identities(principal))
        return self._decided(identities, self._by_grants(identities, permission, resource), permission, resource)

    def decide_in_cluster(self, principal: str, request: Request) -> Decision:
        """Decide whether a principal may make a request to the cluster, by RBAC or by IAM."""
        cluster = self.document.cluster
        if cluster is None:
            return Decision(Verdict.NO)
        identities = frozenset(self.identities(principal))
        bound = list(self._by_bindings(identities, request))
        by_iam = Decision(Verdict.NO)
        if permission := self._as_written(rbac.permission(cluster, request)):
            by_iam = self.decide(principal, permission, self.cluster_project)
        reasons = surest_first([*bound, *(by_iam.reasons if by_iam.verdict is not Verdict.NO else ())])
        highest = max((by_iam.verdict, *(reason.verdict for reason in bound)), key=lambda verdict: verdict.rank)
        refused = by_iam.denials if highest is Verdict.NO else ()
        return Decision(highest, reasons or by_iam.reasons, refused)

    @cached_property
    def cluster_project(self) -> str:
        """The cluster's project, on which IAM decides requests to the cluster."""
        cluster = self.document.cluster
        return (self.resources[cluster.id].parent if cluster and cluster.id in self.resources else "") or ""

    def granting(self, permission: str, resource: str) -> Iterator[Grant]:
        """Yield the grants on a resource or above it whose roles contain a permission, or may contain it."""
        for level in self.line(resource):
            if level not in self._by_permission:
                self._by_permission[level] = self._indexed(level)
            index = self._by_permission[level]
            yield from index.get(permission, ())
            yield from index.get(_UNKNOWN, ())

    def _indexed(self, level: str) -> dict[str, list[Grant]]:
        index: defaultdict[str, list[Grant]] = defaultdict(list)
        for grant in self._granted.get(level, ()):
            permissions = self._permissions.get(grant.role)
            for permission in (_UNKNOWN,) if permissions is None else permissions:
                index[permission].append(grant)
        return dict(index)

    def who(self, permission: str, resource: str) -> Iterator[str]:
        """Yield principals that may have a permission on a resource: principals of grants, and their members."""
        yield from self._with_members({grant.principal for grant in self.granting(permission, resource)})

    def who_in_cluster(self, request: Request) -> Iterator[str]:
        """Yield principals that may be allowed a request to the cluster."""
        cluster = self.document.cluster
        if cluster is None:
            return
        bound = {
            binding.principal
            for binding in cluster.bindings
            if binding.namespace in ("", request.namespace)
            and rbac.covers(cluster.roles[binding.role], request) is not False
        }
        bound |= {
            binding.principal
            for binding in cluster.bindings
            if binding.namespace in ("", request.namespace) and rbac.only_for(cluster.roles[binding.role], request)
        }
        if permission := self._as_written(rbac.permission(cluster, request)):
            bound |= set(self.who(permission, self.cluster_project))
        yield from self._with_members(bound)

    def holders(self, permission: str, resource: str) -> Iterator[tuple[str, Decision]]:
        """Yield principals that have a permission on a resource, or would if it were not denied, with the decisions.

        A member that has the permission by its group alone, with the group's verdict, is not listed besides the group.
        """
        decisions = {who: self.decide(who, permission, resource) for who in self.who(permission, resource)}
        yield from self._apart_from_groups(decisions)

    def holders_in_cluster(self, request: Request) -> Iterator[tuple[str, Decision]]:
        """Yield principals that are allowed a request to the cluster; members as in `holders`."""
        decisions = {who: self.decide_in_cluster(who, request) for who in self.who_in_cluster(request)}
        yield from self._apart_from_groups(decisions)

    def _apart_from_groups(self, decisions: dict[str, Decision]) -> Iterator[tuple[str, Decision]]:
        for who, decision in decisions.items():
            own = any(who in (holder(reason.grant), holder(reason.binding)) for reason in decision.reasons)
            groups = [
                group for group in self.identities(who)[1:] if group in decisions and not self._stands_for_others(group)
            ]
            by_group = any(decisions[group].verdict == decision.verdict for group in groups)
            if decision.reasons and (own or not by_group) and not self._stands_for_others(who):
                yield who, decision

    def _stands_for_others(self, principal: str) -> bool:
        """Return whether a member only stands for others that are listed, such as everybody with a basic role."""
        return principals.basic_role(principal) is not None and bool(self.members.get(principal))

    def _with_members(self, direct: Iterable[str]) -> Iterator[str]:
        members = set(direct)
        for principal in list(members):
            members.update(self.members.get(principal, ()))
        yield from sorted(members)

    def _as_written(self, small: str) -> str:
        """Return a lower-case permission as roles spell it; empty for one that no role contains."""
        return next((spellings[small] for spellings in self._small.values() if small in spellings), "") if small else ""

    def _by_grants(self, identities: frozenset[str], permission: str, resource: str) -> Iterator[Reason]:
        for grant in self.granting(permission, resource):
            if grant.principal in identities:
                verdict = holds(grant.condition, resource)
                if self._permissions.get(grant.role) is None and verdict is not Verdict.NO:
                    verdict = Verdict.MAYBE
                if verdict is not Verdict.NO:
                    yield Reason(verdict, grant)

    def _decided(
        self, identities: frozenset[str], allowing: Iterable[Reason], permission: str, resource: str
    ) -> Decision:
        reasons = surest_first(allowing)
        if not reasons:
            return Decision(Verdict.NO)
        denials = list(self._denials(identities, permission, resource))
        denying = tuple(denial for denial, _ in denials)
        if any(verdict is Verdict.YES for _, verdict in denials):
            return Decision(Verdict.NO, reasons, denying)
        allowed = reasons[0].verdict
        return Decision(Verdict.MAYBE if denials and allowed is Verdict.YES else allowed, reasons, denying)

    def _denials(self, identities: frozenset[str], permission: str, resource: str) -> Iterator[tuple[Denial, Verdict]]:
        for level in self.line(resource):
            for denial in self._denied.get(level, ()):
                if (verdict := denies(denial, identities, permission, resource)) is not Verdict.NO:
                    yield denial, verdict

    def is_denied(self, principal: str, permission: str, resource: str) -> bool:
        """Return whether a deny rule certainly denies a principal a permission on a resource."""
        identities = frozenset(self.identities(principal))
        return any(verdict is Verdict.YES for _, verdict in self._denials(identities, permission, resource))

    def _by_bindings(self, identities: frozenset[str], request: Request) -> Iterator[Reason]:
        cluster = self.document.cluster
        for binding in cluster.bindings if cluster else ():
            if binding.principal in identities and binding.namespace in ("", request.namespace):
                rules = cluster.roles[binding.role] if cluster else ()
                allowed, only = rbac.covers(rules, request), rbac.only_for(rules, request)
                if allowed or allowed is None:
                    yield Reason(Verdict.YES if allowed else Verdict.MAYBE, binding=binding)
                elif only:
                    yield Reason(Verdict.PART, binding=binding, only=only)


def _small(permissions: frozenset[str] | None) -> dict[str, str]:
    """Return the cluster's permissions by their lower-case spelling."""
    return {permission.lower(): permission for permission in permissions or () if permission.startswith("container.")}
