"""Permissions that an update requires: what the provider's calls ask for, resource by resource (needs.yaml).

Predictions name the permission and the resource on which IAM decides. A resource that only the update names is unknown,
and nothing is predicted for a type without a row: both are listed as unknown, never as granted.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import unquote

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from engine import data
from engine.inputs import at, is_open, items
from iam import grants, kinds, names
from iam.rbac import Request

FILE = Path(__file__).with_name("needs.yaml")
Operation = Literal["create", "update", "delete"]
UNKNOWN_PLACE = ""

_KUBERNETES = re.compile(r"kubernetes:(?P<group>[a-z0-9.\-]+)/v[a-z0-9]+:(?P<kind>[A-Z]\w*)")
# https://kubernetes.io/docs/reference/using-api/server-side-apply/: the provider changes objects by PATCH.
_VERBS: Mapping[Operation, tuple[str, ...]] = {
    "create": ("create", "get"),
    "update": ("patch", "get"),
    "delete": ("delete", "get"),
}
_CONTAINER = re.compile(r"(projects|folders|organizations)/[^/]+")


class _Row(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Place(_Row):
    """Resource on which IAM decides: its kind's word, and the input that names it."""

    of: str
    at: str


def _in_full(value: object) -> object:
    return {"permission": value} if isinstance(value, str) else value


class _Conditional(_Row):
    given: str = ""
    unless: tuple[str, ...] = ()
    required: Annotated[Any, Field(alias="is")] = ()

    def applies(self, before: Mapping[str, Any] | None, after: Mapping[str, Any] | None) -> bool:
        """Return whether the calls from one set of inputs to another meet the condition; an unknown value does."""
        inputs = dict(after if after is not None else before or {})
        if any(inputs.get(name) is True for name in self.unless):
            return False
        value = at(inputs, self.given) if self.given else None
        if not self.given or not is_open(value):
            return True
        if before is not None and after is not None and value == at(dict(before), self.given):
            return False
        if self.required == ():
            return value is not None
        return any(value == one and type(value) is type(one) for one in items(self.required) or [None])


class Permission(_Conditional):
    """Permission that a call requires; needs.yaml explains the fields."""

    permission: Annotated[str, Field(pattern=r"^[A-Za-z.]*\.[A-Za-z./]+$")]
    of: str = ""
    at: str = ""


class Constraint(_Conditional):
    """Resources that Google refuses where a constraint of an organisation policy is enforced."""

    type: str


_Permissions = tuple[Annotated[Permission, BeforeValidator(_in_full)], ...]


class Calls(_Row):
    """Permissions of one type's calls."""

    permission: str
    create: _Permissions | None = None
    update: _Permissions | None = None
    delete: _Permissions | None = None
    also: _Permissions = ()
    waits: _Permissions = ()
    within: Place | None = None

    def of(self, operation: Operation) -> Iterator[Permission]:
        """Yield the permissions of an operation, with their full names."""
        own: Mapping[Operation, tuple[_Permissions | None, tuple[str, ...]]] = {
            "create": (self.create, (".create", ".get")),
            "update": (self.update, (".update", ".get")),
            "delete": (self.delete, (".delete",)),
        }
        listed, usual = own[operation]
        called = tuple(Permission(permission=name) for name in usual) if listed is None else listed
        if not called:
            return
        for one in (*called, *self.also, *self.waits):
            name = f"{self.permission}{one.permission}" if one.permission.startswith(".") else one.permission
            yield one.model_copy(update={"permission": name})


class _File(_Row):
    apis: dict[str, str]
    constraints: dict[str, Constraint]
    types: dict[str, Calls]


_READ = data.load(FILE, _File)
CALLS: Mapping[str, Calls] = _READ.types
CONSTRAINTS: Mapping[str, Constraint] = _READ.constraints


@dataclass(frozen=True)
class Need:
    """Permission that an update requires.

    Attributes:
        permission: its name in roles.
        resource: full name of the resource on which IAM decides; empty where only the update names it.
        request: the request to the cluster; None for a permission of IAM.
        role: role that the call grants or revokes, for a permission to set a policy.
    """

    permission: str
    resource: str
    request: Request | None = None
    role: str = ""


def api(permission: str) -> str:
    """Return the API that a permission belongs to: `sqladmin.googleapis.com` for `cloudsql.instances.get`."""
    prefix = permission.partition(".")[0]
    return f"{_READ.apis.get(prefix, prefix)}.googleapis.com"


