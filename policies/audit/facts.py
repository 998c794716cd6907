"""Who holds what, over all layers, by their states: grants, roles, accounts, deny rules, bindings in the cluster."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from audit.evidence import Evidence
from engine.inputs import at, is_open, items, mapping
from iam import grants
from policy_pack import urns
from policy_pack.rule import Member, Resource, Stack

ACCOUNT = "gcp:serviceaccount/account:Account"
ROLES = ("gcp:projects/iAMCustomRole:IAMCustomRole", "gcp:organizations/iAMCustomRole:IAMCustomRole")
DENY = "gcp:iam/denyPolicy:DenyPolicy"
RBAC = "kubernetes:rbac.authorization.k8s.io/v1:"
_STACK = "pulumi:pulumi:Stack"
WHOLE_CLUSTER = "*"

# Services whose permissions begin otherwise than their hosts.
_PREFIXES = {"cloudresourcemanager": "resourcemanager"}
RUNNABLE = {"pods", "pods/exec", "deployments", "replicasets", "statefulsets", "daemonsets", "jobs", "cronjobs", "*"}
RUNS = {"create", "update", "patch", "*"}
RULES = {"escalate", "bind", "impersonate", "*"}
RULED = {"roles", "clusterroles", "users", "groups", "serviceaccounts", "*"}


@dataclass(frozen=True)
class Grant:
    """One role for one principal, in the words of access.yaml.

    Attributes:
        principal: who.
        role: a custom one without its path.
        place: on what.
        condition: its expression; empty without one.
        member: who, in the words of the policy.
        urn: the resource that makes it.
    """

    principal: str
    role: str
    place: str
    condition: str
    member: str
    urn: str


@dataclass(frozen=True)
class Denial:
    """A rule of a deny policy: permissions as roles name them, principals as the policy names them."""

    permissions: frozenset[str]
    principals: frozenset[str]
    exceptions: frozenset[str]


@dataclass
class Facts:
    """Everything that is known.

    Attributes:
        project: the Google Cloud project of the layers.
        number: its number; empty when no contract tells.
        grants: who holds what.
        unreadable: resources whose grants cannot be read.
        custom_roles: permissions by the role's short name.
        accounts: e-mail addresses to the resources that make them.
        denials: of all deny policies.
        runs: who may run something in which namespaces of the cluster (`*` for all), with the binding.
        workloads: workloads ("namespace/account") to the accounts that they are.
        owners: principals of a team to the accounts of its apps.
        contracts: published contracts by layer, with the stack's URN.
        present: every resource by (stack, type, name).
        evidence: what came with the states.
    """

    project: str = ""
    number: str = ""
    grants: list[Grant] = field(default_factory=list[Grant])
    unreadable: list[str] = field(default_factory=list[str])
    custom_roles: dict[str, frozenset[str]] = field(default_factory=dict[str, frozenset[str]])
    accounts: dict[str, str] = field(default_factory=dict[str, str])
    denials: list[Denial] = field(default_factory=list[Denial])
    runs: dict[str, list[tuple[str, str]]] = field(default_factory=lambda: defaultdict(list))
    workloads: dict[str, str] = field(default_factory=dict[str, str])
    owners: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    contracts: dict[str, tuple[str, Any]] = field(default_factory=dict[str, tuple[str, Any]])
    present: dict[tuple[str, str, str], str] = field(default_factory=dict[tuple[str, str, str], str])
    evidence: Evidence = field(default_factory=Evidence)

    @property
    def held(self) -> dict[str, list[Grant]]:
        """The grants by principal."""
        found: defaultdict[str, list[Grant]] = defaultdict(list)
        for grant in self.grants:
            found[grant.principal].append(grant)
        return dict(found)

    def short(self, email: str) -> str:
        """An account's address in the words of access.yaml."""
        return grants.principal(f"serviceAccount:{email}", self.project)


def facts(stack: Stack) -> Facts:
    """The facts of merged states."""
    members = list(stack.resources)
    found = Facts(
        evidence=Evidence.among((each.type, each.fields) for each in members if "audit:Evidence" in each.type)
    )
    projects = Counter(str(project) for each in members if (project := _project(each)))
    found.project = projects.most_common(1)[0][0] if projects else ""
    for each in members:
        named = urns.parse(each.urn)
        found.present[f"{named.project}/{named.stack}", each.type, each.name] = each.urn
        _take(found, each)
    _cluster(found, members)
    _apps(found)
    return found


def _project(member: Member) -> Any:
    return member.fields.get("project") if member.type.startswith(("gcp:projects/", "gcp:serviceaccount/")) else None


