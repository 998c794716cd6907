"""RBAC of the cluster, as its API server has it or the states declare it, and its counterpart in IAM.

On GKE a request is allowed when RBAC or IAM allows it, so a document has both.
https://cloud.google.com/kubernetes-engine/docs/how-to/role-based-access-control
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from engine.inputs import at, items, mapping
from engine.members import Member
from iam import principals
from iam.document import Binding, Cluster, Rule
from iam.states import RBAC, States

# Kubernetes' verb to the verb of IAM's permission: https://cloud.google.com/kubernetes-engine/docs/how-to/iam.
VERBS: Final[Mapping[str, str]] = {
    "bind": "bind",
    "create": "create",
    "delete": "delete",
    "deletecollection": "delete",
    "escalate": "escalate",
    "get": "get",
    "list": "list",
    "patch": "update",
    "update": "update",
    "watch": "list",
}
_STATUS = {"get": "getstatus", "update": "updatestatus", "patch": "updatestatus"}
_SCALE = {"get": "getscale", "update": "updatescale", "patch": "updatescale"}
SUBRESOURCES: Final[Mapping[str, str]] = {
    "create pods/attach": "container.pods.attach",
    "create pods/eviction": "container.pods.evict",
    "create pods/exec": "container.pods.exec",
    "create pods/portforward": "container.pods.portforward",
    "create serviceaccounts/token": "container.serviceaccounts.createtoken",
    "get pods/attach": "container.pods.attach",
    "get pods/exec": "container.pods.exec",
    "get pods/log": "container.pods.getlogs",
    "get pods/portforward": "container.pods.portforward",
    "update namespaces/finalize": "container.namespaces.finalize",
}
# Kinds that every cluster has and that a question may name, though only a Role for all kinds allows them.
KINDS: Final = (
    "clusterrolebindings", "clusterroles", "configmaps", "cronjobs", "daemonsets", "deployments", "events", "ingresses",
    "jobs", "limitranges", "namespaces", "networkpolicies", "nodes", "persistentvolumeclaims", "persistentvolumes",
    "pods", "replicasets", "resourcequotas", "rolebindings", "roles", "secrets", "serviceaccounts", "services",
    "statefulsets",
)  # fmt: skip
_CUSTOM = "container.thirdpartyobjects"
# Role that Kubernetes creates itself, so that no state has it; its rules are fixed.
_OWN: Mapping[str, tuple[Rule, ...]] = {
    "ClusterRole cluster-admin": (Rule(groups=("*",), resources=("*",), verbs=("*",)),)
}


@dataclass(frozen=True)
class Request:
    """Request to the cluster.

    Attributes:
        verb: Kubernetes' verb.
        resource: the kind in the plural, with a subresource after a slash.
        group: the API group; empty for the core group, None for any.
        namespace: the namespace; empty for the whole cluster.
        name: name of an object; empty for any.
    """

    verb: str
    resource: str
    group: str | None = None
    namespace: str = ""
    name: str = ""


# Namespaces whose accounts are the cluster's own: https://cloud.google.com/kubernetes-engine/docs/concepts/security-overview.
_MANAGED = re.compile(r"kube-(system|public|node-lease)|gke-managed-[a-z-]+|gke-gmp-system|gmp-(system|public)")
# Subjects that stand for many or anybody, and the Roles by which every API server lets them ask what it is.
_ANYBODY = re.compile(r"system:(authenticated|unauthenticated|anonymous|serviceaccounts(:.*)?)")
_OF_ANYBODY = frozenset(
    {"system:basic-user", "system:discovery", "system:public-info-viewer", "system:service-account-issuer-discovery"}
)
_NODES = "kubelet"
ROLES: Final = ("ClusterRole", "Role")
BINDINGS: Final = ("ClusterRoleBinding", "RoleBinding")


class Objects:
    """Roles and bindings of the cluster.

    Args:
        states: the states, which may be planned ones.
        live: what the API server has; None where nobody read it, so that what the states declare stands in.
        before: the states that the cluster is in, where `states` are planned ones.
    """

    def __init__(
        self, states: States, live: Sequence[Mapping[str, Any]] | None = None, before: States | None = None
    ) -> None:
        self._project = states.project
        self._namespaces = frozenset(states.namespaces())
        self.declared = _declared(states)
        self.all = self.declared
        if live is not None:
            named = ((_identity(str(fields.get("kind")), fields), fields) for fields in live)
            present = {identity: self._member(identity, fields) for identity, fields in named if identity}
            if before:  # what no state has is there now, and stays
                planned = _declared(before).keys() | self.declared.keys()
                present = {
                    identity: one for identity, one in present.items() if identity not in planned
                } | self.declared
            self.all = present

    def _member(self, identity: str, fields: Mapping[str, Any]) -> Member:
        declared = self.declared.get(identity)
        return Member(
            declared.urn if declared else "", f"{RBAC}{identity.partition(' ')[0]}", identity, lambda: dict(fields)
        )

    def of(self, *kinds: str) -> Iterator[tuple[str, Member]]:
        """Yield the objects of some kinds with their identities."""
        for kind in kinds:
            yield from ((identity, one) for identity, one in self.all.items() if one.type == f"{RBAC}{kind}")

    def bindings(self) -> Iterator[Binding]:
        """Yield each subject of each binding, except for the cluster's own."""
        for identity, member in self.of(*BINDINGS):
            declared = self.declared.get(identity)
            listed = set(_bound(declared, self._project)) if declared else set[tuple[str, str]]()
            own = [self._is_own(mapping(subject), member) for subject in items(member.fields.get("subjects"))]
            for (who, role), is_own in zip(_bound(member, self._project), own, strict=True):
                is_declared = (who, role) in listed
                if is_declared or not is_own:
                    urn = declared.urn if declared and is_declared else ""
                    yield Binding(
                        principal=who, role=role, namespace=_namespace(member), name=_name(member), declared=urn
                    )

    def _is_own(self, subject: Mapping[str, Any], binding: Member) -> bool:
        """Return whether Kubernetes or Google bound a subject of theirs, which nobody else can be."""
        kind, name = str(subject.get("kind")), str(subject.get("name"))
        if kind == "ServiceAccount":
            namespace = str(subject.get("namespace"))
            return bool(_MANAGED.fullmatch(namespace)) and namespace not in self._namespaces
        if _ANYBODY.fullmatch(name):
            return at(binding.fields, "roleRef.name") in _OF_ANYBODY
        return name.startswith("system:") or name == _NODES

    def rules(self, role: Member) -> tuple[Rule, ...]:
        """Return the rules of a Role, with those that it aggregates."""
        own = rules(role)
        selectors = [
            mapping(at(selector, "matchLabels"))
            for selector in items(at(role.fields, "aggregationRule.clusterRoleSelectors"))
        ]
        for _, other in self.of("ClusterRole") if selectors else ():
            labels = mapping(at(other.fields, "metadata.labels"))
            if other is not role and any(selector and selector.items() <= labels.items() for selector in selectors):
                own += rules(other)
        return own


