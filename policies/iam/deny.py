"""Deny rules: which permissions they name, whom they bind and whom they spare, and where their conditions hold.

A deny rule goes before every grant. It is read the same way for all that model access, with its condition, its
exceptions and its patterns. https://cloud.google.com/iam/docs/deny-overview
"""

from collections.abc import Callable, Iterable
from fnmatch import fnmatchcase

from engine.inputs import items, mapping
from iam import names, principals
from iam.document import Condition, Denial, Verdict
from iam.states import Denying


def denial(denying: Denying, permissions: Iterable[str], conditioned: Callable[[str, str], Condition | None]) -> Denial:
    """A rule with its patterns written out.

    Args:
        denying: the rule as its policy has it.
        permissions: every permission that a role contains.
        conditioned: evaluates a condition below a resource.
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
        permissions=tuple(each for each in permissions if _named(denied, each) and not _named(spared, each)),
        principals=bound,
        exceptions=excepted,
        condition=conditioned(expression, denying.resource),
    )


def _texts(value: object) -> list[str]:
    return [str(each) for each in items(value)]


def _named(patterns: Iterable[str], permission: str) -> bool:
    """Whether a rule's permissions, in which `*` stands for a part, name one as roles write it."""
    plain = names.plain_permission(permission)
    return any(fnmatchcase(plain, names.permission_in_roles(each).replace("[", "[[]")) for each in patterns)


def denies(rule: Denial, identities: frozenset[str], permission: str, resource: str) -> Verdict:
    """Whether a rule denies; a `maybe` where it is not known whom it means, or whether its condition holds."""
    if permission not in rule.permissions or identities.intersection(rule.exceptions):
        return Verdict.NO
    named = identities.intersection(rule.principals)
    unclear = not named and not all(map(principals.is_understood, rule.principals))
    if not named and not unclear:
        return Verdict.NO
    if unclear or not all(map(principals.is_understood, rule.exceptions)):
        return Verdict.MAYBE
    verdict = rule.condition.on(resource) if rule.condition else Verdict.YES
    return Verdict.MAYBE if verdict is Verdict.PART else verdict
