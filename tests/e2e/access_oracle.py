"""Compares the answers of `make access` with what the sandbox decides: by its IAM, and by its API server.

The simulated IAM sees nothing of a permission but which roles contain it and which deny rules name it. So it is asked
once for all permissions that are alike in that; the answers are compared for each of them.
"""

import functools
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import example_tenant as example
from iam.decide import Access
from iam.document import Document, Verdict
from sandbox.cloud.api import Cloud
from sandbox.cloud.deny import denied_permission
from sandbox.cloud.iam import DENY_PREFIX, MODIFIED_GRANTS, Caller

_PREFIX = "storage.googleapis.com/objectListPrefix"
_CONDITIONS_TEXTS = re.compile(r'"((?:roles|projects)/[^"]+)"|startsWith\("([a-z0-9-]+/)"\)')


@dataclass(frozen=True)
class Pair:
    """A principal and a resource of one question."""

    who: str
    on: str


class Decisions:
    """Decisions of the simulated IAM for every principal, resource and permission.

    Args:
        cloud: the sandbox's simulated cloud.
        document: the principals and resources; its answers are not used.
    """

    def __init__(self, cloud: Cloud, document: Document) -> None:
        # Nothing changes meanwhile: what was read once need not be read again.
        store: Any = cloud.store
        store._rows = functools.cache(store._rows)
        self._cloud = cloud
        bindings = [each for _, policy in cloud.store.policies() for each in policy.get("bindings", [])]
        self._granted = {each["role"] for each in bindings}
        # Only where such a role has a permission does it matter what a request tells.
        self._limited = {each["role"] for each in bindings if "api." in str(each.get("condition"))}
        self.alike = self._classes(document)
        self.who = [each.id for each in document.principals if not each.id.startswith(("all", "project"))]
        self.on = self._resources(document)
        self._requests = tuple(self._request(document, fits=fits) for fits in (True, False))
        self.found = {
            Pair(who, place): {shown: self._both(who, shown, place) for shown in self.alike}
            for place in self.on
            for who in self.who
        }

    def _classes(self, document: Document) -> dict[str, list[str]]:
        """Permissions that are alike to the simulated IAM, by the first of them."""
        rules = [
            rule["denyRule"]
            for name, policies in self._cloud.store.policies()
            if name.startswith(DENY_PREFIX)
            for policy in policies.values()
            for rule in policy["rules"]
        ]
        contents = {role: self._cloud.iam.permissions_of(role) for role in self._granted}
        found: dict[Any, list[str]] = {}
        for permission in sorted({each for role in document.roles.values() for each in role.permissions or ()}):
            denied = denied_permission(permission)
            named = [number for number, rule in enumerate(rules) if denied in rule["deniedPermissions"]]
            assert not any("*" in each for rule in rules for each in rule["deniedPermissions"])
            key = (frozenset(role for role, held in contents.items() if permission in held), tuple(named))
            found.setdefault(key, []).append(permission)
        return {listed[0]: listed for listed in found.values()}

    def _resources(self, document: Document) -> list[str]:
        """Whatever has a policy, and one of each kind that has none: the simulated IAM knows no other difference."""
        named = [name for name, _ in self._cloud.store.policies() if not name.startswith(DENY_PREFIX)]
        have = {_in_document(name) for name in named}
        kinds = {each.id.split("/")[-2]: each.id for each in document.resources if each.id not in have}
        return sorted(have | set(kinds.values()))

    def _request(self, document: Document, *, fits: bool) -> dict[str, Any]:
        """Attributes of a request that every condition here allows, or of one that none allows."""
        expressions = [grant.condition.expression for grant in document.grants if grant.condition]
        lists = [
            {role for role, _ in _CONDITIONS_TEXTS.findall(text) if role}
            for text in expressions
            if MODIFIED_GRANTS in text
        ]
        prefixes = {prefix for text in expressions for _, prefix in _CONDITIONS_TEXTS.findall(text) if prefix}
        role = min(set[str].intersection(*lists)) if lists else ""
        return {
            MODIFIED_GRANTS: (role,) if fits else ("roles/owner",),
            _PREFIX: f"{min(prefixes, default='')}x" if fits else "of-nobody/",
        }

    def _both(self, who: str, permission: str, place: str) -> tuple[bool, bool]:
        full = place.replace("/projects/_/buckets/", f"/projects/{example.PROJECT}/buckets/")
        allowed: list[bool] = []
        matters = any(permission in self._cloud.iam.permissions_of(role) for role in self._limited)
        for request in self._requests if matters else self._requests[:1]:
            with self._cloud.iam.recording(Caller(who, (), _sets(self._cloud, who)), full) as recording:
                recording.api = request
                allowed.append(self._cloud.iam.decide(who, permission, full).allowed)
        return allowed[0], allowed[-1]


def _sets(cloud: Cloud, who: str) -> tuple[str, ...]:
    """The sets that a token's claims put somebody into."""
    if match := re.fullmatch(r".+\.svc\.id\.goog\[(.+)/(.+)\]", who):
        return cloud.workload(match[1], match[2]).sets
    return (f"{who.partition('/attribute.')[0]}/*",) if who.startswith("principalSet:") else ()


def _in_document(name: str) -> str:
    return name.replace(f"//storage.googleapis.com/projects/{example.PROJECT}/", "//storage.googleapis.com/projects/_/")


_MEANS = {
    Verdict.YES: (True, True),
    Verdict.MAYBE: (True, False),
    Verdict.PART: (False, False),
    Verdict.NO: (False, False),
}


def disagreements(access: Access, decisions: Decisions, *, every: bool = True) -> Iterator[str]:
    """Find answers that differ from decisions; without `every`, only one of several equal permissions is tried."""
    for pair, found in decisions.found.items():
        for shown, decided in found.items():
            for permission in decisions.alike[shown] if every else (shown,):
                verdict = access.decide(pair.who, permission, pair.on).verdict
                if _MEANS[verdict] != decided:
                    yield f"{pair.who}: {permission} on {pair.on}: told {verdict}, decided {decided}"


def first(found: Iterable[str], count: int = 5) -> list[str]:
    """The first few, for a message."""
    return [line for line, _ in zip(found, range(count), strict=False)]
