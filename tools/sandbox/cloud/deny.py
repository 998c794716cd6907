"""Deny policies: permissions denied to every principal except a rule's exceptions, whatever was granted.

https://cloud.google.com/iam/docs/deny-overview. They are attached to projects, folders and organisations, and are
evaluated before any allow policy. Google offers only some permissions for them; that list is not simulated.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import cast

from sandbox.cloud import principals
from sandbox.cloud.attributes import Request
from sandbox.cloud.errors import invalid
from sandbox.cloud.store import Json

_PERMISSION = re.compile(r"^[a-z0-9.-]+\.[a-z]+/[A-Za-z*][\w.]*\.[A-Za-z*]\w*$")
_SERVICES = {"resourcemanager": "cloudresourcemanager.googleapis.com"}  # services not named `<prefix>.googleapis.com`


@dataclass(frozen=True)
class Denial:
    """The deny rule that denied a permission.

    Attributes:
        policy: the deny policy's name.
        rule: the rule's description, or its place in the policy.
        principal: the principal of the rule that matched.
        permission: the permission of the rule that matched.
    """

    policy: str
    rule: str
    principal: str
    permission: str


def denied_permission(permission: str) -> str:
    """Returns a permission as deny policies write it: `iam.roles.list` is `iam.googleapis.com/roles.list`."""
    if "/" in permission:
        return permission
    service, _, rest = permission.partition(".")
    return f"{_SERVICES.get(service, f'{service}.googleapis.com')}/{rest}"


def find(policies: Json, identities: Iterable[str], permission: str, request: Callable[[], Request]) -> Denial | None:
    """Returns the first rule that denies.

    Args:
        policies: the deny policies attached to one resource, by name.
        identities: every identifier of the caller, as members of allow policies.
        permission: the permission as roles write it.
        request: makes the request for which conditions are evaluated.
    """
    callers = {principals.denied_form(identity) for identity in identities}
    target = denied_permission(permission)
    for name, policy in sorted(policies.items()):
        for number, (description, rule) in enumerate(_rules(cast("Json", policy)), start=1):
            denied = _strings(rule, "deniedPermissions")
            pattern = next((pattern for pattern in denied if _covers(pattern, target)), None)
            matched = callers.intersection(_strings(rule, "deniedPrincipals"))
            if pattern is None or not matched or _excepted(rule, callers, target):
                continue
            if _applies(rule, request):
                return Denial(name, description or f"rule {number}", min(matched), pattern)
    return None


def _rules(policy: Json) -> Iterator[tuple[str, Json]]:
    for rule in policy.get("rules", []):
        yield str(rule.get("description", "")), rule["denyRule"]


def _strings(rule: Json, key: str) -> list[str]:
    return list(rule.get(key) or [])


def _covers(pattern: str, permission: str) -> bool:
    """Returns whether a pattern covers a permission: itself, `service/*.*`, `service/kind.*` or `service/*.verb`."""
    if "*" not in pattern:
        return pattern == permission
    expression = re.escape(pattern).replace(r"\*", r"[^/]*")
    return re.fullmatch(expression, permission) is not None


def _excepted(rule: Json, callers: set[str], permission: str) -> bool:
    if callers.intersection(_strings(rule, "exceptionPrincipals")):
        return True
    return any(_covers(pattern, permission) for pattern in _strings(rule, "exceptionPermissions"))


def _applies(rule: Json, request: Callable[[], Request]) -> bool:
    """Returns whether a rule's condition holds; one that cannot be evaluated denies."""
    expression = _condition(rule)
    if not expression:
        return True
    from sandbox.cloud import conditions  # noqa: PLC0415 - CEL takes 0.3 s to load; most policies have no condition

    return conditions.holds(expression, request()) is not False


def _condition(rule: Json) -> str:
    condition = cast("Json", rule.get("denialCondition") or {})
    return str(condition.get("expression") or "")


def check(policy: Json) -> None:
    """Raises INVALID_ARGUMENT for a deny policy that IAM refuses."""
    rules = list(_rules(policy))
    if not rules:
        raise invalid("A deny policy needs at least one rule.")
    for _, rule in rules:
        for key in ("deniedPermissions", "deniedPrincipals"):
            if not rule.get(key):
                raise invalid(f"A deny rule needs {key}.")
        for permission in [*_strings(rule, "deniedPermissions"), *_strings(rule, "exceptionPermissions")]:
            _check_permission(permission)
        for principal in [*_strings(rule, "deniedPrincipals"), *_strings(rule, "exceptionPrincipals")]:
            principals.check_denied_form(principal)
        if expression := _condition(rule):
            from sandbox.cloud import conditions  # noqa: PLC0415 - CEL takes 0.3 s to load

            conditions.check_condition(expression, conditions.DENY)


def groups(policy: Json) -> Iterator[str]:
    """Yields the addresses of the groups that a policy names."""
    for _, rule in _rules(policy):
        for principal in [*_strings(rule, "deniedPrincipals"), *_strings(rule, "exceptionPrincipals")]:
            if principal.startswith(principals.GROUP):
                yield principal.removeprefix(principals.GROUP)


def _check_permission(permission: str) -> None:
    if not _PERMISSION.match(permission):
        hint = f"; write {denied_permission(permission)}" if "/" not in permission and "." in permission else ""
        raise invalid(f"Permission '{permission}' is not of the form service.googleapis.com/resource.verb{hint}.")
