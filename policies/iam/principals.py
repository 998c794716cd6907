"""Members of policies as principals: their kinds, names in plain words, and memberships.

A policy names a person, a group, an account, a workload of the cluster, a token's claims, or everybody. Deny policies
and the cluster spell principals differently; here all have the form of allow policies.
https://cloud.google.com/iam/docs/principal-identifiers
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

from pydantic import BaseModel, ConfigDict

from engine import data
from iam.document import Principal

ALL: Final = "allUsers"
AUTHENTICATED: Final = "allAuthenticatedUsers"
CLUSTER_EVERYBODY: Final = "group:system:authenticated"
Kind = Literal["user", "group", "account", "agent", "workload", "job", "federated", "public", "other"]

_EMAIL = re.compile(r"serviceAccount:(?P<id>[^@]+)@(?P<project>[^.]+)\.iam\.gserviceaccount\.com")
# The number is that of the customer's project: service-1@, p1-abcdef@ (an instance of Cloud SQL, a log sink), bq-1@.
_AGENT = re.compile(
    r"(serviceAccount:)?(service-p?|project-|bq-|bqcx-|connection-|p)(?P<number>[0-9]+)(-[a-z0-9-]+)?"
    r"@(?P<service>[a-z0-9.-]+)\.iam\.gserviceaccount\.com"
)
_RUNNING = re.compile(r"serviceAccount:(?P<project>[^.]+)\.svc\.id\.goog\[(?P<name>[^]]+)\]")
_FEDERATED = re.compile(
    r"principalSet://iam\.googleapis\.com/projects/[0-9]+/locations/global/workloadIdentityPools/[^/]+"
    r"/attribute\.(?P<kind>job|build)/(?P<name>.+)"
)
_WORKLOAD = re.compile(r"serviceAccount:(?P<pool>[^\[]+\.svc\.id\.goog)\[(?P<namespace>[^/]+)/(?P<account>[^\]]+)\]")
_POOL = re.compile(r"principal(Set)?:(?P<pool>//iam\.googleapis\.com/.+/workloadIdentityPools/[^/]+)/.+")
_FIRST_WORDS: Mapping[str, Kind] = {
    "account": "account",
    "agent": "agent",
    "build": "job",
    "group": "group",
    "job": "job",
}
# Members that stand for everybody with a basic role on a project; only policies of buckets name them.
_BASIC = {"projectOwner": "roles/owner", "projectEditor": "roles/editor", "projectViewer": "roles/viewer"}
# Prefixes of members in deny policies, where they differ from allow policies.
_DENIED = (
    ("principal://goog/subject/", "user:"),
    ("principalSet://goog/group/", "group:"),
    ("principal://iam.googleapis.com/projects/-/serviceAccounts/", "serviceAccount:"),
)
_PUBLIC = "principalSet://goog/public:all"


class _Agents(BaseModel):
    """Content of service_agents.yaml."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    projects: frozenset[str]


_AGENTS = data.load(Path(__file__).with_name("service_agents.yaml"), _Agents)


@dataclass(frozen=True)
class Agent:
    """Service agent of Google's: its service, and the number of the project for which it acts."""

    service: str
    number: str


def agent(member: str) -> Agent | None:
    """Return the service agent that a member or an address is; None for every account that a customer can make."""
    match = _AGENT.fullmatch(member)
    return Agent(match["service"], match["number"]) if match and match["service"] in _AGENTS.projects else None


def words(member: str, project: str) -> str:
    """Return a member in the words of access.yaml ("account ID", "group ADDRESS", "job JOB"), or unchanged."""
    if known := agent(member):
        return f"agent {known.service}"
    if match := _EMAIL.fullmatch(member):
        return f"account {match['id']}" if match["project"] == project else member
    if match := _RUNNING.fullmatch(member):
        return f"workload {match['name']}" if match["project"] == project else member
    if match := _FEDERATED.fullmatch(member):
        return f"{match['kind']} {match['name']}"
    kind, _, address = member.partition(":")
    return f"group {address}" if kind == "group" else member


def from_denial(principal: str) -> str:
    """Convert a principal of a deny policy to the form of allow policies."""
    if principal == _PUBLIC:
        return ALL
    for prefix, kind in _DENIED:
        if principal.startswith(prefix):
            return f"{kind}{principal.removeprefix(prefix)}"
    return principal


def is_understood(member: str) -> bool:
    """Return whether a member is identifiable: neither the customers of a directory nor a deleted principal."""
    return not member.startswith(("principalSet://goog/", "domain:", "deleted:"))


