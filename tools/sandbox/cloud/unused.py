"""Grants that were not used between two points of the audit log: `python -m sandbox.cloud.unused`.

A permission counts as used by the binding that decided. After a full life cycle of a layer, the unused permissions are
those that least privilege would remove, apart from permissions that only emergencies and other people's work need.
"""

import argparse
import json
import sys
from collections import defaultdict
from dataclasses import asdict, dataclass

from sandbox.cloud.api import Cloud
from sandbox.cloud.credentials import open_cloud
from sandbox.cloud.errors import ApiError
from sandbox.cloud.iam import DENY_PREFIX

_SHOWN = 40  # permissions of one role that are printed; an owner has hundreds


@dataclass(frozen=True)
class UnusedPermissions:
    """Permissions of one binding that were never used.

    Attributes:
        member: the member of the binding.
        role: the role of the binding.
        resource: the full name of the resource that has the binding.
        permissions: the unused permissions, sorted.
        used: the number of used permissions.
        unknown: the permissions that no simulated method requires, so that their use is unknown, sorted.
    """

    member: str
    role: str
    resource: str
    permissions: list[str]
    used: int
    unknown: list[str]


def unused(cloud: Cloud, after: int = 0, until: int | None = None) -> list[UnusedPermissions]:
    """Returns the bindings with unused permissions, by member, role and resource.

    Args:
        cloud: the cloud that has the policies and the audit log.
        after: number of the last log entry that is ignored.
        until: number of the last log entry that counts; None for all.
    """
    used: dict[tuple[str, str, str], set[str]] = defaultdict(set)
    for call in cloud.store.calls(after, until):
        for decision in call.decisions:
            if by := decision.get("grantedBy"):
                used[by["member"], by["role"], by["resource"]].add(decision["permission"])
    report: list[UnusedPermissions] = []
    for member, role, resource in sorted(_bindings(cloud)):
        used_here = used[member, role, resource]
        unused_here = cloud.iam.permissions_of(role) - used_here
        if known := unused_here & cloud.vocabulary:
            unknown = sorted(unused_here - known)
            report.append(UnusedPermissions(member, role, resource, sorted(known), len(used_here), unknown))
    return report


def _bindings(cloud: Cloud) -> set[tuple[str, str, str]]:
    return {
        (member, binding["role"], resource)
        for resource, policy in cloud.store.policies()
        if not resource.startswith(DENY_PREFIX)
        for binding in policy["bindings"]
        for member in binding["members"]
    }


def main() -> int:
    """Prints the report."""
    parser = argparse.ArgumentParser(prog="python -m sandbox.cloud.unused", description="Reports grants never used.")
    parser.add_argument("--after", type=int, default=0, metavar="NUMBER", help="log entries after this number count")
    parser.add_argument("--until", type=int, metavar="NUMBER", help="and up to this one")
    parser.add_argument("--member", default="", metavar="TEXT", help="only members that contain this")
    parser.add_argument("--json", action="store_true", help="print a JSON array")
    arguments = parser.parse_args()
    try:
        cloud = open_cloud()
    except ApiError as error:
        print(error.message, file=sys.stderr)
        return 1
    report = [entry for entry in unused(cloud, arguments.after, arguments.until) if arguments.member in entry.member]
    cloud.store.close()
    if arguments.json:
        print(json.dumps([asdict(entry) for entry in report], indent=2))
        return 0
    member = ""
    for entry in report:
        if entry.member != member:
            member = entry.member
            print(member)
        share = f"{entry.used} used, {len(entry.permissions)} unused" if entry.used else "never used"
        print(f"  {entry.role} on {entry.resource}: {share}")
        if entry.used:
            print(f"    {_listed(entry.permissions)}")
    return 0


def _listed(permissions: list[str]) -> str:
    rest = len(permissions) - _SHOWN
    more = f" and {rest} more, which --json lists" if rest > 0 else ""
    return ", ".join(permissions[:_SHOWN]) + more


if __name__ == "__main__":
    sys.exit(main())
