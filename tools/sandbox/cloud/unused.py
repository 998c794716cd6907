"""Which grants nobody used between two points of the audit log: `python -m sandbox.cloud.unused`.

A permission counts as used by the binding that decided. After a full life cycle of a layer, what is left over is what
least privilege would take away, apart from what only emergencies and other people's work need.
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

_SHOWN = 40  # permissions of one role; an owner has hundreds


@dataclass(frozen=True)
class Unused:
    """What of one binding was never used.

    Attributes:
        member: to whom it grants.
        role: what it grants.
        resource: the full name of what it grants it on.
        permissions: those that were never used, sorted.
        used: how many were.
        unknown: those that no simulated method asks for, so that nothing can be said of them, sorted.
    """

    member: str
    role: str
    resource: str
    permissions: list[str]
    used: int
    unknown: list[str]


def unused(cloud: Cloud, after: int = 0, until: int | None = None) -> list[Unused]:
    """The bindings that are wider than their use, by member, role and resource.

    Args:
        cloud: whose policies and log.
        after: number of the last log entry that does not count.
        until: number of the last one that does; None for all.
    """
    used: dict[tuple[str, str, str], set[str]] = defaultdict(set)
    for call in cloud.store.calls(after, until):
        for decision in call.decisions:
            if by := decision.get("grantedBy"):
                used[by["member"], by["role"], by["resource"]].add(decision["permission"])
    found: list[Unused] = []
    for member, role, resource in sorted(_bindings(cloud)):
        taken = used[member, role, resource]
        left = cloud.iam.permissions_of(role) - taken
        if known := left & cloud.vocabulary:
            found.append(Unused(member, role, resource, sorted(known), len(taken), sorted(left - known)))
    return found


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
    found = [one for one in unused(cloud, arguments.after, arguments.until) if arguments.member in one.member]
    cloud.store.close()
    if arguments.json:
        print(json.dumps([asdict(one) for one in found], indent=2))
        return 0
    member = ""
    for one in found:
        if one.member != member:
            member = one.member
            print(member)
        share = f"{one.used} used, {len(one.permissions)} unused" if one.used else "never used"
        print(f"  {one.role} on {one.resource}: {share}")
        if one.used:
            print(f"    {_listed(one.permissions)}")
    return 0


def _listed(permissions: list[str]) -> str:
    rest = len(permissions) - _SHOWN
    more = f" and {rest} more, which --json lists" if rest > 0 else ""
    return ", ".join(permissions[:_SHOWN]) + more


if __name__ == "__main__":
    sys.exit(main())
