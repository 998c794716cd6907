"""Worlds with made-up policies: the same ones in a simulated cloud, which decides, and in a document, which answers.

They share no code: what one of them gets wrong, the other one shows.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from unittest.mock import patch

import example_tenant as example
from engine.members import Member
from iam.build import Builder
from iam.decide import Access
from iam.document import Verdict
from iam.fetched import Fetched
from iam.states import States
from sandbox.cloud import names, seed
from sandbox.cloud import tags as cloud_tags
from sandbox.cloud.api import Cloud
from sandbox.cloud.iam import DENY_PREFIX, Caller

Json = dict[str, Any]

PROJECT = names.project(example.PROJECT)
FOLDER = names.folder(seed.FOLDER)
ORGANIZATION = names.organization(example.ORGANIZATION)
EMAIL = f"robot@{example.PROJECT}.iam.gserviceaccount.com"
ROBOT = f"serviceAccount:{EMAIL}"
ACCOUNT = names.service_account(EMAIL)
BUCKET = f"//storage.googleapis.com/projects/{example.PROJECT}/buckets/box"
SECRET = f"//secretmanager.googleapis.com/projects/{example.PROJECT}/secrets/key"
INSTANCE = f"//sqladmin.googleapis.com/projects/{example.PROJECT}/instances/orders"
RESOURCES = (ORGANIZATION, FOLDER, PROJECT, BUCKET, SECRET, ACCOUNT, INSTANCE)

_POOL = f"//iam.googleapis.com/projects/{example.PROJECT_NUMBER}/locations/global/workloadIdentityPools/github"
JOB = f"principalSet:{_POOL}/attribute.job/deploy.yml"
POOL = f"principalSet:{_POOL}/*"
WORKLOAD = f"serviceAccount:{example.PROJECT}.svc.id.goog[shop/shop]"
INNER, OUTER = "group:inner@example.com", "group:outer@example.com"
GROUPS: Mapping[str, tuple[str, ...]] = {
    INNER: ("user:ann@example.com",),
    OUTER: (INNER, ROBOT, "user:bob@example.com"),
}
WHO = ("user:ann@example.com", "user:bob@example.com", "user:eve@example.com", ROBOT, INNER, OUTER, JOB, WORKLOAD)


@dataclass
class World:
    """Policies.

    Attributes:
        allow: bindings by resource.
        deny: rules of deny policies by what they are attached to.
        roles: custom roles' permissions by short name.
        members: further resources of states.
        worked_from: buckets with states to the accounts that work from them.
    """

    allow: dict[str, list[Json]] = field(default_factory=dict[str, list[Json]])
    deny: dict[str, list[Json]] = field(default_factory=dict[str, list[Json]])
    roles: dict[str, list[str]] = field(default_factory=dict[str, list[str]])
    members: list[Member] = field(default_factory=list[Member])
    worked_from: dict[str, str] = field(default_factory=dict[str, str])

    def grant(self, who: str, role: str, on: str = PROJECT, condition: str = "") -> None:
        """One binding."""
        bound: Json = {"condition": {"title": "t", "expression": condition}} if condition else {}
        self.allow.setdefault(on, []).append({"role": role, "members": [who], **bound})

    def forbid(
        self, permissions: Sequence[str], who: Sequence[str], spared: Sequence[str] = (), on: str = PROJECT, **more: Any
    ) -> None:
        """One rule of a deny policy."""
        rule = {"deniedPermissions": permissions, "deniedPrincipals": who, "exceptionPrincipals": spared, **more}
        self.deny.setdefault(on, []).append({"description": "no", "denyRule": json.loads(json.dumps(rule))})

    def role(self, name: str, *permissions: str) -> str:
        """A custom role; its full name."""
        self.roles[name] = list(permissions)
        return f"projects/{example.PROJECT}/roles/{name}"

    def add(self, kind: str, urn_name: str, **outputs: Any) -> None:
        """A further resource of the states."""
        self.members.append(Member(f"urn:pulumi:dev::platform::{kind}::{urn_name}", kind, urn_name, lambda: outputs))

    def put_into(self, cloud: Cloud) -> None:
        """Have a simulated cloud decide by these policies alone."""
        for resource, _ in cloud.store.policies():
            cloud.store.set_policy(resource, {"version": 3, "bindings": []})
        for resource, bindings in self.allow.items():
            cloud.store.set_policy(resource, {"version": 3, "bindings": bindings})
        for point in (PROJECT, FOLDER, ORGANIZATION):
            cloud.store.set_policy(f"{DENY_PREFIX}{point}", {"p": {"rules": self.deny.get(point, [])}})
        for group, members in GROUPS.items():
            for member in members:
                cloud.store.add_membership(group, member)

    def access(self, roles: Mapping[str, Iterable[str]], now: datetime | None = None, **fetched: Any) -> Access:
        """The same as a document; `roles` are predefined ones with what they contain."""
        policies = [{"resource": name, "policy": {"bindings": bindings}} for name, bindings in self.allow.items()]
        told = Fetched.model_validate(
            {
                "environment": "dev",
                "policies": [*policies, *({"resource": each} for each in RESOURCES if each not in self.allow)],
                "above": [f"folders/{seed.FOLDER}", f"organizations/{example.ORGANIZATION}"],
                "roles": {name: {"includedPermissions": list(held)} for name, held in roles.items()},
                "groups": GROUPS,
                **fetched,
            }
        )
        states = States([*self._states(), *self.members])
        return Access(Builder(states, told, now or datetime.now(UTC), worked_from=self.worked_from).document())

    def _states(self) -> Iterable[Member]:
        contract = {"project": {"number": example.PROJECT_NUMBER}, "teams": {}}
        yield _member("pulumi:pulumi:Stack", "identity-dev", {"contract": contract})
        yield _member("gcp:serviceaccount/account:Account", "robot", {"accountId": "robot", "email": EMAIL, **_IN})
        for name, permissions in self.roles.items():
            outputs = {"roleId": name, "title": name, "permissions": permissions, **_IN}
            yield _member("gcp:projects/iAMCustomRole:IAMCustomRole", name, outputs)
        for point, rules in self.deny.items():
            parent = point.removeprefix("//").replace("/", "%2F")
            yield _member(
                "gcp:iam/denyPolicy:DenyPolicy", f"deny-{point}", {"name": "p", "parent": parent, "rules": rules}
            )


_IN = {"project": example.PROJECT}


def _member(kind: str, name: str, outputs: Json) -> Member:
    return Member(f"urn:pulumi:dev::identity::{kind}::{name}", kind, name, lambda: outputs)


def in_document(resource: str) -> str:
    """A resource of the simulated cloud as documents name it."""
    return resource.replace(
        f"//storage.googleapis.com/projects/{example.PROJECT}/", "//storage.googleapis.com/projects/_/"
    )


def allowed(
    cloud: Cloud,
    who: str,
    permission: str,
    resource: str,
    api: Mapping[str, Any] | None = None,
    *,
    tags: Mapping[str, str] | None = None,
) -> bool:
    """Decision of the simulated cloud, with the caller's principal sets, the request's attributes, and tags."""
    sets = (POOL,) if who == JOB else cloud.workload("shop", "shop").sets if who == WORKLOAD else ()
    tagged = patch.object(cloud_tags, "effective", return_value=(dict(tags or {}), {}))
    with tagged, cloud.iam.recording(Caller(who, (), sets), resource) as recording:
        recording.api = dict(api or {})
        return cloud.iam.decide(who, permission, resource).allowed


def agrees(verdict: Verdict, *, fitting: bool, unfitting: bool) -> bool:
    """Return whether an answer agrees with the decisions on two requests: one meets every condition, one meets none."""
    return (fitting, unfitting) == {
        Verdict.YES: (True, True),
        Verdict.MAYBE: (True, False),
        Verdict.PART: (False, False),
        Verdict.NO: (False, False),
    }[verdict]
