"""Grants that a resource declares: principal, role, resource and condition, in the words of access.yaml."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from engine.inputs import UNKNOWN, at, is_open, items, mapping
from iam import kinds, logins
from iam.kinds import Owner

_OF_ORGANIZATION = re.compile(r"organizations/[0-9]+/roles/(?P<role>[^/]+)")


@dataclass(frozen=True)
class Grant:
    """One role for one member.

    Attributes:
        role: its name in policies, UNKNOWN, or a Secret.
        member: its name in policies, UNKNOWN, or a Secret.
        condition: the expression, UNKNOWN, or a Secret; None without one.
    """

    role: Any
    member: Any
    condition: Any

    @property
    def is_open(self) -> bool:
        """Return whether role, member and condition are all readable."""
        return all(is_open(part) for part in (self.role, self.member, self.condition))


class Declaration(Protocol):
    """Resource that a program declares."""

    @property
    def type(self) -> str:
        """Type token."""
        ...

    @property
    def inputs(self) -> dict[str, Any]:
        """Inputs of the resource."""
        ...

    @property
    def provider(self) -> dict[str, Any] | None:
        """Inputs of its provider."""
        ...


def grants(inputs: Mapping[str, Any]) -> Iterator[Grant]:
    """Yield all grants of a resource with these inputs, unreadable ones included.

    Raises:
        ValueError: `policyData` is not JSON.
    """
    if "policyData" in inputs:
        yield from _of_policy(inputs["policyData"])
        return
    condition = _expression(inputs.get("condition"))
    members = items(inputs["members"]) if "members" in inputs else [inputs.get("member")]
    for member in members:
        yield Grant(_known(inputs.get("role")), _known(member), condition)


def declares(token: str) -> bool:
    """Return whether resources of a type declare grants: IAM's, or logins of databases."""
    return kinds.is_grant(token) or token == logins.TYPE


def of(token: str, inputs: Mapping[str, Any]) -> Iterator[Grant]:
    """Yield all grants that a resource of a type declares, unreadable ones included.

    Raises:
        ValueError: `policyData` is not JSON.
    """
    if token == logins.TYPE:
        who = logins.member(inputs)
        yield from (Grant(role, who, None) for role in logins.roles(inputs))
    else:
        yield from grants(inputs)


def readable(resource: Declaration) -> Iterator[Grant]:
    """Yield the readable grants of a resource; the rule iam-grant-readable refuses all others."""
    return (grant for grant in of(resource.type, resource.inputs) if grant.is_open)


def _of_policy(data: Any) -> Iterator[Grant]:
    if not is_open(data):
        yield Grant(data, data, None)
        return
    for binding in items(json.loads(data).get("bindings")):
        fields = mapping(binding)
        for member in items(fields.get("members")) or [UNKNOWN]:
            yield Grant(_known(fields.get("role")), member, _expression(fields.get("condition")))


def _known(value: Any) -> Any:
    return value if isinstance(value, str) or not is_open(value) else UNKNOWN


def _expression(condition: Any) -> Any:
    if condition is None or not is_open(condition):
        return condition
    return _known(at(condition, "expression"))


def own_project(resource: Declaration) -> str:
    """Return the project of the stack; empty where neither provider nor resource names it."""
    for candidate in ((resource.provider or {}).get("project"), resource.inputs.get("project")):
        if isinstance(candidate, str):
            return candidate
    return ""


def short_role(name: str, project: str) -> str:
    """Return a role in the words of access.yaml: a custom role made for the own project without its path.

    The organisation's custom roles for one project end in its ID, and begin with "organization" in words.
    """
    if match := _OF_ORGANIZATION.fullmatch(name):
        role, _, owner = match["role"].partition(".")
        return f"organization {role}" if project and owner == project.replace("-", "_") else name
    return name.removeprefix(f"projects/{project}/roles/")


def target(token: str, inputs: Mapping[str, Any], project: str) -> str:
    """Return the full name of a grant's resource; empty where its inputs do not name it, or its kind is unknown."""
    if token == logins.TYPE:
        return logins.instance(inputs, project)
    kind = kinds.of_grant(token)
    relative = kind.relative_name(inputs, project) if kind else ""
    return kinds.full(kind, relative) if kind and relative else ""


def target_words(resource: Declaration, project: str) -> str:
    """Return a grant's resource in words: "project", "secret NAME", "key RING/NAME".

    Empty where its inputs do not name it; the type itself for a grant of an unknown kind, which is on no list.
    """
    if kinds.of_grant(resource.type) is None and resource.type != logins.TYPE:
        return resource.type
    name = target(resource.type, resource.inputs, project)
    if resource.type == logins.TYPE and not name:
        return logins.UNKNOWN_INSTANCE
    return kinds.words(name, Owner(project=project)) if name else ""
