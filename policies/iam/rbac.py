"""RBAC of the cluster, from Roles and bindings in the states, and its counterpart in IAM.

On GKE a request is allowed when RBAC or IAM allows it, so a document has both.
https://cloud.google.com/kubernetes-engine/docs/how-to/role-based-access-control
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from engine.inputs import at, items, mapping
from engine.members import Member
from iam import principals
from iam.document import Binding, Cluster, Rule
from iam.states import States

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


def cluster(states: States) -> Cluster | None:
    """Return the cluster's Roles and bindings; None where there is no cluster."""
    if not states.cluster:
        return None
    roles: dict[str, tuple[Rule, ...] | None] = {
        _role_id(kind, _namespace(role), _name(role)): _rules(role, states)
        for kind in ("ClusterRole", "Role")
        for role in states.rbac(kind)
    }
    bindings = tuple(_bindings(states))
    for binding in bindings:
        roles.setdefault(binding.role, _OWN.get(binding.role))
    return Cluster(
        id=states.cluster, roles=roles, bindings=bindings, verbs=dict(VERBS), subresources=dict(_subresources(roles))
    )


def _subresources(roles: Mapping[str, tuple[Rule, ...] | None]) -> Iterator[tuple[str, str]]:
    """Yield requests on subresources with IAM's permissions: fixed ones, then status and scale of kinds in Roles."""
    yield from SUBRESOURCES.items()
    resources = {resource for rules in roles.values() for rule in rules or () for resource in rule.resources}
    for resource in sorted(resources):
        kind, _, sub = resource.partition("/")
        for verb, permission in {"status": _STATUS, "scale": _SCALE}.get(sub, {}).items():
            yield f"{verb} {resource}", f"container.{kind}.{permission}"


def _rules(role: Member, states: States) -> tuple[Rule, ...]:
    own = tuple(_rule(mapping(rule)) for rule in items(role.fields.get("rules")))
    selectors = [
        mapping(at(selector, "matchLabels"))
        for selector in items(at(role.fields, "aggregationRule.clusterRoleSelectors"))
    ]
    for other in states.rbac("ClusterRole") if selectors else ():
        labels = mapping(at(other.fields, "metadata.labels"))
        if other is not role and any(selector and selector.items() <= labels.items() for selector in selectors):
            own += tuple(_rule(mapping(rule)) for rule in items(other.fields.get("rules")))
    return own


def _rule(fields: Mapping[str, Any]) -> Rule:
    keys = {"groups": "apiGroups", "resources": "resources", "verbs": "verbs", "names": "resourceNames"}
    return Rule(**{ours: tuple(map(str, items(fields.get(theirs)))) for ours, theirs in keys.items()})


def _bindings(states: States) -> Iterator[Binding]:
    for kind in ("ClusterRoleBinding", "RoleBinding"):
        for binding in states.rbac(kind):
            namespace = _namespace(binding)
            reference = mapping(binding.fields.get("roleRef"))
            of = str(reference.get("kind"))
            role = _role_id(of, namespace if of == "Role" else "", str(reference.get("name")))
            for subject in items(binding.fields.get("subjects")):
                who = principals.from_subject(mapping(subject), states.project)
                yield Binding(principal=who, role=role, namespace=namespace, name=_name(binding), declared=binding.urn)


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
