"""Explanations of denied calls, with bindings that would allow them: `python -m sandbox.cloud.explain`.

It reads denials from the audit log and missing bindings from the present policies. It proposes the smallest role that
contains the permission; that is not yet a reason to grant it.
"""

import argparse
import json
import sys
import time
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field

from sandbox.cloud import conditions, names, policies, roles
from sandbox.cloud.api import Cloud
from sandbox.cloud.credentials import open_cloud
from sandbox.cloud.errors import ApiError
from sandbox.cloud.store import CallEntry, Json

_PROPOSALS = 3


@dataclass(frozen=True)
class Explanation:
    """One denied permission.

    Attributes:
        time: seconds since the epoch.
        principal: the principal that was denied.
        delegation: the principals that impersonated it, nearest first.
        method: the method that was called.
        permission: the missing permission; "" where the call failed for another reason.
        resource: the full name of the resource on which it was required.
        reason: the reason of the denial.
        proposals: bindings that would allow it: {"role", "permissions" (their number), "member", "resource"}.
    """

    time: float
    principal: str
    delegation: list[str]
    method: str
    permission: str
    resource: str
    reason: str
    proposals: list[Json] = field(default_factory=list[Json])


def denials(cloud: Cloud, calls: Iterable[CallEntry]) -> list[Explanation]:
    """Returns the denied permissions of some calls: the last denial by principal, permission and resource."""
    explanations: dict[tuple[str, str, str], Explanation] = {}
    for call in calls:
        denied = [decision for decision in call.decisions if not decision["granted"]]
        if call.status == "PERMISSION_DENIED" and not denied:
            _keep(explanations, _plain(call))
        elif call.status == "PERMISSION_DENIED" or any(decision.get("permissive") for decision in denied):
            for decision in denied:
                _keep(explanations, _explained(cloud, call, decision))
    return list(explanations.values())


def _keep(explanations: dict[tuple[str, str, str], Explanation], explanation: Explanation) -> None:
    key = (explanation.principal, explanation.permission or explanation.reason, explanation.resource)
    explanations.pop(key, None)
    explanations[key] = explanation


def _plain(call: CallEntry) -> Explanation:
    return Explanation(call.time, call.principal, call.delegation, call.method, "", call.resource, call.message)


def _explained(cloud: Cloud, call: CallEntry, decision: Json) -> Explanation:
    permission, resource = str(decision["permission"]), str(decision["resource"])
    details = (call.time, call.principal, call.delegation, call.method, permission, resource)
    if rule := decision.get("deniedBy"):
        rule_text = f"{rule['policy']}, rule '{rule['rule']}', denies {rule['permission']} to {rule['principal']}"
        return Explanation(*details, f"the deny policy {rule_text}; no binding can allow it")
    reason = "no binding on it or above grants it"
    if failed := _failed_conditions(cloud, call.principal, permission, resource):
        reason = f"the condition does not hold: {'; '.join(failed)}"
    return Explanation(*details, reason, proposals(cloud, call.principal, permission, resource))


def _failed_conditions(cloud: Cloud, member: str, permission: str, resource: str) -> list[str]:
    """Returns the bindings that would grant a permission if their condition held."""
    line = cloud.iam.hierarchy.line(resource)
    request, identities = cloud.iam.describe(resource, line), cloud.iam.identities(member)
    return [
        f'{binding["role"]} on {level} has "{" ".join(binding["condition"]["expression"].split())}"'
        for level in line
        for binding in cloud.store.policy(level)["bindings"]
        if binding.get("condition")
        and identities.intersection(binding["members"])
        and permission in cloud.iam.permissions_of(binding["role"])
        and conditions.holds(str(binding["condition"]["expression"]), request) is not True
    ]


def proposals(cloud: Cloud, member: str, permission: str, resource: str) -> list[Json]:
    """Returns the smallest roles that contain a permission, as bindings on the nearest resource that has a policy."""
    line = cloud.iam.hierarchy.line(resource)
    custom = {
        names.split(stored.name)[1]: frozenset[str](stored.body.get("includedPermissions", []))
        for kind in ("iam.projects.roles", "iam.organizations.roles")
        for stored in cloud.store.find(kind, "//iam.googleapis.com/")
        if f"{names.PROJECTS}{'/'.join(names.split(stored.name)[1].split('/')[:2])}" in line
    }
    target = next(level for level in line if _has_policy(cloud, level))
    fitting = sorted(
        (role in policies.BASIC_ROLES, len(contained), role)
        for role, contained in {**roles.predefined(), **custom}.items()
        if permission in contained and policies.is_grantable(role, target)
    )
    return [
        {"role": role, "permissions": size, "member": member, "resource": target}
        for _, size, role in fitting[:_PROPOSALS]
    ]


def _has_policy(cloud: Cloud, level: str) -> bool:
    if level.startswith(names.PROJECTS):
        return True
    stored = cloud.store.get(level)
    return stored is not None and cloud.collection(stored.collection).has_policy


def _printed(explanation: Explanation) -> str:
    when = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(explanation.time))
    via = "".join(f", impersonated by {member}" for member in explanation.delegation)
    lines = [
        f"{when}  {explanation.principal}{via}",
        f"  called     {explanation.method}",
        f"  lacks      {explanation.permission} on {explanation.resource}",
        f"  because    {explanation.reason}",
    ]
    if not explanation.permission:
        del lines[2]
    for number, proposal in enumerate(explanation.proposals):
        size = f"{proposal['permissions']} known permissions"
        head = "would do" if number == 0 else "or      "
        lines.append(f"  {head}   {proposal['role']} ({size}) on {proposal['resource']}")
    return "\n".join(lines)


def main() -> int:
    """Prints the last denials."""
    parser = argparse.ArgumentParser(prog="python -m sandbox.cloud.explain", description="Explains the last denials.")
    parser.add_argument("--last", type=int, default=10, metavar="N", help="how many (default: 10)")
    parser.add_argument("--after", type=int, default=0, metavar="NUMBER", help="only log entries after this number")
    parser.add_argument("--json", action="store_true", help="print a JSON array")
    arguments = parser.parse_args()
    try:
        cloud = open_cloud()
    except ApiError as error:
        print(error.message, file=sys.stderr)
        return 1
    explanations = denials(cloud, cloud.store.calls(arguments.after))[-arguments.last :]
    cloud.store.close()
    if arguments.json:
        print(json.dumps([asdict(explanation) for explanation in explanations], indent=2))
    else:
        print("\n\n".join(map(_printed, explanations)) or "Nothing was denied.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
