"""What a principal may do: its grants, made into permissions on places, less what deny policies forbid."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from audit.conditions import Left, left
from audit.facts import Facts, Grant
from audit.settings import Settings

EVERYBODY = "principalSet://goog/public:all"
# A grant on one of these holds on everything in it.
_WIDE = {"project", "organization", "folder"}


class Power(NamedTuple):
    """A duty, and where it is held: on the whole project, or on one thing."""

    duty: str
    place: str


@dataclass(frozen=True)
class Held:
    """A grant that is effective, with its permissions and what a condition leaves of it."""

    grant: Grant
    permissions: frozenset[str]
    left: Left

    def covers(self, place: str) -> bool:
        """Whether it holds on a place."""
        return is_wide(self.grant.place) or self.grant.place == place


def is_wide(place: str) -> bool:
    """Whether a grant on a place holds on everything."""
    return place.partition(" ")[0] in _WIDE


class Powers:
    """Answers what principals may do.

    Args:
        facts: of all layers.
        settings: what permissions mean.
        now: when.
    """

    def __init__(self, facts: Facts, settings: Settings, now: datetime) -> None:
        self._facts = facts
        self._settings = settings
        self._now = now
        self._held = {principal: tuple(self._effective(listed)) for principal, listed in facts.held.items()}

    @property
    def principals(self) -> list[str]:
        """Everybody who holds a grant or runs something in the cluster."""
        return sorted({*self._held, *self._facts.runs})

    def permissions(self, role: str) -> frozenset[str] | None:
        """The permissions of a role that mean something here; None for a role that nobody knows."""
        custom = self._facts.custom_roles.get(role)
        known = custom if custom is not None else self._settings.roles.get(role)
        return known if known is None else known & self._settings.vocabulary

    def held(self, principal: str) -> tuple[Held, ...]:
        """A principal's effective grants."""
        return self._held.get(principal, ())

    def assume(self, name: str, role: str, member: str) -> None:
        """Have a name stand for a role on the project in the hands of a member."""
        grant = Grant(name, role, "project", "", member, "")
        self._held[name] = (Held(grant, self.permissions(role) or frozenset(), Left()),)

    def by(self, principal: str, permission: str) -> Iterator[Held]:
        """The grants by which a principal holds a permission that no deny policy takes away."""
        for held in self.held(principal):
            if permission in held.permissions and not self.denied(held.grant.member, permission):
                yield held

    def duties(self, principal: str) -> frozenset[Power]:
        """The duties that a principal was given."""
        return frozenset(
            Power(duty, "project" if is_wide(held.grant.place) else held.grant.place)
            for held in self.held(principal)
            for permission in held.permissions
            if (duty := self._settings.duty_of.get(permission)) and not self.denied(held.grant.member, permission)
        )

    def denied(self, member: str, permission: str) -> bool:
        """Whether a deny policy forbids it; a group that is spared is not bound, though one of its people may be."""
        return any(
            permission in denial.permissions
            and _names(denial.principals, member)
            and not _names(denial.exceptions, member)
            for denial in self._facts.denials
        )

    def _effective(self, listed: Iterable[Grant]) -> Iterator[Held]:
        for grant in listed:
            remains = left(grant.condition, self._now) if grant.condition else Left()
            if not remains.over:
                yield Held(grant, self.permissions(grant.role) or frozenset(), remains)


def missing(new: Iterable[Power], known: Iterable[Power]) -> frozenset[Power]:
    """The powers that are not among the known ones, nor covered by one on the whole project."""
    has = set(known)
    return frozenset(power for power in new if power not in has and Power(power.duty, "project") not in has)


def _names(listed: frozenset[str], member: str) -> bool:
    """Whether a deny policy's principals name a member of an allow policy."""
    if EVERYBODY in listed:
        return True
    kind, _, address = member.partition(":")
    forms = {
        "serviceAccount": f"principal://iam.googleapis.com/projects/-/serviceAccounts/{address}",
        "group": f"principalSet://goog/group/{address}",
        "user": f"principal://goog/subject/{address}",
    }
    return forms.get(kind, member) in listed