def cluster(
    states: States, live: Sequence[Mapping[str, Any]] | None = None, before: States | None = None
) -> Cluster | None:
    """Return the cluster's Roles and bindings (see `Objects`); None where there is no cluster."""
    if not states.cluster:
        return None
    objects = Objects(states, live, before)
    bindings = tuple(objects.bindings())
    used = {binding.role for binding in bindings} | objects.declared.keys()
    roles: dict[str, tuple[Rule, ...] | None] = {
        identity: objects.rules(role) for identity, role in objects.of(*ROLES) if identity in used
    }
    for binding in bindings:
        roles.setdefault(binding.role, _OWN.get(binding.role))
    return Cluster(
        id=states.cluster, roles=roles, bindings=bindings, verbs=dict(VERBS), subresources=dict(_subresources(roles))
    )


def _declared(states: States) -> dict[str, Member]:
    return {
        _role_id(kind, _namespace(member), _name(member)): member
        for kind in (*ROLES, *BINDINGS)
        for member in states.rbac(kind)
    }


def _identity(kind: str, fields: Mapping[str, Any]) -> str:
    """Return what names an object; empty for one of another kind."""
    metadata = mapping(fields.get("metadata"))
    known = kind in (*ROLES, *BINDINGS)
    return _role_id(kind, str(metadata.get("namespace") or ""), str(metadata.get("name"))) if known else ""


