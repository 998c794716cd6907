"""The organisation that a sandbox imitates: its project, and a directory of groups with made-up people.

The caller passes it as a value. The sandbox keeps what later commands need in the simulated cloud's store, and does not
know the origin of the value.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import cast

from sandbox.cloud import names
from sandbox.cloud.directory import GROUPS_SETTING
from sandbox.cloud.hierarchy import NUMBER_SETTING, PROJECT_SETTING
from sandbox.cloud.store import Store

# Owner of the project before any layer. The domain is reserved (RFC 2606): the same person can administer every
# organisation that a sandbox imitates, and exists on no real cloud.
ADMIN = "user:admin@sandbox.invalid"

_PEOPLE_SETTING = "directory.people"  # the memberships of the tenant, in its order
_ORGANIZATIONS = "cloudresourcemanager.organizations"


@dataclass(frozen=True)
class Tenant:
    """The organisation that a sandbox imitates.

    Attributes:
        project: the project's ID.
        number: the project's number.
        region: the region of the cluster's node.
        domain: the organisation's domain.
        organization: the organisation's number; None for a project outside of an organisation.
        groups: members by group, both in the form of policy members; no other group exists.
    """

    project: str
    number: str
    region: str
    domain: str
    organization: str | None
    groups: Mapping[str, tuple[str, ...]]

    @property
    def ids(self) -> "TenantIds":
        """IDs that a sandbox keeps for life."""
        return TenantIds(self.project, self.number, self.organization)


@dataclass(frozen=True)
class TenantIds:
    """IDs that no edit can change in a seeded cloud: every resource is below them, and every policy names them."""

    project: str
    number: str
    organization: str | None


def seeded(store: Store) -> TenantIds | None:
    """Returns the IDs of the tenant with which a cloud was seeded; None before it is seeded."""
    project, number = store.setting(PROJECT_SETTING), store.setting(NUMBER_SETTING)
    if project is None or number is None:
        return None
    organizations = store.find(_ORGANIZATIONS, names.PROJECTS)
    return TenantIds(project, number, organizations[0].name.rpartition("/")[2] if organizations else None)


def own_project(store: Store) -> str:
    """Returns the ID of the project with which a cloud was seeded."""
    return store.setting(PROJECT_SETTING) or ""


def people(store: Store) -> list[str]:
    """Returns the tenant's people ("user:…") in its order, without the administrator, who may do everything."""
    return list(dict.fromkeys(member for _, member in _memberships(store) if member != ADMIN))


def enter_directory(store: Store, groups: Mapping[str, tuple[str, ...]]) -> None:
    """Sets the tenant's memberships to `groups`; memberships from other sources stay."""
    memberships = [(group, member) for group, members in groups.items() for member in members]
    for pair in set(_memberships(store)).difference(memberships):
        store.remove_membership(*pair)
    for pair in memberships:
        store.add_membership(*pair)
    store.set_setting(_PEOPLE_SETTING, json.dumps(memberships))
    # A group outlives the stack file that names it.
    known = {*cast("list[str]", json.loads(store.setting(GROUPS_SETTING) or "[]")), *map(str.lower, groups)}
    store.set_setting(GROUPS_SETTING, json.dumps(sorted(known)))


def _memberships(store: Store) -> list[tuple[str, str]]:
    return [
        (group, member) for group, member in cast("list[list[str]]", json.loads(store.setting(_PEOPLE_SETTING) or "[]"))
    ]
