"""Requirements of a plan's update, as `plan_gate.needs` predicts them, and as they are shown."""

from collections import defaultdict
from dataclasses import dataclass

from iam import names
from plan_gate import digest


@dataclass(frozen=True)
class Required:
    """Permission that the update of a plan requires on a resource, and for what.

    Attributes:
        permission: its name in roles; for the cluster a verb and a kind.
        place: the resource in words.
        resource: its full name; empty in the cluster, and where only the update names it.
        purposes: the operations that require it, such as `create Router main`.
        problem: why it would be refused, with the remedy; empty where it would not be.
        certain: whether that is known before the update.
    """

    permission: str
    place: str
    resource: str
    purposes: tuple[str, ...]
    problem: str = ""
    certain: bool = True

    @property
    def line(self) -> str:
        """Line for people."""
        what = f"{self.permission} on {self.place} ({digest.named(self.purposes)})"
        return f"{what}: {self.problem}" if self.problem else what


@dataclass(frozen=True)
class Needs:
    """Requirements of a plan's update.

    Attributes:
        account: the account that would update.
        permissions: the required permissions.
        others: other reasons for which the update would be refused, a line each.
        unknown: what cannot be known before the update, a line each.
        decided: full names of resources that the plan creates, or on which it grants the account something: what the
            account may do there cannot be asked before.
    """

    account: str
    permissions: tuple[Required, ...] = ()
    others: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()
    decided: frozenset[str] = frozenset()

    @property
    def askable(self) -> dict[str, tuple[str, ...]]:
        """Permissions by full name of the resource, where the cloud can be asked before the update."""
        by_resource: defaultdict[str, set[str]] = defaultdict(set)
        for one in self.permissions:
            if one.resource and self.decided.isdisjoint((one.resource, *names.above(one.resource))):
                by_resource[one.resource].add(one.permission)
        return {resource: tuple(sorted(permissions)) for resource, permissions in sorted(by_resource.items())}

    @property
    def refused(self) -> tuple[str, ...]:
        """Lines about everything that the update would certainly be refused for."""
        return (*(one.line for one in self.permissions if one.problem and one.certain), *self.others)

    @property
    def uncertain(self) -> tuple[str, ...]:
        """Lines about everything that only the update shows."""
        return (*(one.line for one in self.permissions if one.problem and not one.certain), *self.unknown)

    @property
    def least_role(self) -> dict[str, tuple[str, ...]]:
        """The least that the account needs for this plan: permissions by resource in words."""
        by_place: defaultdict[str, set[str]] = defaultdict(set)
        for one in self.permissions:
            by_place[one.place].add(one.permission)
        return {place: tuple(sorted(permissions)) for place, permissions in sorted(by_place.items())}
