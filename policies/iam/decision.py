"""A decision on access, its reasons, and the evaluation of a single grant."""

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TypeVar

from iam.document import Binding, Condition, Denial, Grant, Role, Verdict

_Item = TypeVar("_Item")


@dataclass(frozen=True)
class Reason:
    """Grant or binding by which access is allowed.

    Attributes:
        verdict: whether it allows the access.
        grant: the grant in IAM; None for a binding of the cluster.
        binding: the binding of the cluster; None for a grant in IAM.
        only: names of the only objects that the binding's Role allows the request for.
    """

    verdict: Verdict
    grant: Grant | None = None
    binding: Binding | None = None
    only: tuple[str, ...] = ()


@dataclass(frozen=True)
class Decision:
    """Decision on access, with its reasons.

    Attributes:
        verdict: whether the access is allowed.
        reasons: grants and bindings that allow it, or would if it were not denied; the surest first.
        denials: the rules of deny policies that go before them.
    """

    verdict: Verdict
    reasons: tuple[Reason, ...] = ()
    denials: tuple[Denial, ...] = ()


def grouped(listed: Iterable[_Item], key: Callable[[_Item], str]) -> dict[str, list[_Item]]:
    """Group items by a key; each group keeps their order."""
    groups: defaultdict[str, list[_Item]] = defaultdict(list)
    for item in listed:
        groups[key(item)].append(item)
    return dict(groups)


def holds(condition: Condition | None, resource: str) -> Verdict:
    """Return whether a grant's condition holds on a resource."""
    return condition.on(resource) if condition else Verdict.YES


def holder(granted: Grant | Binding | None) -> str:
    """Return the principal of a grant or a binding; empty without one."""
    return granted.principal if granted else ""


def permissions_of(role: Role) -> frozenset[str] | None:
    """Return the permissions of a role; None where they are not known."""
    return None if role.permissions is None else frozenset(role.permissions)


def surest_first(reasons: Iterable[Reason]) -> tuple[Reason, ...]:
    """Sort reasons by verdict, `yes` first."""
    return tuple(sorted(reasons, key=lambda reason: -reason.verdict.rank))
