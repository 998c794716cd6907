"""Makes the document from states and from what was fetched.

The cloud's own policies count, not the declared ones: what was granted by hand is shown like everything else, as not
declared. Only above the project, where nobody may be allowed to read them, declared grants stand in.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from fnmatch import fnmatchcase
from typing import Any

from audit.declared import place_of
from audit.facts import Grant as Declared
from audit.facts import as_in_roles
from engine.inputs import items, mapping
from iam import grants, impersonation, names, principals
from iam.conditions import Conditions
from iam.document import VERSION, Condition, Denial, Document, Grant, Principal, Project, Resource, Role
from iam.fetched import Fetched
from iam.rbac import cluster
from iam.states import Denying, States

_BUCKET = "//storage.googleapis.com/"


@dataclass(frozen=True)
class _Declared:
    """A grant as a state declares it, with the place in the words of access.yaml."""

    place: str
    role: str
    principal: str
    condition: str


class Builder:
    """Makes one document.

    Args:
        states: of all layers.
        fetched: what the cloud says.
        now: the moment that it is true for.
        before: the states that the cloud is in, where the others are planned ones: what only they declare is counted
            in, and what they declare no more is counted out.
    """

    def __init__(self, states: States, fetched: Fetched, now: datetime, before: States | None = None) -> None:
        self._states = states
        self._fetched = fetched
        self._now = now
        self._conditions = Conditions(states.number, now)
        self._project = names.project(states.project)
        self._declared = {_declared(each): each.urn for each in states.facts.grants}
        old = {_declared(each) for each in before.facts.grants} if before else set[_Declared]()
        self._gone = old - self._declared.keys()
        self._new = self._declared.keys() - old if before else set[_Declared]()
        self._above = [f"{names.CONTAINERS}{each}" for each in fetched.above]
        self._resources = self._all_resources()
        self._below: defaultdict[str, list[str]] = defaultdict(list)
        for each in self._resources.values():
            for level in self._line(each.id):
                self._below[level].append(each.id)

    def document(self) -> Document:
        """The document."""
        listed = sorted(self._grants(), key=lambda each: (each.resource, each.role, each.principal))
        inside = cluster(self._states)
        roles = self._roles(listed)
        denials = tuple(self._denials(roles))
        bound = [binding.principal for binding in inside.bindings] if inside else []
        named = {each.principal for each in listed} | set(bound)
        named |= {who for denial in denials for who in (*denial.principals, *denial.exceptions)}
        found = Document(
            version=VERSION,
            environment=self._fetched.environment,
            at=self._now,
            project=Project(id=self._states.project, number=self._states.number),
            gaps=(*self._fetched.gaps, *self._gaps(roles, named)),
            principals=tuple(self._principals(named, listed)),
            roles=roles,
            resources=tuple(self._resources.values()),
            grants=tuple(listed),
            denials=denials,
            federations=tuple(self._states.federations()),
            cluster=inside,
        )
        return found.model_copy(update={"becoming": tuple(impersonation.edges(found))})

    def _canonical(self, name: str) -> str:
        return names.canonical(name, self._states.project, self._states.number)

    def _all_resources(self) -> dict[str, Resource]:
        known = {self._project, *self._above, *self._states.resources()}
        known |= {self._canonical(each.resource) for each in self._fetched.policies}
        cluster_name = self._states.cluster
        known |= {f"{cluster_name}/k8s/namespaces/{each}" for each in self._states.namespaces() if cluster_name}
        return {
            each: Resource(id=each, name=self._name(each), parent=self._parent(each, known)) for each in sorted(known)
        }

    def _name(self, resource: str) -> str:
        words = place_of(resource, self._states.facts)
        if resource.startswith(names.CONTAINERS):
            return words if resource == self._project or not resource.startswith(self._project) else "project"
        return words if words != resource else names.plain(resource)

    def _parent(self, resource: str, known: set[str]) -> str | None:
        if resource in (self._project, *self._above):
            line = [self._project, *self._above]
            return next(iter(line[line.index(resource) + 1 :]), None)
        if resource.startswith(names.CONTAINERS):
            return None  # another project, of which nothing is known
        return next((level for level in names.above(resource) if level in known), self._project)

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
                    if self._key(resource, binding.role, member, binding.expression) not in self._gone:
                        yield self._grant(resource, binding.role, member, binding.condition or {})
        yield from self._unread(read)

    def _unread(self, read: set[str]) -> Iterator[Grant]:
        """What states declare on resources whose policies nobody read, and what they are planned to declare."""
        by_name = {each.name: each.id for each in self._resources.values()}
        organization = next((each for each in self._above if "/organizations/" in each), "")
        for each in self._states.facts.grants:
            resource = organization if each.place == "organization" else by_name.get(each.place, "")
            if resource and (resource not in read or _declared(each) in self._new):
                condition = {"expression": each.condition} if each.condition else {}
                yield self._grant(resource, self._full_role(each.role), each.member, condition)

    def _full_role(self, role: str) -> str:
        custom = f"projects/{self._states.project}/roles/{role}"
        return role if role.startswith(("roles/", "organizations/", "projects/")) else custom

    def _grant(self, resource: str, role: str, member: str, condition: dict[str, Any]) -> Grant:
        expression = str(condition.get("expression", ""))
        key = self._key(resource, role, member, expression)
        return Grant(
            principal=member,
            role=role,
            resource=resource,
            condition=self._condition(str(condition.get("title", "")), expression, resource) if expression else None,
            declared=self._declared.get(key, ""),
        )

    def _key(self, resource: str, role: str, member: str, expression: str) -> _Declared:
        place = "organization" if "/organizations/" in resource else self._resources[resource].name
        return _Declared(place, grants.short_role(role, self._states.project), member, expression)

    def _condition(self, title: str, expression: str, resource: str) -> Condition:
        here = self._conditions.verdict(expression, resource)
        below = self._below[resource] if "resource" in expression else ()
        other = {each: verdict for each in below if (verdict := self._conditions.verdict(expression, each)) != here}
        return Condition(title=title, expression=expression, verdict=here, elsewhere=other)

    def _roles(self, listed: Iterable[Grant]) -> dict[str, Role]:
        declared = self._states.roles()
        found: dict[str, Role] = {}
        for name in sorted({*declared, *(each.role for each in listed)}):
            fetched = self._fetched.roles.get(name)
            if name in declared:
                found[name] = declared[name]
            elif fetched is not None:
                permissions = tuple(sorted(set(fetched.included_permissions)))
                found[name] = Role(title=fetched.title, permissions=permissions)
            else:
                found[name] = Role(permissions=None)
        return found

    def _gaps(self, roles: dict[str, Role], named: set[str]) -> Iterator[str]:
        for name, role in roles.items():
            if role.permissions is None:
                yield (
                    f"What {name} contains could not be read: whoever holds it may be able to do anything, and as whom "
                    "they could act is not listed."
                )
        unknown = sorted(group for group in named if group.startswith("group:") and "@" in group)
        untold = [group for group in unknown if self._fetched.groups.get(group) is None]
        if untold:
            told = ", ".join(group.removeprefix("group:") for group in untold)
            yield f"Who is in these groups could not be read, so each stands for its people: {told}."
        for urn in self._states.facts.unreadable:
            yield f"What {urn.rpartition('::')[2]} grants is not in the state, so nothing here counts it."

    def _principals(self, named: set[str], listed: Iterable[Grant]) -> Iterator[Principal]:
        basic: defaultdict[str, set[str]] = defaultdict(set)
        for member in named:
            if found := principals.basic_role(member):
                project, role = names.project(found[0]), found[1]
                holders = (each.principal for each in listed if (each.resource, each.role) == (project, role))
                basic[member].update(holders)
        groups = self._fetched.groups
        everybody = named | {f"serviceAccount:{email}" for email in self._states.facts.accounts}
        everybody |= {group for group in groups if group in named}
        waiting = [*everybody]
        while waiting:
            for member in groups.get(waiting.pop()) or ():
                if member not in everybody:
                    everybody.add(member)
                    waiting.append(member)
        directory = principals.Directory(groups, basic, self._states.project, self._states.number)
        for member in sorted(everybody):
            yield directory.principal(member, everybody)

    def _denials(self, roles: dict[str, Role]) -> Iterator[Denial]:
        known = sorted({permission for role in roles.values() for permission in role.permissions or ()})
        for each in self._states.denials():
            yield self._denial(each, known)

    def _denial(self, denying: Denying, known: list[str]) -> Denial:
        fields = denying.rule
        denied, spared = (
            [str(name) for name in items(fields.get(key))] for key in ("deniedPermissions", "exceptionPermissions")
        )
        named = {
            key: tuple(principals.from_denial(str(who)) for who in items(fields.get(key)))
            for key in ("deniedPrincipals", "exceptionPrincipals")
        }
        expression = str(mapping(fields.get("denialCondition")).get("expression") or "")
        return Denial(
            policy=denying.policy,
            rule=denying.description,
            resource=denying.resource,
            permissions=tuple(each for each in known if _named(denied, each) and not _named(spared, each)),
            principals=named["deniedPrincipals"],
            exceptions=named["exceptionPrincipals"],
            condition=self._condition("", expression, denying.resource) if expression else None,
        )


def _named(patterns: Iterable[str], permission: str) -> bool:
    """Whether a deny policy's permissions, in which `*` stands for a part, name one as roles write it."""
    plain = permission.replace(".googleapis.com/", ".")
    return any(fnmatchcase(plain, as_in_roles(pattern).replace("[", "[[]")) for pattern in patterns)


def _declared(grant: Declared) -> _Declared:
    return _Declared(grant.place, grant.role, grant.member, grant.condition)


def document(states: States, fetched: Fetched, now: datetime, before: States | None = None) -> Document:
    """The document; see `Builder`."""
    return Builder(states, fetched, now, before).document()
