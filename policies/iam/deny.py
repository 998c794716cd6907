"""Deny rules: their permissions, principals, exceptions and conditions.

A deny rule goes before every grant. Every model of access reads it here, with its condition, its exceptions and its
patterns. https://cloud.google.com/iam/docs/deny-overview
"""

from collections.abc import Callable, Iterable
from fnmatch import fnmatchcase

from engine.inputs import items, mapping
from iam import names, principals
from iam.document import Condition, Denial, Verdict
from iam.states import DeclaredDenial


def denial(
    denying: DeclaredDenial, permissions: Iterable[str], conditioned: Callable[[str, str], Condition | None]
) -> Denial:
    """Return a deny rule with the patterns of its permissions expanded.

    Args:
        denying: the rule as its policy has it.
        permissions: every permission that a role contains.
        conditioned: evaluates a condition on a resource and below it.
    """
    fields = denying.rule
    denied, spared = (_texts(fields.get(key)) for key in ("deniedPermissions", "exceptionPermissions"))
    bound, excepted = (
        tuple(map(principals.from_denial, _texts(fields.get(key))))
        for key in ("deniedPrincipals", "exceptionPrincipals")
    )
    expression = str(mapping(fields.get("denialCondition")).get("expression") or "")
    return Denial(
        policy=denying.policy,
        rule=denying.description,
        resource=denying.resource,
        permissions=tuple(
            permission
            for permission in permissions
            if _matches(denied, permission) and not _matches(spared, permission)
        ),
        principals=bound,
        exceptions=excepted,
        condition=conditioned(expression, denying.resource),
    )


def _texts(value: object) -> list[str]:
    return [str(item) for item in items(value)]


def _matches(patterns: Iterable[str], permission: str) -> bool:
    """Return whether permissions of a deny rule, with `*` for a part, match a permission as roles spell it."""
    plain = names.plain_permission(permission)
    return any(fnmatchcase(plain, names.permission_in_roles(pattern).replace("[", "[[]")) for pattern in patterns)


def denies(rule: Denial, identities: frozenset[str], permission: str, resource: str) -> Verdict:
    """Evaluate a deny rule; a `maybe` where its principals are not known, or whether its condition holds."""
    if permission not in rule.permissions or identities.intersection(rule.exceptions):
        return Verdict.NO
    denied = identities.intersection(rule.principals)
    unclear = not denied and not all(map(principals.is_understood, rule.principals))
    if not denied and not unclear:
        return Verdict.NO
    if unclear or not all(map(principals.is_understood, rule.exceptions)):
        return Verdict.MAYBE
    verdict = rule.condition.on(resource) if rule.condition else Verdict.YES
    return Verdict.MAYBE if verdict is Verdict.PART else verdict