def from_subject(subject: Mapping[str, object], project: str) -> str:
    """Convert a subject of a binding in the cluster to the form of allow policies."""
    kind, name = str(subject.get("kind")), str(subject.get("name"))
    if kind == "ServiceAccount":
        return workload(project, str(subject.get("namespace")), name)
    if kind == "Group":
        return f"group:{name}"
    return f"serviceAccount:{name}" if name.endswith(".gserviceaccount.com") else f"user:{name}"


def workload(project: str, namespace: str, account: str) -> str:
    """Return a workload of the cluster as a member."""
    return f"serviceAccount:{project}.svc.id.goog[{namespace}/{account}]"


def workload_parts(member: str) -> tuple[str, str] | None:
    """Return namespace and Kubernetes service account of a workload; None for any other member."""
    match = _WORKLOAD.fullmatch(member)
    return (match["namespace"], match["account"]) if match else None


def basic_role(member: str) -> tuple[str, str] | None:
    """Return project and basic role of a member that stands for everybody with that role; None for any other member."""
    kind, _, project = member.partition(":")
    return (project, _BASIC[kind]) if kind in _BASIC else None


def name(member: str, project: str) -> str:
    """Return a member in the words of access.yaml, or as "person ADDRESS"."""
    if member in (ALL, AUTHENTICATED):
        return "everybody" if member == ALL else "everybody with a Google account"
    if basic := basic_role(member):
        return f"everybody with {basic[1]} on {'project' if basic[0] == project else basic[0]}"
    known = words(member, project)
    return f"person {known.removeprefix('user:')}" if known.startswith("user:") else known


def kind(member: str, project: str) -> Kind:
    """Return the kind of a member."""
    if member in (ALL, AUTHENTICATED):
        return "public"
    if member.startswith("user:"):
        return "user"
    if _WORKLOAD.fullmatch(member):
        return "workload"
    first = words(member, project).partition(" ")[0]
    if member.startswith("serviceAccount:"):
        return _FIRST_WORDS.get(first, "account")
    return _FIRST_WORDS.get(first, "federated" if member.startswith("principal") else "other")


class Directory:
    """Memberships of principals in groups and principal sets.

    Args:
        groups: members by group; None where they are not known.
        basic: principals with basic roles on projects, by the member that stands for them.
        project: the project's ID.
        number: the project's number.
    """

    def __init__(
        self,
        groups: Mapping[str, tuple[str, ...] | None],
        basic: Mapping[str, Iterable[str]],
        project: str,
        number: str,
    ) -> None:
        self._groups = groups
        self._project = project
        self._number = number
        self._pool = f"//iam.googleapis.com/projects/{number}/locations/global/workloadIdentityPools"
        self._in: dict[str, set[str]] = {}
        for group, members in [*groups.items(), *basic.items()]:
            for member in members or ():
                self._in.setdefault(member, set()).add(group)

    def principal(self, member: str, known: Iterable[str]) -> Principal:
        """Return a member as a principal, with its groups and sets among the known ones."""
        counted = sorted(self._counts_as(member) & set(known) - {member})
        served = agent(member)
        foreign = served is not None and self._number not in ("", served.number)  # it acts for another customer
        return Principal(
            id=member,
            kind="account" if foreign else kind(member, self._project),
            name=member if foreign else name(member, self._project),
            is_in=tuple(counted),
            members=self._groups.get(member),
        )

    def _counts_as(self, member: str) -> set[str]:
        memberships: set[str] = set()
        waiting = [member]
        while waiting:
            current = waiting.pop()
            if current not in memberships:
                memberships.add(current)
                waiting += [*self._in.get(current, ()), *self._sets(current)]
        if member != ALL:
            memberships.add(AUTHENTICATED)
        return memberships | {ALL, CLUSTER_EVERYBODY}

    def _sets(self, member: str) -> Iterator[str]:
        """Yield the principal sets that a member is in by its name, and the other spelling of a workload."""
        if parts := workload_parts(member):
            base = f"{self._pool}/{self._project}.svc.id.goog"
            yield f"principal:{base}/subject/ns/{parts[0]}/sa/{parts[1]}"
            yield f"principalSet:{base}/namespace/{parts[0]}"
            yield f"principalSet:{base}/*"
            yield from (f"group:system:serviceaccounts{end}" for end in ("", f":{parts[0]}"))
        elif match := _POOL.fullmatch(member):
            yield f"principalSet:{match['pool']}/*"
        elif member.startswith("user:"):
            yield f"domain:{member.partition('@')[2]}"
