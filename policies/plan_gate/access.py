"""Which access a plan grants and takes: grants of roles, permissions of roles, and bindings in a cluster."""

from collections.abc import Iterator
from typing import Any, cast

from engine.inputs import UNKNOWN, Secret, is_open, items, mapping
from iam import grants, kinds
from plan_gate.change import Change, Operation
from plan_gate.plan import is_secret, is_unknown
from policy_pack.rule import Resource

_CUSTOM_ROLES = ("gcp:projects/iAMCustomRole:IAMCustomRole", "gcp:organizations/iAMCustomRole:IAMCustomRole")
_RBAC = "kubernetes:rbac.authorization.k8s.io/v1:"
# What else decides who may do what: named when it changes, since its meaning does not fit a line.
_OTHERS = {
    "gcp:iam/denyPolicy:DenyPolicy": "what nobody may do",
    "gcp:iam/workloadIdentityPoolProvider:WorkloadIdentityPoolProvider": "who comes in from outside",
    "gcp:orgpolicy/policy:Policy": "what may be set up at all",
}


def access(change: Change) -> Iterator[str]:
    """What a change means for who may do what, a line each: `+` is given, `-` is taken."""
    if change.operation is Operation.SAME:
        return
    before, after = set(_held(change, change.before)), set(_held(change, change.after))
    yield from (f"- {line}" for line in sorted(before - after))
    yield from (f"+ {line}" for line in sorted(after - before))
    if change.type in _OTHERS:
        yield f"~ {change.operation}s {change.label}: {_OTHERS[change.type]}"


def _held(change: Change, inputs: dict[str, Any]) -> Iterator[str]:
    if not inputs:
        return
    plain = cast("dict[str, Any]", readable(inputs))
    if kinds.is_grant(change.type):
        yield from _granted(Resource(change.urn, change.type, change.name, plain))
    elif change.type in _CUSTOM_ROLES:
        role = _text(plain.get("roleId"))
        yield from (f"role {role}: {_text(permission)}" for permission in items(plain.get("permissions")))
    elif change.type.startswith(_RBAC):
        yield from _in_cluster(change.type.removeprefix(_RBAC), change.name, plain)


def _granted(resource: Resource) -> Iterator[str]:
    project = grants.own_project(resource)
    place = grants.place(resource, project) or "a place known only after the update"
    where = f"project {project}" if place == "project" else place
    for grant in grants.grants(resource.inputs):
        condition = f" if {_text(grant.condition)}" if grant.condition is not None else ""
        yield f"{_text(grant.member)} {_text(grant.role)} on {where}{condition}"


def _in_cluster(kind: str, name: str, inputs: dict[str, Any]) -> Iterator[str]:
    metadata = mapping(inputs.get("metadata"))
    named = f"{kind} {_text(metadata.get('namespace') or 'cluster')}/{_text(metadata.get('name') or name)}"
    for rule in items(inputs.get("rules")):
        fields = mapping(rule)
        verbs, resources = (_list(fields.get(key)) for key in ("verbs", "resources"))
        yield f"{named}: {verbs} {resources or _list(fields.get('nonResourceURLs'))}"
    role = mapping(inputs.get("roleRef"))
    for subject in items(inputs.get("subjects")):
        fields = mapping(subject)
        who = f"{_text(fields.get('kind'))} {_text(fields.get('name'))}"
        yield f"{named}: {who} is {_text(role.get('kind'))} {_text(role.get('name'))}"


def _list(value: Any) -> str:
    return ",".join(_text(each) for each in items(value))


def _text(value: Any) -> str:
    """A name in a line; what cannot be told yet says so."""
    if value is None:
        return "(not set)"
    return str(value) if is_open(value) else f"({value!r})"


def readable(value: Any) -> Any:
    """The plan's values as rules know them: unknown and secret ones apart."""
    if is_unknown(value):
        return UNKNOWN
    if is_secret(value):
        return Secret(None)
    if isinstance(value, dict):
        return {key: readable(inner) for key, inner in cast("dict[str, Any]", value).items()}
    if isinstance(value, list):
        return [readable(inner) for inner in cast("list[Any]", value)]
    return value
