"""The organisation's directory: its domain, and the groups that exist.

Google refuses a policy that names a group which does not exist, and under `iam.allowedPolicyMemberDomains` one that
names somebody of another directory. The groups of a sandbox follow from its stack files (`tenant.py`).
"""

import json
from collections.abc import Iterable

from sandbox.cloud import constraints, names, principals
from sandbox.cloud.errors import ApiError, invalid
from sandbox.cloud.hierarchy import Hierarchy
from sandbox.cloud.store import Json, Store

DOMAIN_SETTING = "directory.domain"
GROUPS_SETTING = "directory.groups"  # the tenant's groups, those without members included
MISSING_SETTING = "directory.missingGroups"  # groups that are gone all the same, separated by commas

CONSTRAINT = "iam.allowedPolicyMemberDomains"
# The domain of the person who administers every sandbox belongs to every directory (`tenant.py`).
_OF_EVERY_DIRECTORY = "sandbox.invalid"


def has_group(store: Store, address: str) -> bool:
    """Returns whether a group exists; addresses ignore case."""
    group = address.lower()
    if group in (store.setting(MISSING_SETTING) or "").lower().split(","):
        return False
    known = json.loads(store.setting(GROUPS_SETTING) or "[]")
    return f"group:{group}" in known or bool(store.members_of(f"group:{group}"))


def check_group(store: Store, address: str) -> None:
    """Raises INVALID_ARGUMENT for a group that does not exist."""
    if not has_group(store, address):
        raise invalid(f"Group {address} does not exist.")


def check_members(store: Store, hierarchy: Hierarchy, policy: Json, resource: str) -> None:
    """Raises FAILED_PRECONDITION for a policy with a foreign member, new or old, where a constraint forbids them.

    Args:
        store: the store.
        hierarchy: its hierarchy.
        policy: the policy that is about to be set.
        resource: the full name of the resource it is set on.
    """
    if not resource or not _restricted(store, hierarchy, resource):
        return
    if any(is_foreign(store, hierarchy, member) for member in _members(policy)):
        message = "One or more users named in the policy do not belong to a permitted customer."
        raise ApiError(
            "FAILED_PRECONDITION", message, "failedPrecondition", {"constraint": f"constraints/{CONSTRAINT}"}
        )


def is_foreign(store: Store, hierarchy: Hierarchy, member: str) -> bool:
    """Returns whether a member is of no project of the organisation and of another directory, or is everybody."""
    kind, _, rest = member.partition(":")
    if member in ("allUsers", "allAuthenticatedUsers"):
        return True
    if principals.is_deleted(member) or principals.basic_role(member) or principals.workload(member):
        return False
    if kind in ("principal", "principalSet"):
        project = names.project_of(hierarchy.with_ids(rest))
        return bool(project) and store.get(names.project(project)) is None
    if kind == "serviceAccount":
        own = store.get(names.project(names.project_of(names.service_account(rest)))) is not None
        # Service agents are in projects of Google's, and no customer's.
        return names.is_user_managed(rest) and not own and not rest.startswith("service-")
    return rest.rpartition("@")[2].lower() not in (store.setting(DOMAIN_SETTING), _OF_EVERY_DIRECTORY)


def _members(policy: Json) -> Iterable[str]:
    return (str(member) for binding in policy.get("bindings", []) for member in binding["members"])


def _restricted(store: Store, hierarchy: Hierarchy, resource: str) -> bool:
    """Returns whether a constraint on the project of a resource lists the directories of members."""
    level = resource.removeprefix(names.PROJECTS)
    if level.startswith(("organizations/", "folders/")):
        return False
    return bool(constraints.allowed_values(store, hierarchy.project_of(resource), CONSTRAINT))