def _bound(binding: Member, project: str) -> Iterator[tuple[str, str]]:
    """Yield the subjects of a binding, as policies name them, with its Role."""
    reference = mapping(binding.fields.get("roleRef"))
    of = str(reference.get("kind"))
    role = _role_id(of, _namespace(binding) if of == "Role" else "", str(reference.get("name")))
    for subject in items(binding.fields.get("subjects")):
        yield principals.from_subject(mapping(subject), project), role


def _subresources(roles: Mapping[str, tuple[Rule, ...] | None]) -> Iterator[tuple[str, str]]:
    """Yield requests on subresources with IAM's permissions: fixed ones, then status and scale of kinds in Roles."""
    yield from SUBRESOURCES.items()
    resources = {resource for rules in roles.values() for rule in rules or () for resource in rule.resources}
    for resource in sorted(resources):
        kind, _, sub = resource.partition("/")
        for verb, permission in {"status": _STATUS, "scale": _SCALE}.get(sub, {}).items():
            yield f"{verb} {resource}", f"container.{kind}.{permission}"


def rules(role: Member) -> tuple[Rule, ...]:
    """Return a Role's own rules."""
    return tuple(_rule(mapping(rule)) for rule in items(role.fields.get("rules")))


def _rule(fields: Mapping[str, Any]) -> Rule:
    keys = {"groups": "apiGroups", "resources": "resources", "verbs": "verbs", "names": "resourceNames"}
    return Rule(**{ours: tuple(map(str, items(fields.get(theirs)))) for ours, theirs in keys.items()})


def _role_id(kind: str, namespace: str, name: str) -> str:
    return f"{kind} {namespace}/{name}" if namespace else f"{kind} {name}"


def _name(member: Member) -> str:
    return str(at(member.fields, "metadata.name"))


def _namespace(member: Member) -> str:
    return str(at(member.fields, "metadata.namespace") or "")


def covers(rules: Iterable[Rule] | None, request: Request) -> bool | None:
    """Return whether a Role's rules allow a request; None where the rules are not known."""
    if rules is None:
        return None
    return any(
        _has(rule.verbs, request.verb)
        and (request.group is None or _has(rule.groups, request.group))
        and _resources(rule, request.resource)
        and (not rule.names or request.name in rule.names)
        for rule in rules
    )


def only_for(rules: Iterable[Rule] | None, request: Request) -> tuple[str, ...]:
    """Return names of the only objects that a Role allows a request for, where the request names none."""
    if request.name:
        return ()
    whole = Request(request.verb, request.resource, request.group, request.namespace)
    return tuple(sorted({name for rule in rules or () if rule.names for name in rule.names if _by_name(rule, whole)}))


def _by_name(rule: Rule, request: Request) -> bool:
    return covers([rule.model_copy(update={"names": ()})], request) is True


def _has(listed: tuple[str, ...], value: str) -> bool:
    return "*" in listed or value in listed


def _resources(rule: Rule, resource: str) -> bool:
    return _has(rule.resources, resource) or ("/" in resource and f"*/{resource.partition('/')[2]}" in rule.resources)


def permission(cluster: Cluster, request: Request) -> str:
    """Return IAM's permission for a request, in lower case; empty where IAM has none, so that RBAC alone decides.

    A permission that no role contains is for a kind that IAM does not know. All custom kinds share one permission.
    """
    if "/" in request.resource:
        return cluster.subresources.get(f"{request.verb} {request.resource}", "")
    verb = cluster.verbs.get(request.verb, "")
    if not verb:
        return ""
    group = request.group or ""
    custom = "." in group and not group.endswith(".k8s.io")
    return f"{_CUSTOM if custom else f'container.{request.resource}'}.{verb}"
