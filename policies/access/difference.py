"""Differences between two documents: permissions that principals gained and lost.

Effective access is compared: a permission by another role than before is no change, and a permission that a deny rule
no longer denies is a gain. Access by a group is listed for the group; a new membership is reported as such.
"""

from collections import defaultdict
from collections.abc import Iterator
from typing import Literal, NamedTuple

from access.questions import QuestionError, question
from iam import names
from iam.decide import Access
from iam.document import Entry, Rule, Verdict


class Change(Entry):
    """Access that one principal gained or lost.

    Attributes:
        change: `gained` or `lost`.
        who: a principal.
        what: permissions, requests to the cluster, a principal that it can act as, or a group that it is in.
        on: a resource, in plain words.
        by: the role, binding or edge, with its condition.
    """

    change: Literal["gained", "lost"]
    who: str
    what: tuple[str, ...]
    on: str
    by: str


class Difference(Entry):
    """All access that was gained or lost between two documents."""

    version: int
    environment: str
    changes: tuple[Change, ...]
    gaps: tuple[str, ...] = ()


class _Holding(NamedTuple):
    """Access of a principal, whatever grants it."""

    who: str
    what: str
    on: str
    condition: str = ""


def changes(before: Access, after: Access) -> Iterator[Change]:
    """Yield gains, then losses, in the order of principals."""
    old, new = _effective(before), _effective(after)
    yield from _grouped("gained", {holding: by for holding, by in new.items() if holding not in old}, after)
    yield from _grouped("lost", {holding: by for holding, by in old.items() if holding not in new}, before)


def whose(word: str, before: Access, after: Access) -> str:
    """Return the name of a principal in changes; it may exist in one of the documents only.

    Raises:
        QuestionError: no document has the principal, or the word is ambiguous.
    """
    try:
        return _name(word, after)
    except QuestionError as unknown:
        try:
            return _name(word, before)
        except QuestionError:
            raise unknown from None


def _name(word: str, access: Access) -> str:
    return access.principals[str(question(access, word, None, None).who)].name


def _grouped(change: Literal["gained", "lost"], holdings: dict[_Holding, str], access: Access) -> Iterator[Change]:
    together: defaultdict[tuple[str, str, str, str], set[str]] = defaultdict(set)
    for holding, by in holdings.items():
        together[holding.who, holding.on, by, holding.condition].add(holding.what)
    for (who, on, by, condition), what in sorted(together.items()):
        known = access.principals.get(who)
        bound = f"{by}, if {' '.join(condition.split())}" if condition else by
        yield Change(change=change, who=known.name if known else who, what=tuple(sorted(what)), on=on, by=bound)


def _effective(access: Access) -> dict[_Holding, str]:
    """Return the access of all principals themselves, each with the role, binding or edge that gives it."""
    return dict((*_groups(access), *_by_grants(access), *_by_bindings(access), *_steps(access)))


def _by_grants(access: Access) -> Iterator[tuple[_Holding, str]]:
    deniable = {permission for denial in access.document.denials for permission in denial.permissions}
    for grant in access.document.grants:
        contained = access.contents(grant.role)
        role, resource = names.short_role(grant.role), access.resources[grant.resource].name
        condition = grant.condition.expression if grant.condition else ""
        for permission in contained if contained is not None else [f"whatever {role} contains"]:
            refused = permission in deniable and _is_refused(access, grant.principal, permission, grant.resource)
            if not refused:
                yield _Holding(grant.principal, permission, resource, condition), role


def _is_refused(access: Access, who: str, permission: str, resource: str) -> bool:
    decision = access.decide(who, permission, resource)
    return decision.verdict is Verdict.NO and bool(decision.denials)


def _by_bindings(access: Access) -> Iterator[tuple[_Holding, str]]:
    cluster = access.document.cluster
    for binding in cluster.bindings if cluster else ():
        scope = f"namespace {binding.namespace}" if binding.namespace else "the whole cluster"
        rules = cluster.roles[binding.role] if cluster else ()
        for text in _requests(rules) if rules is not None else [f"whatever {binding.role} contains"]:
            yield _Holding(binding.principal, text, scope), binding.role


def _requests(rules: tuple[Rule, ...]) -> Iterator[str]:
    for rule in rules:
        only = f" ({', '.join(rule.names)})" if rule.names else ""
        for group in rule.groups or ("",):
            for resource in rule.resources:
                kind = f"{resource}.{group}" if group else resource
                yield from (f"{verb} {kind}{only}" for verb in rule.verbs)


def _steps(access: Access) -> Iterator[tuple[_Holding, str]]:
    for edge in access.document.becoming:
        known = access.principals.get(edge.target)
        yield _Holding(edge.source, f"act as {known.name if known else edge.target}", ""), edge.by


def _groups(access: Access) -> Iterator[tuple[_Holding, str]]:
    for principal in access.document.principals:
        for member in principal.members or ():
            yield _Holding(member, f"be in {principal.name}", ""), "the directory"
