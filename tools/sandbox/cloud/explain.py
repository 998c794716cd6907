"""Why a call was denied, and what would allow it: `python -m sandbox.cloud.explain`.

It reads the audit log for what was denied and the present policies for what is missing. What it proposes is the
smallest role that would do, which is not yet a reason to grant it.
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
        principal: who was denied.
        delegation: who impersonated it, nearest first.
        method: the method that was called.
        permission: what was missing; "" where the call failed for another reason.
        resource: the full name of what it was asked on.
        reason: why it was denied.
        proposals: bindings that would allow it: {"role", "permissions" (how many are in it), "member", "resource"}.
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
    """Every denied permission in some calls, each (principal, permission, resource) once, with its last occurrence."""
    found: dict[tuple[str, str, str], Explanation] = {}
    for call in calls:
        denied = [decision for decision in call.decisions if not decision["granted"]]
        if call.status == "PERMISSION_DENIED" and not denied:
            _keep(found, _plain(call))
        elif call.status == "PERMISSION_DENIED" or any(decision.get("permissive") for decision in denied):
            for decision in denied:
                _keep(found, _explained(cloud, call, decision))
    return list(found.values())


def _keep(found: dict[tuple[str, str, str], Explanation], explanation: Explanation) -> None:
    key = (explanation.principal, explanation.permission or explanation.reason, explanation.resource)
    found.pop(key, None)
    found[key] = explanation


def _plain(call: CallEntry) -> Explanation:
    return Explanation(call.time, call.principal, call.delegation, call.method, "", call.resource, call.message)


def _explained(cloud: Cloud, call: CallEntry, decision: Json) -> Explanation:
    permission, resource = str(decision["permission"]), str(decision["resource"])
    known = (call.time, call.principal, call.delegation, call.method, permission, resource)
    if rule := decision.get("deniedBy"):
        named = f"{rule['policy']}, rule '{rule['rule']}', denies {rule['permission']} to {rule['principal']}"
        return Explanation(*known, f"the deny policy {named}; no binding can allow it")
    reason = "no binding on it or above grants it"
    if failed := _failed_conditions(cloud, call.principal, permission, resource):
        reason = f"the condition does not hold: {'; '.join(failed)}"
    return Explanation(*known, reason, proposals(cloud, call.principal, permission, resource))


def _failed_conditions(cloud: Cloud, member: str, permission: str, resource: str) -> list[str]:
    """The bindings that would grant it if their condition held."""
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
    """The smallest roles that contain a permission, as bindings on the nearest resource that has a policy."""
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
    found = denials(cloud, cloud.store.calls(arguments.after))[-arguments.last :]
    cloud.store.close()
    if arguments.json:
        print(json.dumps([asdict(explanation) for explanation in found], indent=2))
    else:
        print("\n\n".join(map(_printed, found)) or "Nothing was denied.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
