"""Who may do what: Google's evaluation of allow policies.

A permission is allowed on a resource when a binding on the resource or on one of its ancestors gives the caller a
role that contains it and the binding's condition holds (https://cloud.google.com/iam/docs/policies). Deny policies
are not
simulated: no method exists to set one, so none is ever silently ignored.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from sandbox.cloud import names, roles
from sandbox.cloud.errors import ApiError
from sandbox.cloud.store import Json, Store


@dataclass(frozen=True)
class Caller:
    """Who calls an API.

    Attributes:
        member: in the form of policy members, such as "user:admin@example.com" or "serviceAccount:x@p.iam….com".
        delegation: the members that impersonated it, nearest first.
    """

    member: str
    delegation: tuple[str, ...] = ()

    @property
    def email(self) -> str:
        """The member without its type."""
        return self.member.partition(":")[2]


@dataclass(frozen=True)
class Grant:
    """The binding that allows something.

    Attributes:
        member: the policy's own member that matched, such as "group:database-team@example.com".
        role: the role that contains the permission.
        resource: the full name of the resource whose policy holds the binding.
    """

    member: str
    role: str
    resource: str


class Iam:
    """Decides over the policies, custom roles and groups of one store."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def identities(self, member: str) -> frozenset[str]:
        """Every policy member that stands for a caller: itself, its groups, and the two public ones."""
        return frozenset({member, "allUsers", "allAuthenticatedUsers"}) | self._store.groups_of(member)

    def find_grant(self, member: str, permission: str, resource: str) -> Grant | None:
        """The first binding that allows `permission` on `resource` (a full name) to a member; None: not allowed."""
        identities = self.identities(member)
        for level in names.with_ancestors(resource):
            for binding in _bindings(self._store.policy(level)):
                matched = identities.intersection(binding["members"])
                if not matched or permission not in self.permissions_of(binding["role"]):
                    continue
                if condition_holds(binding.get("condition"), resource):
                    return Grant(min(matched), binding["role"], level)
        return None

    def require(self, member: str, permission: str, resource: str) -> None:
        """Raises PERMISSION_DENIED, worded as Google words it, unless a member holds `permission` on `resource`."""
        if self.find_grant(member, permission, resource) is None:
            raise ApiError(
                "PERMISSION_DENIED",
                f"Permission '{permission}' denied on resource '{resource}' (or it may not exist).",
                "IAM_PERMISSION_DENIED",
                {"permission": permission, "principal": member},
            )

    def permissions_of(self, role: str) -> frozenset[str]:
        """What a role contains, as far as the simulation knows permissions; a deleted custom role contains nothing.

        Raises:
            ApiError: INVALID_ARGUMENT for a predefined role that the table does not hold.
        """
        if not names.is_custom_role(role):
            return roles.permissions_of(role)
        stored = self._store.get(f"//iam.googleapis.com/{role}")
        return frozenset(stored.body.get("includedPermissions", [])) if stored else frozenset()

    def check_policy(self, policy: Json) -> None:
        """Raises INVALID_ARGUMENT for a policy that setIamPolicy refuses: an unknown role, member or condition."""
        for binding in _bindings(policy):
            role = binding["role"]
            if names.is_custom_role(role) and self._store.get(f"//iam.googleapis.com/{role}") is None:
                raise ApiError("INVALID_ARGUMENT", f"Role {role} does not exist in the resource's hierarchy.")
            self.permissions_of(role)
            for member in binding["members"]:
                self._check_member(member)
            condition_holds(binding.get("condition"), "//")

    def _check_member(self, member: str) -> None:
        kind, _, rest = member.partition(":")
        if member in ("allUsers", "allAuthenticatedUsers") or kind in ("principal", "principalSet"):
            return
        if kind not in ("user", "group", "serviceAccount", "domain") or not rest:
            raise ApiError("INVALID_ARGUMENT", f"Invalid member: {member} is of an unknown type.")
        if kind == "serviceAccount" and names.is_user_managed(rest) and not self._account_exists(rest):
            raise ApiError("INVALID_ARGUMENT", f"Service account {rest} does not exist.")

    def _account_exists(self, email: str) -> bool:
        return self._store.get(names.service_account(email)) is not None


def condition_holds(condition: Json | None, resource: str) -> bool:
    """Whether a binding's condition holds for a resource (a full name) now; no condition always holds.

    Raises:
        ApiError: INVALID_ARGUMENT when the expression does not compile.
    """
    if not condition:
        return True
    from sandbox.cloud import conditions  # noqa: PLC0415 - CEL takes 0.3 s to load; most policies have no condition

    return conditions.holds(str(condition["expression"]), resource)


def _bindings(policy: Json) -> Iterator[Json]:
    yield from policy.get("bindings", [])