def _take(found: Facts, member: Member) -> None:
    outputs = member.fields
    if member.type == ACCOUNT:
        found.accounts[str(outputs.get("email"))] = member.urn
    elif member.type in ROLES:
        permissions = map(str, items(outputs.get("permissions")))
        found.custom_roles[str(outputs.get("roleId"))] = frozenset(map(as_named_here, permissions))
    elif member.type == DENY:
        found.denials += _denials(outputs)
    elif member.type == _STACK and is_open(outputs.get("contract")) and outputs.get("contract"):
        found.contracts[urns.parse(member.urn).project] = (member.urn, outputs["contract"])
    elif grants.GRANTS(member.type):
        _grants(found, member)


def _grants(found: Facts, member: Member) -> None:
    resource = Resource(member.urn, member.type, member.name, member.fields)
    place = grants.place(resource, found.project)
    for grant in grants.grants(resource):
        if not grant.is_open or not place:
            found.unreadable.append(member.urn)
            continue
        who, text = str(grant.member), str(grant.condition or "")
        short = grants.short_role(str(grant.role), found.project)
        principal = grants.principal(who, found.project)
        found.grants.append(Grant(principal, short, place, text, who, member.urn))
        if principal.startswith("workload ") and place.startswith("account "):
            found.workloads[principal.removeprefix("workload ")] = place


def _denials(outputs: dict[str, Any]) -> Iterator[Denial]:
    for rule in items(outputs.get("rules")):
        fields = mapping(mapping(rule).get("denyRule"))
        if fields.get("denialCondition"):
            continue  # what it denies at some times or places only, it does not deny
        spared = set(map(str, items(fields.get("exceptionPermissions"))))
        yield Denial(
            frozenset(
                as_in_roles(name) for name in map(str, items(fields.get("deniedPermissions"))) if name not in spared
            ),
            frozenset(map(str, items(fields.get("deniedPrincipals")))),
            frozenset(map(str, items(fields.get("exceptionPrincipals")))),
        )


def as_named_here(permission: str) -> str:
    """A permission as access_audit.yaml writes it: those of newer services begin with a host."""
    return permission.replace(".googleapis.com/", ".")


def as_in_roles(permission: str) -> str:
    """`iam.roles.update` from `iam.googleapis.com/roles.update`."""
    host, _, rest = permission.partition("/")
    service = host.removesuffix(".googleapis.com")
    return f"{_PREFIXES.get(service, service)}.{rest}"


def _cluster(found: Facts, members: Iterable[Member]) -> None:
    """Who may run something where, by the cluster's own roles and bindings."""
    roles: dict[tuple[str, str, str], Member] = {}
    bindings: list[Member] = []
    for each in members:
        if each.type.startswith(RBAC):
            kind = each.type.removeprefix(RBAC)
            roles[kind, _namespace(each), str(at(each.fields, "metadata.name"))] = each
            if kind.endswith("Binding"):
                bindings.append(each)
    for binding in bindings:
        kind, name = (str(at(binding.fields, f"roleRef.{part}")) for part in ("kind", "name"))
        namespace = _namespace(binding)
        role = roles.get((kind, namespace if kind == "Role" else "", name))
        if role is None or _lets_run(role.fields):  # one of Kubernetes' own: which, nobody here knows
            for subject in items(binding.fields.get("subjects")):
                found.runs[_subject(found, mapping(subject))].append((namespace or WHOLE_CLUSTER, binding.urn))


def _namespace(member: Member) -> str:
    return str(at(member.fields, "metadata.namespace") or "")


def _lets_run(role: dict[str, Any]) -> bool:
    for rule in items(role.get("rules")):
        verbs = set(map(str, items(at(rule, "verbs"))))
        resources = set(map(str, items(at(rule, "resources"))))
        if (verbs & RUNS and resources & RUNNABLE) or (verbs & RULES and resources & RULED):
            return True
    return False


def _subject(found: Facts, subject: dict[str, Any]) -> str:
    kind, name = str(subject.get("kind")), str(subject.get("name"))
    if kind == "Group":
        return f"group {name}"
    if kind == "ServiceAccount":
        return f"workload {subject.get('namespace')}/{name}"
    return found.short(name) if name.endswith(".gserviceaccount.com") else f"user:{name}"


def _apps(found: Facts) -> None:
    """Which team owns which app's account: its pipeline and its people are meant to run as it."""
    _, contract = found.contracts.get("identity", ("", {}))
    found.number = str(at(contract, "project.number") or "")
    teams = mapping(at(contract, "teams"))
    for app in mapping(at(contract, "apps")).values():
        account = at(app, "serviceAccount")
        team = mapping(teams.get(str(at(app, "team"))))
        if isinstance(account, str):
            for member in (at(team, "ci.deploy"), at(team, "group")):
                if isinstance(member, str):
                    who = found.short(member) if member.endswith(".gserviceaccount.com") else f"group {member}"
                    found.owners[who].add(found.short(account))
