"""Allow policies: the checks of setIamPolicy, grants that a change affects, and members of deleted accounts."""

import json
from collections import Counter
from typing import cast

from sandbox.cloud import auditable, directory, names, principals, propagation, roles
from sandbox.cloud.errors import ApiError, invalid
from sandbox.cloud.hierarchy import Hierarchy
from sandbox.cloud.store import Json, Store

PUBLIC = frozenset({"allUsers", "allAuthenticatedUsers"})
BASIC_ROLES = frozenset({"roles/owner", "roles/editor", "roles/viewer"})

# Roles that Google offers on the upper levels of the hierarchy only.
_ORGANIZATION_ONLY = frozenset(
    {"roles/iam.denyAdmin", "roles/iam.denyReviewer", "roles/iam.organizationRoleAdmin"}
    | {"roles/resourcemanager.organizationAdmin", "roles/resourcemanager.organizationViewer"}
    | {"roles/orgpolicy.policyAdmin"}
)
_FOLDER_UP = frozenset({"roles/resourcemanager.folderAdmin", "roles/resourcemanager.folderIamAdmin"})

# Limits of one policy, as https://cloud.google.com/iam/quotas states them.
MOST_MEMBERS = 1500
MOST_GROUPS = 250
MOST_CONDITIONS = 20  # bindings of one role to one principal

BUCKETS = "//storage.googleapis.com/"
_BUCKETS_ONLY = "roles/storage.legacy"  # prefix of the roles that Google offers on buckets alone

WORKLOAD_POOL_SETTING = "gke.workloadIdentityPool"  # id of the project that has a workload identity pool


def parsed(text: str) -> Json:
    """Parses a policy as the store keeps it."""
    return cast("Json", json.loads(text))


def check(store: Store, hierarchy: Hierarchy, policy: Json, resource: str) -> None:
    """Raises INVALID_ARGUMENT for a policy that setIamPolicy refuses.

    Args:
        store: the store that has roles and accounts.
        hierarchy: the hierarchy of the store.
        policy: the policy that is about to be set.
        resource: the full name of the resource it is set on; "" skips the checks that depend on it.
    """
    _check_version(policy)
    _check_audit_configuration(policy)
    _check_size(policy)
    for binding in cast("list[Json]", policy.get("bindings", [])):
        _check_role(store, hierarchy, str(binding["role"]), resource)
        for member in cast("list[str]", binding["members"]):
            if not _is_convenience(member, resource):
                _check_member(store, member)
        if binding.get("condition"):
            _check_condition(binding)
    directory.check_members(store, hierarchy, policy, resource)


def _check_size(policy: Json) -> None:
    """Checks what fits into one policy: https://cloud.google.com/iam/quotas."""
    bindings = cast("list[Json]", policy.get("bindings", []))
    members = [str(member) for binding in bindings for member in binding["members"]]
    # Each appearance of a principal or a domain counts, and a group once.
    groups = [member for member in members if member.startswith("domain:")]
    groups += {member.lower() for member in members if member.startswith("group:")}
    for what, number, most in (("members", len(members), MOST_MEMBERS), ("groups", len(groups), MOST_GROUPS)):
        if number > most:
            raise invalid(
                f"The number of {what} in the policy ({number:,}) is larger than the maximum allowed size {most:,}."
            )
    conditions = Counter(
        (binding["role"], member) for binding in bindings if binding.get("condition") for member in binding["members"]
    )
    (role, member), number = next(iter(conditions.most_common(1)), (("", ""), 0))
    if number > MOST_CONDITIONS:
        raise invalid(f"The policy has {number} conditional bindings of {role} for {member}; {MOST_CONDITIONS} fit.")


def has_conditions(policy: Json) -> bool:
    """Returns whether a binding of a policy has a condition."""
    return any(binding.get("condition") for binding in cast("list[Json]", policy.get("bindings", [])))


def _check_version(policy: Json) -> None:
    """Checks the rules of https://cloud.google.com/iam/docs/policies#versions for a policy by itself."""
    version = policy.get("version") or 1
    if version not in (1, 3):
        raise invalid(f"Invalid policy version {version}: it is 0, 1 or 3.")
    if version < 3 and has_conditions(policy):
        raise invalid(
            "A policy with conditions must have version 3. For more information, please refer to"
            " https://cloud.google.com/iam/docs/policies#versions."
        )


def _check_audit_configuration(policy: Json) -> None:
    for configuration in cast("list[Json]", policy.get("auditConfigs") or []):
        service = str(configuration.get("service", ""))
        if service not in auditable.SERVICES:
            raise invalid(
                f"Service {service} does not exist or does not support service level configuration of Google Cloud"
                " audit logging."
            )


