"""IAM decisions: Google's evaluation of deny and allow policies.

A permission is denied when a deny rule on the resource's project, folders or organisation names it and the caller.
Otherwise it is allowed when a binding on the resource or on one of its ancestors grants the caller a role that contains
it, and the binding's condition holds (https://cloud.google.com/iam/docs/policies).
"""

import json
import threading
import time
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from functools import lru_cache
from typing import cast

from sandbox.cloud import attributes, constraints, deny, names, policies, principals, roles, tags
from sandbox.cloud.deny import Denial
from sandbox.cloud.errors import ApiError
from sandbox.cloud.hierarchy import Hierarchy
from sandbox.cloud.store import Json, Store

DENY_PREFIX = "deny:"  # prefix of the store's keys of deny policies, which are beside allow policies
MODIFIED_GRANTS = "iam.googleapis.com/modifiedGrantsByRole"


@dataclass(frozen=True)
class Caller:
    """The principal that calls an API.

    Attributes:
        member: the principal as a policy member, such as "user:admin@example.com" or "serviceAccount:x@p.iam….com".
        delegation: the members that impersonated it, nearest first.
        sets: for a federated caller, the principal sets that follow from its token's claims.
        quota_project: the project whose quota the call uses; "" for the client's own, None for the resource's.
    """

    member: str
    delegation: tuple[str, ...] = ()
    sets: tuple[str, ...] = ()
    quota_project: str | None = None

    @property
    def email(self) -> str:
        """Email of the member; a federated member in full."""
        return self.member if self.member.startswith("principal:") else self.member.partition(":")[2]


@dataclass(frozen=True)
class Grant:
    """The binding that grants a permission.

    Attributes:
        member: the policy's own member that matched, such as "group:database-team@example.com".
        role: the role that contains the permission.
        resource: the full name of the resource whose policy holds the binding.
        condition: the title of the binding's condition; "" without one.
    """

    member: str
    role: str
    resource: str
    condition: str = ""


@dataclass(frozen=True)
class Decision:
    """A decision of IAM with its reason.

    Attributes:
        principal: the member for which IAM decided.
        permission: the permission that was checked.
        resource: the full name of the resource on which it was checked.
        grant: the binding that grants it; None when none does, or when a deny rule decided first.
        denial: the deny rule that decided; None when none did.
        permissive: a denial is only logged.
    """

    principal: str
    permission: str
    resource: str
    grant: Grant | None = None
    denial: Denial | None = None
    permissive: bool = False

    @property
    def allowed(self) -> bool:
        """True if the permission is granted."""
        return self.grant is not None

    def as_json(self) -> Json:
        """Returns an `authorizationInfo` of the audit log, with the deciding rule as `grantedBy` or `deniedBy`."""
        info: Json = {"permission": self.permission, "resource": self.resource, "granted": self.allowed}
        if self.grant:
            info["grantedBy"] = asdict(self.grant)
        if self.denial:
            info["deniedBy"] = asdict(self.denial)
        if self.permissive and not self.allowed:
            info["permissive"] = True
        return info


@dataclass
class Recording:
    """An API call for which decisions are being made.

    Attributes:
        caller: the principal that calls.
        target: the full name of the resource on which permissions are checked.
        api: API attributes for conditions.
        decisions: every decision so far, in order.
    """

    caller: Caller
    target: str
    api: Mapping[str, tuple[str, ...] | str] = field(default_factory=dict[str, tuple[str, ...] | str])
    decisions: list[Decision] = field(default_factory=list[Decision])


