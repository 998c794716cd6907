"""Privileged permissions of a principal: duties of access_audit.yaml, and the resources that they are granted on."""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from audit.settings import Settings
from iam import names
from iam.decide import Access
from iam.document import Grant

PROJECT = "project"


class Privilege(NamedTuple):
    """Duty on the whole project or on one resource, in words."""

    duty: str
    scope: str


class Privileges:
    """Privileges of principals.

    Args:
        access: effective access in all layers.
        settings: the permissions of each duty.
    """

    def __init__(self, access: Access, settings: Settings) -> None:
        self._access = access
        self._settings = settings
        self._of: dict[str, frozenset[Privilege]] = {}

    def of(self, principal: str) -> frozenset[Privilege]:
        """Return the privileges that a principal was granted, and that no deny rule denies."""
        if principal not in self._of:
            self._of[principal] = frozenset(self._granted(principal))
        return self._of[principal]

    def _granted(self, principal: str) -> Iterator[Privilege]:
        for grant in self._grants(principal):
            for permission in self._access.contents(grant.role) or ():
                duty = self._settings.duty_of.get(names.plain_permission(permission))
                if duty and self._holds(principal, permission, grant):
                    yield Privilege(duty, self.scope(grant))

    def by(self, principal: str, permission: str) -> Iterator[Grant]:
        """Yield the grants by which a principal has a permission that no deny rule denies."""
        spelled = self._access.spelled(permission)
        for grant in self._grants(principal):
            for spelling in spelled.intersection(self._access.contents(grant.role) or ()):
                if self._holds(principal, spelling, grant):
                    yield grant

    def _grants(self, principal: str) -> Iterator[Grant]:
        for identity in self._access.identities(principal):
            yield from self._access.grants_of.get(identity, ())

    def _holds(self, principal: str, permission: str, grant: Grant) -> bool:
        if grant.condition and not grant.condition.may_hold:
            return False
        return not self._access.is_denied(principal, permission, grant.resource)

    def scope(self, grant: Grant) -> str:
        """Return the scope of a grant: the whole project, or one resource, in words."""
        wide = grant.resource.startswith(names.CONTAINERS)
        return PROJECT if wide else self._access.name_of(grant.resource)


def missing(new: Iterable[Privilege], known: Iterable[Privilege]) -> frozenset[Privilege]:
    """Return the privileges that are not known, nor covered by a known one on the whole project."""
    has = set(known)
    return frozenset(
        privilege for privilege in new if privilege not in has and Privilege(privilege.duty, PROJECT) not in has
    )
