"""Access that a plan grants and revokes: grants of roles, permissions of roles, logins, and bindings in a cluster."""

from collections.abc import Iterable, Iterator
from typing import Any, cast

from engine.inputs import UNKNOWN, Secret, is_open, items, mapping
from engine.text import exact
from engine.values import is_opaque, is_unknown
from iam import grants
from plan_gate.change import Change, Operation
from policy_pack.rule import Resource

_CUSTOM_ROLES = ("gcp:projects/iAMCustomRole:IAMCustomRole", "gcp:organizations/iAMCustomRole:IAMCustomRole")
_RBAC = "kubernetes:rbac.authorization.k8s.io/v1:"
# Other resources that control access: a change of one is named only, since its meaning does not fit a line.
_OTHERS = {
    "gcp:iam/denyPolicy:DenyPolicy": "what nobody may do",
    "gcp:iam/workloadIdentityPool:WorkloadIdentityPool": "who comes in from outside",
    "gcp:iam/workloadIdentityPoolProvider:WorkloadIdentityPoolProvider": "who comes in from outside",
    "gcp:orgpolicy/policy:Policy": "what may be set up at all",
}
_ACCOUNTS = ("gcp:serviceaccount/account:Account", "gcp:serviceaccount/key:Key")
# Words of roles that give the most: they come first among the lines of new access.
_STRONG = (
    "owner",
    "editor",
    "admin",
    "breakglass",
    "deploy",
    "operator",
    "grantor",
    "superuser",
    "tokencreator",
    "writer",
)
_ANYBODY = ("allUsers", "allAuthenticatedUsers", "domain:", "system:anonymous", "system:authenticated")


def gives_access(token: str) -> bool:
    """Return whether resources of a type decide who may do what."""
    return grants.declares(token) or token in (*_CUSTOM_ROLES, *_OTHERS, *_ACCOUNTS) or token.startswith(_RBAC)


def access(change: Change) -> Iterator[str]:
    """Yield access that a change grants (`+`) and revokes (`-`), a line each.

    `!` marks access that leaves the state and stays in the cloud.
    """
    if change.operation is Operation.SAME:
        return
    before, after = set(_granted(change, change.before)), set(_granted(change, change.after))
    lost = "! stays, unmanaged:" if change.stays else "-"
    yield from (f"{lost} {line}" for line in sorted(before - after))
    yield from (f"+ {line}" for line in sorted(after - before))
    if change.type in _OTHERS:
        yield f"~ {change.operation}s {change.label}: {_OTHERS[change.type]}"


def strongest_first(lines: Iterable[str]) -> list[str]:
    """Return lines of access in the order of their weight: what stays or is new, for anybody, by a strong role."""
    return sorted(lines, key=lambda line: (_RANK.get(line[:1], len(_RANK)), -_weight(line), line))


_RANK = {"!": 0, "+": 1, "~": 2, "-": 3}


def _weight(line: str) -> int:
    plain = line.lower()
    anybody = any(name.lower() in plain for name in _ANYBODY) or "*" in line
    return 4 * anybody + 2 * any(word in plain for word in _STRONG) + (" on project" in line or " cluster/" in line)


def _granted(change: Change, inputs: dict[str, Any]) -> Iterator[str]:
    if not inputs:
        return
    plain = cast("dict[str, Any]", readable(inputs))
    if grants.declares(change.type):
        yield from _bindings(Resource(change.urn, change.type, change.name, plain))
    elif change.type in _CUSTOM_ROLES:
        role = _text(plain.get("roleId"))
        yield from (f"role {role}: {_text(permission)}" for permission in items(plain.get("permissions")))
    elif change.type.startswith(_RBAC):
        yield from _in_cluster(change.type.removeprefix(_RBAC), change.name, plain)


def _bindings(resource: Resource) -> Iterator[str]:
    project = grants.own_project(resource)
    target = grants.target_words(resource, project) or "a place known only after the update"
    where = f"project {project}" if target == "project" else target
    for grant in grants.of(resource.type, resource.inputs):
        condition = f" if {_text(grant.condition)}" if grant.condition is not None else ""
        yield f"{_text(grant.member)} {_text(grant.role)} on {exact(where)}{condition}"


def _in_cluster(kind: str, name: str, inputs: dict[str, Any]) -> Iterator[str]:
    metadata = mapping(inputs.get("metadata"))
    label = f"{kind} {_text(metadata.get('namespace') or 'cluster')}/{_text(metadata.get('name') or name)}"
    for rule in items(inputs.get("rules")):
        fields = mapping(rule)
        verbs, resources = (_list(fields.get(key)) for key in ("verbs", "resources"))
        yield f"{label}: {verbs} {resources or _list(fields.get('nonResourceURLs'))}"
    role = mapping(inputs.get("roleRef"))
    for subject in items(inputs.get("subjects")):
        fields = mapping(subject)
        who = f"{_text(fields.get('kind'))} {_text(fields.get('name'))}"
        yield f"{label}: {who} is {_text(role.get('kind'))} {_text(role.get('name'))}"


def _list(value: Any) -> str:
    return ",".join(_text(item) for item in items(value))


def _text(value: Any) -> str:
    """Return a name for a line, in ASCII; words for an unknown or secret one."""
    if value is None:
        return "(not set)"
    return exact(str(value)) if is_open(value) else f"({value!r})"


def readable(value: Any) -> Any:
    """Convert values of the plan to the form of rules, with UNKNOWN and Secret."""
    if is_unknown(value):
        return UNKNOWN
    if is_opaque(value):
        return Secret(None)
    if isinstance(value, dict):
        return {key: readable(inner) for key, inner in cast("dict[str, Any]", value).items()}
    if isinstance(value, list):
        return [readable(inner) for inner in cast("list[Any]", value)]
    return value