class Iam:
    """Decides over the policies, custom roles and groups of one store.

    Args:
        store: the store that has them.
        clock: the present time, in seconds since the epoch.
        permissive: `require` records a denial and does not raise.
    """

    def __init__(self, store: Store, clock: Callable[[], float] = time.time, *, permissive: bool = False) -> None:
        self._store = store
        self.clock = clock
        self._current = threading.local()
        self.permissive = permissive
        self.hierarchy = Hierarchy(store)

    def now(self) -> float:
        """Returns the present time, in seconds since the epoch."""
        return self.clock()

    @contextmanager
    def recording(self, caller: Caller, target: str) -> Generator[Recording]:
        """Collects the decisions of one API call, made for its caller and its attributes."""
        before = self._recording
        self._current.recording = recording = Recording(caller, target)
        try:
            yield recording
        finally:
            self._current.recording = before

    @property
    def _recording(self) -> Recording | None:
        return getattr(self._current, "recording", None)

    def identities(self, member: str) -> frozenset[str]:
        """Returns all policy members that include a caller: itself, its groups, its sets, and the two public ones."""
        current = self._recording
        own = {member, *(current.caller.sets if current and current.caller.member == member else ())}
        public = {"allUsers"} if member == "allUsers" else {"allUsers", "allAuthenticatedUsers"}
        return frozenset(own | public) | self._store.groups_of(member)

    def decide(self, member: str, permission: str, resource: str) -> Decision:
        """Decides whether a member has `permission` on `resource` (a full name), and by which policy."""
        line = self.hierarchy.line(resource)
        request = _LazyRequest(self, resource, line)
        identities = self.identities(member)
        denial = self._find_denial(line, identities, permission, request)
        grant = None if denial else self._find_binding(line, identities, permission, request)
        decision = Decision(member, permission, resource, grant, denial, self.permissive)
        if current := self._recording:
            current.decisions.append(decision)
        return decision

    def find_grant(self, member: str, permission: str, resource: str) -> Grant | None:
        """Returns the binding that grants a member `permission` on `resource` (a full name); None: not granted."""
        return self.decide(member, permission, resource).grant

    def require(self, member: str, permission: str, resource: str) -> None:
        """Raises PERMISSION_DENIED, worded as Google words it, unless a member has `permission` on `resource`."""
        if not self.decide(member, permission, resource).allowed and not self.permissive:
            raise ApiError(
                "PERMISSION_DENIED",
                f"Permission '{permission}' denied on resource '{resource}' (or it may not exist).",
                "IAM_PERMISSION_DENIED",
                {"permission": permission, "principal": member},
            )

    def permissions_of(self, role: str) -> frozenset[str]:
        """Returns the permissions of a role that the simulation knows; a deleted custom role has none.

        Raises:
            ApiError: INVALID_ARGUMENT for a predefined role outside the table.
        """
        if not names.is_custom_role(role):
            return roles.permissions_of(role)
        stored = self._store.get(f"//iam.googleapis.com/{role}")
        return frozenset(stored.body.get("includedPermissions", [])) if stored else frozenset()

    def check_policy(self, policy: Json, resource: str | None = None) -> None:
        """Raises INVALID_ARGUMENT for a policy that setIamPolicy refuses: an unknown role, member or condition.

        Args:
            policy: the allow policy that is about to be set.
            resource: the full name of the resource it is set on; without it, the current call's target.
        """
        current = self._recording
        policies.check(self._store, self.hierarchy, policy, resource or (current.target if current else ""))

    def _find_denial(
        self, line: tuple[str, ...], identities: frozenset[str], permission: str, request: "_LazyRequest"
    ) -> Denial | None:
        for level in line:
            attached = self._store.effective_policy(deny_key(level), self.clock())
            if attached and (denial := deny.find(_parsed(attached), identities, permission, request.value)):
                return denial
        return None

    def _find_binding(
        self, line: tuple[str, ...], identities: frozenset[str], permission: str, request: "_LazyRequest"
    ) -> Grant | None:
        identities -= policies.PUBLIC if self._prevents_public_access(line[0]) else frozenset()
        for level in line:
            policy = self._store.effective_policy(level, self.clock())
            for binding in _bindings(policy) if policy else ():
                matched = identities.intersection(binding["members"]) or self._by_basic_role(level, binding, identities)
                if not matched or permission not in self.permissions_of(binding["role"]):
                    continue
                condition = cast("Json", binding.get("condition") or {})
                if condition_holds(condition, request):
                    return Grant(min(matched), binding["role"], level, str(condition.get("title", "")))
        return None

    def _prevents_public_access(self, resource: str) -> bool:
        """Returns whether no public grant counts on a bucket or object, old ones included.

        https://cloud.google.com/storage/docs/public-access-prevention
        """
        if not resource.startswith(policies.BUCKETS):
            return False
        bucket = self._store.get("/".join(resource.split("/")[:7]))
        configuration = cast("Json", bucket.body.get("iamConfiguration") or {}) if bucket else {}
        return configuration.get("publicAccessPrevention") == "enforced" or constraints.is_enforced(
            self._store, self.hierarchy.project_of(resource), "storage.publicAccessPrevention"
        )

    def _by_basic_role(self, level: str, binding: Json, identities: frozenset[str]) -> set[str]:
        """Returns the members of a bucket's binding that stand for the principals of a basic role on a project.

        Only the policy of the project itself counts; Google documents nothing about inherited basic roles.
        """
        if not level.startswith(policies.BUCKETS):
            return set()
        return {member for member in binding["members"] if self._has_basic_role(member, identities)}

    def _has_basic_role(self, member: str, identities: frozenset[str]) -> bool:
        if (holders := principals.basic_role(member)) is None:
            return False
        policy = self._store.effective_policy(names.project(holders[0]), self.clock())
        return any(
            binding["role"] == holders[1] and identities.intersection(binding["members"])
            for binding in (_bindings(policy) if policy else ())
        )

    def describe(self, resource: str, line: tuple[str, ...]) -> attributes.Request:
        """Returns the attributes with which conditions evaluate a request for a resource (a full name) in `line`."""
        number = self.hierarchy.number_of(self.hierarchy.project_of(resource))
        service, kind, name = attributes.described(resource, number)
        by_name, by_id = tags.effective(self._store, line)
        current = self._recording
        return attributes.Request(self.clock(), service, kind, name, by_name, by_id, current.api if current else {})


class _LazyRequest:
    """The attributes of a request, made when the first condition needs them: most decisions meet no condition."""

    def __init__(self, iam: Iam, resource: str, line: tuple[str, ...]) -> None:
        self._make = lambda: iam.describe(resource, line)
        self._made: attributes.Request | None = None

    def value(self) -> attributes.Request:
        if self._made is None:
            self._made = self._make()
        return self._made


def condition_holds(condition: Json, request: _LazyRequest) -> bool:
    """Returns whether a binding's condition holds; one that cannot be evaluated grants nothing."""
    if not condition:
        return True
    from sandbox.cloud import conditions  # noqa: PLC0415 - CEL takes 0.3 s to load; most policies have no condition

    return conditions.holds(str(condition["expression"]), request.value()) is True


def deny_key(attachment_point: str) -> str:
    """Returns the store's key of the deny policies attached to a resource (a full name)."""
    return f"{DENY_PREFIX}{attachment_point}"


@lru_cache(maxsize=256)
def _parsed(text: str) -> Json:
    """Parses a stored policy; the text is the cache's key, so a changed policy never gives the old one."""
    return policies.parsed(text)


@lru_cache(maxsize=256)
def _bindings(text: str) -> tuple[Json, ...]:
    """Returns a stored policy's bindings by role and condition: of two that grant the same, always the same decides.

    Deployments add bindings in the order in which their calls arrive, which differs from run to run.
    """
    bindings = cast("list[Json]", _parsed(text).get("bindings", []))
    return tuple(sorted(bindings, key=lambda binding: (binding["role"], json.dumps(binding.get("condition", {})))))