def is_known(token: str) -> bool:
    """Return whether the permissions of a type's calls are known."""
    return token in CALLS or kinds.is_grant(token) or _KUBERNETES.fullmatch(token) is not None


def needs(
    token: str,
    operation: Operation,
    before: Mapping[str, Any] | None,
    after: Mapping[str, Any] | None,
    project: str,
) -> Iterator[Need]:
    """Yield what an operation on a resource of a type requires; nothing for an unknown type.

    Args:
        token: the type.
        operation: the operation; a replacement is a creation and a deletion.
        before: inputs before the update; None for a creation.
        after: inputs after the update; None for a deletion.
        project: project of the stack.
    """
    inputs = dict(after if after is not None else before or {})
    if match := _KUBERNETES.fullmatch(token):
        yield from _in_cluster(match["group"], match["kind"], operation, inputs)
    elif kinds.is_grant(token) and token not in CALLS:
        yield from _of_grant(token, inputs, project)
    elif calls := CALLS.get(token):
        own = _own(token, inputs, project) or _place(calls.within, inputs, project)
        above = _parent(own, project) if _own(token, inputs, project) else own
        for permission in calls.of(operation):
            if not permission.applies(before, after) or (permission.at and at(inputs, permission.at) is None):
                continue
            where = above if permission.permission.endswith(".create") else own
            if permission.at:
                where = named(permission.of, at(inputs, permission.at), project)
            elif permission in calls.waits or not _same_service(permission.permission, own):
                where = names.project(project)
            yield Need(permission.permission, where)


def _same_service(permission: str, resource: str) -> bool:
    """Return whether a permission can be decided on a resource: it is one of the resource's own service."""
    return any(permission.startswith(begin.partition(".")[0]) for begin in names.permissions_on(resource))


def _own(token: str, inputs: Mapping[str, Any], project: str) -> str:
    return kinds.declared(token, inputs, str(inputs.get("project") or project))


def _place(within: Place | None, inputs: Mapping[str, Any], project: str) -> str:
    return named(within.of, at(dict(inputs), within.at), project) if within else names.project(project)


def _parent(resource: str, project: str) -> str:
    """Return the resource on which a creation is decided: the nearest one above that can have a policy."""
    above = (level for level in names.above(resource) if kinds.of_name(level))
    return next(above, names.project(project))


def named(kind: str, value: Any, project: str) -> str:
    """Return the full name of a resource that an input names; empty where only the update knows it."""
    if not is_open(value) or not isinstance(value, str):
        return UNKNOWN_PLACE
    text = unquote(value)
    text = (
        text[text.index("projects/") :]
        if "projects/" in text
        else text.removeprefix("cloudresourcemanager.googleapis.com/")
    )
    if _CONTAINER.fullmatch(text):
        return f"{names.CONTAINERS}{text}"
    if kind in kinds.CONTAINERS:
        return f"{names.CONTAINERS}{kind}s/{text}"
    known = next(one for one in kinds.KINDS if one.word == kind)
    relative = known.relative_name({known.target: text}, project)
    return kinds.full(known, relative) if relative else UNKNOWN_PLACE


def _of_grant(token: str, inputs: Mapping[str, Any], project: str) -> Iterator[Need]:
    kind = kinds.of_grant(token)
    if kind is None:
        return
    on = grants.target(token, inputs, project)
    roles = {str(grant.role) if is_open(grant.role) else "" for grant in grants.of(token, inputs)} or {""}
    yield Need(f"{kind.permission}.getIamPolicy", on)
    for role in sorted(roles):
        yield Need(kind.sets_policy, on, role=role)


def _in_cluster(group: str, kind: str, operation: Operation, inputs: Mapping[str, Any]) -> Iterator[Need]:
    name, namespace = (at(dict(inputs), f"metadata.{field}") for field in ("name", "namespace"))
    own = str(name) if isinstance(name, str) else ""
    where = str(namespace) if isinstance(namespace, str) else ""
    for verb in _VERBS[operation]:
        request = Request(verb, plural(kind), "" if group == "core" else group, where, "" if verb == "create" else own)
        yield Need(f"{verb} {request.resource}", UNKNOWN_PLACE, request)


def plural(kind: str) -> str:
    """Return the plural of a kind of the cluster, as Roles name it."""
    small = kind.lower()
    if small.endswith("y") and small[-2] not in "aeiou":
        return f"{small[:-1]}ies"
    if small == "endpoints":
        return small
    return f"{small}es" if small.endswith(("s", "x", "ch")) else f"{small}s"