def check_overwrite(current: Json, policy: Json) -> None:
    """Raises INVALID_ARGUMENT for a policy of version 1 over one with conditions, which it would lose.

    Like Google, it skips the check where the etag is missing: such a call overwrites the policy regardless.
    """
    if "etag" in policy and (policy.get("version") or 1) < 3 and has_conditions(current):
        raise invalid(
            "Specified policy version (1) cannot be less than the existing policy version (3). For more information,"
            " please refer to https://cloud.google.com/iam/docs/policies#versions."
        )


def _check_role(store: Store, hierarchy: Hierarchy, role: str, resource: str) -> None:
    if not names.is_custom_role(role):
        roles.permissions_of(role)
        if not is_grantable(role, resource):
            raise invalid(f"Role {role} is not supported for this resource.")
        return
    owner = f"{names.PROJECTS}{'/'.join(role.split('/')[:2])}"
    if store.get(f"//iam.googleapis.com/{role}") is None or (resource and owner not in hierarchy.line(resource)):
        raise ApiError("INVALID_ARGUMENT", f"Role {role} does not exist in the resource's hierarchy.")


def is_grantable(role: str, resource: str) -> bool:
    """Returns whether Google offers a role on a resource (a full name); "" is any resource."""
    level = resource.removeprefix(names.PROJECTS)
    if role.startswith(_BUCKETS_ONLY):
        return not resource or resource.startswith(BUCKETS)
    if not resource or level.startswith("organizations/"):
        return True
    return role not in _ORGANIZATION_ONLY and (role not in _FOLDER_UP or level.startswith("folders/"))


def _is_convenience(member: str, resource: str) -> bool:
    """Returns whether a member stands for all principals of a basic role on a project; only buckets have those."""
    return resource.startswith(BUCKETS) and principals.basic_role(member) is not None


def _check_member(store: Store, member: str) -> None:
    kind, _, rest = member.partition(":")
    if member in PUBLIC or principals.is_deleted(member):
        return
    if workload := principals.workload(member):
        _check_workload_pool(store, workload[0])
        return
    if kind in ("principal", "principalSet") and principals.is_federated(member):
        return
    if kind not in ("user", "group", "serviceAccount", "domain") or not rest:
        raise invalid(f"Invalid member: {member} is of an unknown type.")
    if kind == "group":
        directory.check_group(store, rest)
    account = names.service_account(rest)
    is_missing = names.is_user_managed(rest) and store.get(account) is None
    if kind == "serviceAccount" and (is_missing or not propagation.is_effective(store, account)):
        raise invalid(f"Service account {rest} does not exist.")


def _check_workload_pool(store: Store, pool: str) -> None:
    """Checks that a workload identity pool exists: Google makes a project's with its first cluster, and keeps it."""
    project = pool.removesuffix(".svc.id.goog")
    prefix = f"//container.googleapis.com/projects/{project}/"
    if store.setting(WORKLOAD_POOL_SETTING) == project or store.find("container.projects.locations.clusters", prefix):
        return
    raise invalid(
        f"Identity Pool does not exist ({pool}). Please check that you specified a valid resource name as returned in"
        " the `name` attribute in the configuration API."
    )


def _check_condition(binding: Json) -> None:
    from sandbox.cloud import conditions  # noqa: PLC0415 - CEL takes 0.3 s to load; most policies have no condition

    condition = cast("Json", binding["condition"])
    if not condition.get("title"):
        raise invalid("A condition needs a title.")
    conditions.check_condition(str(condition.get("expression", "")))
    public = PUBLIC.intersection(binding["members"])
    if binding["role"] in BASIC_ROLES or public:
        raise invalid(f"Conditions are not allowed on {min(public) if public else binding['role']}.")


def modified_roles(before: Json, after: Json) -> tuple[str, ...]:
    """Returns the roles whose grants differ between two policies: the value of `modifiedGrantsByRole`."""
    old, new = _grants(before), _grants(after)
    return tuple(sorted({role for role, _, _ in old ^ new}))


def _grants(policy: Json) -> set[tuple[str, str, str]]:
    return {
        (str(binding["role"]), str(member), json.dumps(binding.get("condition") or {}, sort_keys=True))
        for binding in cast("list[Json]", policy.get("bindings", []))
        for member in cast("list[str]", binding.get("members", []))
    }


def rename_member(store: Store, before: str, after: str) -> None:
    """Replaces a member in every policy and group, as when its account was deleted or restored."""
    pairs = ((before, after), (principals.denied_form(before), principals.denied_form(after)))
    for resource, policy in store.policies():
        text = json.dumps(policy)
        renamed = text
        for old, new in pairs:
            renamed = renamed.replace(json.dumps(old), json.dumps(new))
        if renamed != text:
            store.set_policy(resource, parsed(renamed))
    store.rename_membership(before, after)
