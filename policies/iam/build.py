"""Builds the access document from the states and the fetched policies of the cloud.

The cloud's own allow policies count, not declared grants: an out-of-band grant is shown like any other, as undeclared.
Declared grants stand in only where nobody may be allowed to read the policies: above the project.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime

from iam import deny, impersonation, names, principals
from iam.conditions import Conditions
from iam.decide import Access
from iam.document import VERSION, Condition, Document, Grant, Principal, Project, Resource, Role
from iam.fetched import Fetched
from iam.rbac import cluster
from iam.states import DeclaredGrant, States


class Builder:
    """Builder of one document.

    Args:
        states: the states of all layers.
        fetched: the cloud's allow policies, roles and groups.
        now: the moment that the document is true for.
        before: the states that the cloud is in, where `states` are planned ones: a grant that only the planned states
            declare is added, a grant that they no longer declare is removed.
        worked_from: buckets with states to the accounts that work from them (access_audit.yaml: states).
        later: whether a grant counts whose condition will hold at a later moment only.
        live_roles: whether a custom role has what the cloud says, and not what its state declares.
    """

    def __init__(
        self,
        states: States,
        fetched: Fetched,
        now: datetime,
        *,
        before: States | None = None,
        worked_from: Mapping[str, str] | None = None,
        later: bool = False,
        live_roles: bool = False,
    ) -> None:
        self._live_roles = live_roles
        self._states = states
        self._before = before
        self._fetched = fetched
        self._now = now
        self._conditions = Conditions(states.number, now, later=later)
        self._denying = Conditions(states.number, now)  # a deny rule whose condition will hold does not deny yet
        self._worked_from = worked_from or {}
        self._project = names.project(states.project)
        old = before.grants.keys() if before else set[DeclaredGrant]()
        self._gone = old - states.grants.keys()
        self._new = states.grants.keys() - old if before else set[DeclaredGrant]()
        self._above = [f"{names.CONTAINERS}{ancestor}" for ancestor in fetched.above]
        self._resources = self._all_resources()
        self._below: defaultdict[str, list[str]] = defaultdict(list)
        for resource in self._resources.values():
            for level in self._line(resource.id):
                self._below[level].append(resource.id)

    def document(self, *, becoming: bool = True) -> Document:
        """Build the document, with the impersonation graph unless nobody asks as whom somebody could act."""
        listed = sorted(self._grants(), key=lambda grant: (grant.resource, grant.role, grant.principal))
        inside = cluster(self._states, self._fetched.rbac, self._before)
        roles = self._roles(listed)
        known = sorted({permission for role in roles.values() for permission in role.permissions or ()})
        denials = tuple(deny.denial(denying, known, self._when_denied) for denying in self._states.denials())
        bound = [binding.principal for binding in inside.bindings] if inside else []
        members = {grant.principal for grant in listed} | set(bound)
        members |= {who for denial in denials for who in (*denial.principals, *denial.exceptions)}
        document = Document(
            version=VERSION,
            environment=self._fetched.environment,
            at=self._now,
            project=Project(id=self._states.project, number=self._states.number),
            gaps=(*self._fetched.gaps, *self._gaps(roles, members)),
            principals=tuple(self._principals(members, listed)),
            roles=roles,
            resources=tuple(self._resources.values()),
            grants=tuple(listed),
            denials=denials,
            federations=tuple(self._states.federations()),
            cluster=inside,
        )
        return (
            document.model_copy(update={"becoming": tuple(self.graph(document).published())}) if becoming else document
        )

    def graph(self, document: Document) -> impersonation.Graph:
        """Return the impersonation graph of a document of these states."""
        return impersonation.Graph(Access(document), self._worked_from, self._conditions)

    def _canonical(self, name: str) -> str:
        return names.canonical(name, self._states.project, self._states.number)

    def _all_resources(self) -> dict[str, Resource]:
        known = {self._project, *self._above, *self._states.resources()}
        known |= {self._canonical(policy.resource) for policy in self._fetched.policies}
        known |= {grant.resource for grant in self._states.grants}
        cluster_name = self._states.cluster
        known |= {
            f"{cluster_name}/k8s/namespaces/{namespace}" for namespace in self._states.namespaces() if cluster_name
        }
        return {
            resource: Resource(id=resource, name=self._name(resource), parent=self._parent(resource, known))
            for resource in sorted(known)
        }

    def _name(self, resource: str) -> str:
        return names.words(resource, self._states.owner)

    def _parent(self, resource: str, known: set[str]) -> str | None:
        if resource in (self._project, *self._above):
            line = [self._project, *self._above]
            return next(iter(line[line.index(resource) + 1 :]), None)
        if resource.startswith(names.CONTAINERS):
            return None  # another project, which no state describes
        parts = resource.removeprefix("//").split("/")[1:]
        foreign = parts[:1] == ["projects"] and not self._states.owner.has(parts[1])
        return next((level for level in names.above(resource) if level in known), None if foreign else self._project)

    def _line(self, resource: str) -> Iterator[str]:
        level: str | None = resource
        while level is not None:
            yield level
            level = self._resources[level].parent

    def _grants(self) -> Iterator[Grant]:
        read: set[str] = set()
        for policy in self._fetched.policies:
            resource = self._canonical(policy.resource)
            read.add(resource)
            for binding in policy.policy.bindings:
                for member in binding.members:
                    grant = DeclaredGrant(resource, binding.role, member, binding.expression)
                    if grant not in self._gone:
                        yield self._grant(grant, str((binding.condition or {}).get("title", "")))
        # Declared grants on resources whose policies nobody read, and planned grants.
        for grant in self._states.grants:
            if grant.resource not in read or grant in self._new:
                yield self._grant(grant)

    def _grant(self, grant: DeclaredGrant, title: str = "") -> Grant:
        return Grant(
            principal=grant.member,
            role=grant.role,
            resource=grant.resource,
            condition=self._condition(grant.condition, grant.resource, title),
            declared=self._states.grants.get(grant, ""),
        )

    def _condition(self, expression: str, resource: str, title: str = "") -> Condition | None:
        return self._evaluated(self._conditions, expression, resource, title) if expression else None

    def _when_denied(self, expression: str, resource: str) -> Condition | None:
        return self._evaluated(self._denying, expression, resource) if expression else None

    def _evaluated(self, by: Conditions, expression: str, resource: str, title: str = "") -> Condition:
        here = by.verdict(expression, resource)
        below = self._below[resource] if "resource" in expression else ()
        other = {child: verdict for child in below if (verdict := by.verdict(expression, child)) != here}
        return Condition(title=title, expression=expression, verdict=here, elsewhere=other)

    def _roles(self, listed: Iterable[Grant]) -> dict[str, Role]:
        declared = self._states.roles()
        contents: dict[str, Role] = {}
        for name in sorted({*declared, *(grant.role for grant in listed)}):
            fetched = self._fetched.roles.get(name)
            if name in declared and not (self._live_roles and fetched):
                contents[name] = declared[name]
            elif fetched is not None:
                permissions = () if fetched.deleted else tuple(sorted(set(fetched.included_permissions)))
                contents[name] = Role(title=fetched.title, permissions=permissions)
            else:
                contents[name] = Role(permissions=None)
        return contents

    def _gaps(self, roles: dict[str, Role], members: set[str]) -> Iterator[str]:
        for name, role in roles.items():
            if role.permissions is None:
                yield (
                    f"What {name} contains could not be read: whoever holds it may be able to do anything, and as whom "
                    "they could act is not listed."
                )
        groups = sorted(group for group in members if group.startswith("group:") and "@" in group)
        unreadable = [group for group in groups if self._fetched.groups.get(group) is None]
        if unreadable:
            listed = ", ".join(group.removeprefix("group:") for group in unreadable)
            yield f"Who is in these groups could not be read, so each stands for its people: {listed}."
        for urn in self._states.unreadable:
            yield f"What {urn.rpartition('::')[2]} grants is not in the state, so nothing here counts it."

    def _principals(self, members: set[str], listed: Iterable[Grant]) -> Iterator[Principal]:
        basic: defaultdict[str, set[str]] = defaultdict(set)
        for member in members:
            if basic_role := principals.basic_role(member):
                project, role = names.project(basic_role[0]), basic_role[1]
                holders = (grant.principal for grant in listed if (grant.resource, grant.role) == (project, role))
                basic[member].update(holders)
        groups = self._fetched.groups
        known = members | {f"serviceAccount:{email}" for email in self._states.accounts}
        known |= {group for group in groups if group in members}
        waiting = [*known]
        while waiting:
            for member in groups.get(waiting.pop()) or ():
                if member not in known:
                    known.add(member)
                    waiting.append(member)
        directory = principals.Directory(groups, basic, self._states.project, self._states.number)
        for member in sorted(known):
            yield directory.principal(member, known)
