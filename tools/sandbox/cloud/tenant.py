"""The organisation that a sandbox imitates: its project, and a directory of groups with made-up people.

The sandbox gets it as a value and keeps what it needs in the simulated cloud's store, where every later command finds
it. Where the value comes from is not the sandbox's business.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import cast

from sandbox.cloud import names
from sandbox.cloud.hierarchy import NUMBER_SETTING, PROJECT_SETTING
from sandbox.cloud.store import Store

# The person who holds the project before any layer. The domain is nobody's (RFC 2606), so the same person
# administers whichever organisation a sandbox imitates, and exists on no real cloud.
ADMIN = "user:admin@sandbox.invalid"

_PEOPLE_SETTING = "directory.people"  # the memberships that a tenant brought, in its order
_ORGANIZATIONS = "cloudresourcemanager.organizations"


@dataclass(frozen=True)
class Tenant:
    """An organisation's part of a sandbox.

    Attributes:
        project: the project's ID.
        number: the project's number.
        region: where the cluster's node is.
        domain: the organisation's, for people to read.
        organization: its number; None for a project outside of an organisation.
        groups: members by group, both as policies name them.
    """

    project: str
    number: str
    region: str
    domain: str
    organization: str | None
    groups: Mapping[str, tuple[str, ...]]

    @property
    def fixed(self) -> "Fixed":
        """The part of it that a sandbox keeps for life."""
        return Fixed(self.project, self.number, self.organization)


@dataclass(frozen=True)
class Fixed:
    """What no edit can change of a cloud that was seeded: every resource is below it, and every policy names it."""

    project: str
    number: str
    organization: str | None


def seeded(store: Store) -> Fixed | None:
    """The fixed part of the tenant that a cloud was seeded with; None before."""
    project, number = store.setting(PROJECT_SETTING), store.setting(NUMBER_SETTING)
    if project is None or number is None:
        return None
    found = store.find(_ORGANIZATIONS, names.PROJECTS)
    return Fixed(project, number, found[0].name.rpartition("/")[2] if found else None)


def own_project(store: Store) -> str:
    """The ID of the project that a cloud was seeded with."""
    return store.setting(PROJECT_SETTING) or ""


def people(store: Store) -> list[str]:
    """The tenant's people ("user:…") in its order, without the administrator, who may do everything."""
    return list(dict.fromkeys(member for _, member in _brought(store) if member != ADMIN))


def enter_directory(store: Store, groups: Mapping[str, tuple[str, ...]]) -> None:
    """Makes the tenant's memberships those of `groups`; what was added to the directory otherwise stays."""
    wanted = [(group, member) for group, members in groups.items() for member in members]
    for pair in set(_brought(store)).difference(wanted):
        store.remove_membership(*pair)
    for pair in wanted:
        store.add_membership(*pair)
    store.set_setting(_PEOPLE_SETTING, json.dumps(wanted))


def _brought(store: Store) -> list[tuple[str, str]]:
    return [
        (group, member) for group, member in cast("list[list[str]]", json.loads(store.setting(_PEOPLE_SETTING) or "[]"))
    ]
