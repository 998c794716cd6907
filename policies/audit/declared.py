"""Grants that the cloud holds and no state declares: what was granted by hand, or left behind."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from audit.evidence import LivePolicy
from audit.facts import Facts
from audit.settings import Principals, fits
from iam import grants

_ACCOUNT = re.compile(r"//iam\.googleapis\.com/projects/[^/]+/serviceAccounts/(?P<name>[^/]+)")
_BUCKET = re.compile(r"//storage\.googleapis\.com/(projects/[^/]+/buckets/)?(?P<name>[^/]+)")
# Names to the words of access.yaml.
_WORDS = (
    (r"//secretmanager\.googleapis\.com/projects/[^/]+/secrets/(?P<name>[^/]+)", "secret {name}"),
    (r"//cloudkms\.googleapis\.com/.+/keyRings/(?P<ring>[^/]+)/cryptoKeys/(?P<name>[^/]+)", "key {ring}/{name}"),
    (r"//artifactregistry\.googleapis\.com/.+/repositories/(?P<name>[^/]+)", "repository {name}"),
)
_CONTAINER = re.compile(
    r"//cloudresourcemanager\.googleapis\.com/(?P<kind>projects|folders|organizations)/(?P<name>[^/]+)"
)


@dataclass(frozen=True)
class Undeclared:
    """One grant of the cloud's that no state has, in the words of access.yaml."""

    place: str
    role: str
    member: str
    condition: str


def undeclared(facts: Facts, agents: Iterable[str], principals: Principals) -> Iterator[Undeclared]:
    """The grants of the cloud's policies that no state declares, those of its own agents and accepted ones aside."""
    declared = {(grant.place, grant.role, grant.member, grant.condition) for grant in facts.grants}
    accepted = principals.undeclared.get(facts.evidence.environment, ())
    for policy in facts.evidence.live or ():
        for found in _grants(policy, facts):
            key = (found.place, found.role, found.member, found.condition)
            known = any(found.member == each.member and found.role in each.roles for each in accepted)
            if key not in declared and not known and not fits(found.member, agents):
                yield found


def _grants(policy: LivePolicy, facts: Facts) -> Iterator[Undeclared]:
    place = place_of(policy.resource, facts)
    for binding in policy.policy.bindings:
        role = grants.short_role(binding.role, facts.project)
        for member in binding.members:
            yield Undeclared(place, role, member, binding.expression)


def place_of(resource: str, facts: Facts) -> str:
    """A full resource name in the words of access.yaml; itself for a kind that no layer makes."""
    if match := _CONTAINER.fullmatch(resource):
        return _container(match["kind"], match["name"], facts)
    if match := _ACCOUNT.fullmatch(resource):
        return facts.short(match["name"])
    if match := _BUCKET.fullmatch(resource):
        return f"bucket {match['name'].removeprefix(f'{facts.project}-')}"
    found = ((re.fullmatch(pattern, resource), words) for pattern, words in _WORDS)
    return next((words.format(**match.groupdict()) for match, words in found if match), resource)


def _container(kind: str, name: str, facts: Facts) -> str:
    if kind == "organizations":
        return "organization"
    if kind == "projects":
        return "project" if name in (facts.project, facts.number) else f"project {name}"
    return f"folder {name}"
