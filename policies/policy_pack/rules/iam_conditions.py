"""Rules on the exact grants of each identity with their conditions: the list in access.yaml."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import pairwise

from engine.inputs import named
from engine.members import Member
from iam import grants, logins, principals
from iam.conditions import delegated, window
from iam.grants import Grant, readable
from iam.kinds import is_grant
from iam.permitted import ACCESS, Permitted
from policy_pack.rule import Finding, Resource, Severity, Stack, of, rule, stack_rule

PROJECT_GRANTS = ("gcp:projects/iAMMember:IAMMember",)
BETWEEN_WINDOWS = timedelta(days=7)


@rule(
    "iam-grants-listed",
    is_grant,
    Severity.CRITICAL,
    remediation="Take the grant back, or have security enter it in policies/access.yaml.",
    url="https://cloud.google.com/iam/docs/using-iam-securely#least_privilege",
)
def grants_listed(resource: Resource) -> Iterator[str]:
    """Every grant is on security's own list of principals, roles, resources and conditions (least privilege)."""
    project = grants.own_project(resource)
    target = grants.target_words(resource, project)
    for grant in readable(resource):
        who = principals.words(str(grant.member), project)
        role = grants.short_role(str(grant.role), project)
        permitted = [one for one in ACCESS.permitted(who, target, project) if one.role == role]
        if not permitted:
            where = target or "a place that is not known before the update"
            yield (
                f"grants {named(role)} to {named(who)} on {named(where)}, which is not on security's list. Take it "
                "back, or have it entered in policies/access.yaml."
            )
        elif not any(_fits(one, grant) for one in permitted):
            conditions = " or ".join(one.condition or "none" for one in permitted)
            yield (
                f"grants {named(role)} to {named(who)} on {named(target)} under a condition other than the listed one: "
                f"it may reach more than it should. Set the condition to: {conditions}."
            )


@rule(
    "sql-users-listed",
    of(logins.TYPE),
    Severity.CRITICAL,
    references=["design: least privilege"],
    remediation="Take the login or the role back, or have security enter it in policies/access.yaml.",
    url="https://cloud.google.com/sql/docs/postgres/add-manage-iam-users",
)
def users_listed(resource: Resource) -> Iterator[str]:
    """Every login by IAM, and each database role that it has, is on security's own list of principals and instances."""
    if not logins.is_by_iam(resource.inputs):
        return  # which the rule sql-users-by-iam refuses
    project = grants.own_project(resource)
    target = grants.target_words(resource, project)
    for grant in grants.of(resource.type, resource.inputs):
        who = principals.words(str(grant.member), project)
        if not grant.is_open:
            yield "its name or a role is not known before the update, so nobody can review the login. Write it out."
        elif all(one.role != grant.role for one in ACCESS.permitted(who, target, project)):
            yield (
                f"gives {named(who)} {named(grant.role)} on {named(target)}, which is not on security's list. Take it "
                "back, or have it entered in policies/access.yaml."
            )


def _fits(permitted: Permitted, grant: Grant) -> bool:
    if permitted.is_delegated or permitted.is_window:
        return grant.condition is not None  # the condition has a rule of its own, below
    return (grant.condition or "") == permitted.condition


def _bound(resource: Resource, kind: str) -> Iterator[Grant]:
    """Yield grants of roles that access.yaml permits under a kind of condition only, whatever their members."""
    project = grants.own_project(resource)
    roles = {
        permitted.role
        for entry in ACCESS.grants
        for several in entry.holds.values()
        for permitted in several
        if permitted.condition == kind
    }
    return (grant for grant in readable(resource) if grants.short_role(str(grant.role), project) in roles)


@rule(
    "iam-delegation-limited",
    is_grant,
    Severity.CRITICAL,
    references=["CIS GCP 1.8"],
    remediation="Put the right to grant under modifiedGrantsByRole with hasOnly, and list roles that cannot escalate.",
    url="https://cloud.google.com/iam/docs/setting-limits-on-granting-roles",
)
def delegation_limited(resource: Resource) -> Iterator[str]:
    """The right to grant roles is limited to a list without roles that can grant, edit roles or delete data."""
    project = grants.own_project(resource)
    for grant in _bound(resource, "delegated"):
        roles = delegated(str(grant.condition or ""))
        if roles is None:
            yield (
                f"grants {named(grant.role)} without the condition modifiedGrantsByRole and hasOnly, so its holder may "
                "grant every role. Add the condition."
            )
        listed = {grants.short_role(role, project) for role in roles or ()}
        for role in sorted(listed - ACCESS.delegable):
            yield (
                f"lets its holder grant {named(role)}, which is not delegable: it may give itself more with it. Take "
                "it from the list, or have security enter it in policies/access.yaml."
            )


@rule(
    "iam-break-glass-time-bound",
    is_grant,
    Severity.HIGH,
    remediation="Grant it for hours: request.time >= timestamp(…) && request.time < timestamp(…).",
    url="https://cloud.google.com/iam/docs/configuring-temporary-access",
)
def break_glass_time_bound(resource: Resource) -> Iterator[str]:
    """Break-glass roles, which can delete data, are granted for hours, with a start and an end."""
    longest = timedelta(hours=ACCESS.longest_window_hours)
    for grant in _bound(resource, "window"):
        opened = window(str(grant.condition or ""))
        if opened is None:
            yield (
                f"grants {named(grant.role)} without an end: what is for an emergency stays. Put it under a condition "
                'of the form request.time >= timestamp("…") && request.time < timestamp("…").'
            )
        elif not timedelta() < (length := opened[1] - opened[0]) <= longest:
            yield (
                f"grants {named(grant.role)} for {length / timedelta(hours=1):g} hours: set the end after the start, "
                f"and at most {ACCESS.longest_window_hours} hours after it."
            )


@stack_rule(
    "iam-break-glass-windows-apart",
    Severity.HIGH,
    remediation=f"Grant one window, and the next one {BETWEEN_WINDOWS.days} days after its end.",
    url="https://cloud.google.com/iam/docs/configuring-temporary-access",
    looks_at=PROJECT_GRANTS,
)
def break_glass_windows_apart(stack: Stack) -> Iterator[Finding]:
    """Windows of a break-glass role are days apart: windows in a row are a grant that does not end."""
    opened: dict[tuple[str, str], list[tuple[datetime, datetime, Member]]] = {}
    for member in stack.resources:
        if member.type in PROJECT_GRANTS:
            for grant in grants.grants(member.fields):
                if found := window(str(grant.condition or "")):
                    opened.setdefault((str(grant.role), str(grant.member)), []).append((*found, member))
    for (role, who), windows in opened.items():
        ordered = sorted(windows, key=lambda one: one[0])
        for (_, end, _), (start, _, member) in pairwise(ordered):
            if start - end < BETWEEN_WINDOWS:
                yield Finding(
                    member.urn,
                    f"{member.name!r} grants {named(role)} to {named(who)} from {start:%Y-%m-%d} on, less than "
                    f"{BETWEEN_WINDOWS.days} days after another window: what is for an emergency stays. Remove one.",
                )
