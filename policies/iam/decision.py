"""A decision, its reasons, and how a single grant is evaluated."""

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TypeVar

from iam.document import Binding, Condition, Denial, Grant, Role, Verdict

_Item = TypeVar("_Item")


@dataclass(frozen=True)
class Reason:
    """One way in which something is allowed.

    Attributes:
        verdict: whether it is, by this.
        grant: by IAM; None for one of the cluster's own.
        binding: of the cluster; None for one by IAM.
        only: the only objects that a binding's Role allows it for.
    """

    verdict: Verdict
    grant: Grant | None = None
    binding: Binding | None = None
    only: tuple[str, ...] = ()


@dataclass(frozen=True)
class Decision:
    """A decision, with its reasons.

    Attributes:
        verdict: whether it is allowed.
        reasons: each way in which it is, or would be if it were not denied; the surest first.
        denials: the rules of deny policies that go before them.
    """

    verdict: Verdict
    reasons: tuple[Reason, ...] = ()
    denials: tuple[Denial, ...] = ()


def grouped(listed: Iterable[_Item], key: Callable[[_Item], str]) -> dict[str, list[_Item]]:
    """Items by a key, in their order."""
    found: defaultdict[str, list[_Item]] = defaultdict(list)
    for item in listed:
        found[key(item)].append(item)
    return dict(found)


def holds(condition: Condition | None, resource: str) -> Verdict:
    """Whether a grant's condition holds on a resource."""
    return condition.on(resource) if condition else Verdict.YES


def holder(held: Grant | Binding | None) -> str:
    """The principal of a grant or a binding; empty without one."""
    return held.principal if held else ""


def permissions_of(role: Role) -> frozenset[str] | None:
    """Permissions of a role; None where they are not known."""
    return None if role.permissions is None else frozenset(role.permissions)


def surest_first(reasons: Iterable[Reason]) -> tuple[Reason, ...]:
    """Reasons, with those that are a yes in front."""
    return tuple(sorted(reasons, key=lambda each: -each.verdict.rank))
