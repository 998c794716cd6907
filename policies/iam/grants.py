"""What a resource grants: who gets which role on what, under which condition, in the words of access.yaml."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from engine.inputs import UNKNOWN, at, is_open, items, mapping
from policy_pack.rule import Resource, like

GRANTS = like(r"gcp:.*iam(member|binding|policy)")
WIDE = like(r"gcp:(projects|folder|organizations)/iam(member|binding|policy):.*")

_EMAIL = re.compile(r"serviceAccount:(?P<id>[^@]+)@(?P<project>[^.]+)\.iam\.gserviceaccount\.com")
_AGENT = re.compile(r"serviceAccount:service-[0-9]+@(?P<service>[a-z0-9-]+)\.iam\.gserviceaccount\.com")
_WORKLOAD = re.compile(r"serviceAccount:(?P<project>[^.]+)\.svc\.id\.goog\[(?P<name>[^]]+)\]")
_FEDERATED = re.compile(
    r"principalSet://iam\.googleapis\.com/projects/[0-9]+/locations/global/workloadIdentityPools/[^/]+"
    r"/attribute\.(?P<kind>job|build)/(?P<name>.+)"
)
# Type of a grant to what it is granted on and the input that names it.
_PLACES = {
    "gcp:projects/": ("project", "project"),
    "gcp:folder/": ("folder", "folder"),
    "gcp:organizations/": ("organization", "orgId"),
    "gcp:serviceaccount/": ("account", "serviceAccountId"),
    "gcp:secretmanager/": ("secret", "secretId"),
    "gcp:storage/": ("bucket", "bucket"),
    "gcp:kms/cryptokey": ("key", "cryptoKeyId"),
    "gcp:artifactregistry/": ("repository", "repository"),
}


@dataclass(frozen=True)
class Grant:
    """One role for one member.

    Attributes:
        role: as in a policy; UNKNOWN or a Secret where it is one.
        member: the same.
        condition: the expression; None without one.
    """

    role: Any
    member: Any
    condition: Any

    @property
    def is_open(self) -> bool:
        """Whether all of it can be judged."""
        return all(is_open(part) for part in (self.role, self.member, self.condition))


def grants(resource: Resource) -> Iterator[Grant]:
    """Everything that a resource grants, what cannot be read included.

    Raises:
        ValueError: a whole policy that is not JSON.
    """
    inputs = resource.inputs
    if "policyData" in inputs:
        yield from _of_policy(inputs["policyData"])
        return
    condition = _expression(inputs.get("condition"))
    members = items(inputs["members"]) if "members" in inputs else [inputs.get("member")]
    for member in members:
        yield Grant(_known(inputs.get("role")), _known(member), condition)


def readable(resource: Resource) -> Iterator[Grant]:
    """What can be judged of it; that nothing else is in it is a rule of its own (iam-grant-readable)."""
    return (grant for grant in grants(resource) if grant.is_open)


def _of_policy(data: Any) -> Iterator[Grant]:
    if not is_open(data):
        yield Grant(data, data, None)
        return
    for binding in items(json.loads(data).get("bindings")):
        fields = mapping(binding)
        for member in items(fields.get("members")) or [UNKNOWN]:
            yield Grant(_known(fields.get("role")), member, _expression(fields.get("condition")))


def _known(value: Any) -> Any:
    return value if isinstance(value, str) or not is_open(value) else UNKNOWN


def _expression(condition: Any) -> Any:
    if condition is None or not is_open(condition):
        return condition
    return _known(at(condition, "expression"))


def own_project(resource: Resource) -> str:
    """The project that the stack works on; empty when nobody says so."""
    for candidate in ((resource.provider or {}).get("project"), resource.inputs.get("project")):
        if isinstance(candidate, str):
            return candidate
    return ""


def principal(member: str, project: str) -> str:
    """A member in the words of access.yaml: "account ID", "group ADDRESS", "job JOB", "build BUILD", or as it is."""
    if match := _AGENT.fullmatch(member):
        return f"agent {match['service']}"
    if match := _EMAIL.fullmatch(member):
        return f"account {match['id']}" if match["project"] == project else member
    if match := _WORKLOAD.fullmatch(member):
        return f"workload {match['name']}" if match["project"] == project else member
    if match := _FEDERATED.fullmatch(member):
        return f"{match['kind']} {match['name']}"
    kind, _, address = member.partition(":")
    return f"group {address}" if kind == "group" else member


def short_role(name: str, project: str) -> str:
    """A role in the words of access.yaml: a custom one of the own project without its path."""
    return name.removeprefix(f"projects/{project}/roles/")


def place(resource: Resource, project: str) -> str:
    """What a grant is on, in the words of access.yaml: "project", "secret NAME", "key RING/NAME"; empty if unknown."""
    lower = resource.type.lower()
    found = next((value for prefix, value in _PLACES.items() if lower.startswith(prefix)), None)
    if found is None:
        return lower
    kind, key = found
    named = resource.inputs.get(key)
    if not isinstance(named, str):
        return ""
    if kind == "project":
        return kind if named.removeprefix("projects/") == project else f"project {named}"
    if kind == "organization":
        return kind
    return f"{kind} {_short(kind, named, project)}"


def _short(kind: str, named: str, project: str) -> str:
    parts = named.split("/")
    if len(parts) > 1 and parts[0] == "projects" and parts[1] != project:
        return named
    if kind == "key" and len(parts) == 8:
        return f"{parts[5]}/{parts[7]}"
    short = parts[-1]
    if kind == "account":
        identifier, _, domain = short.partition("@")
        return identifier if domain == f"{project}.iam.gserviceaccount.com" else short
    return short.removeprefix(f"{project}-") if kind == "bucket" else short
