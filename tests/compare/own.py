"""Values of an environment's own, which are no difference: project, organisation, region, domain, groups, name.

Each environment's program runs with the same stand-in for such a value in its configuration, so that every remaining
difference has another reason. A value of the other environment, as after copying a line from one stack file to the
other, has no stand-in and is a difference.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, cast

from cli.layout import Stack

Configuration = dict[str, Any]

ENVIRONMENT = "own-environment"
_PROJECT = "own-project"
_REGION = "me-central1"
_DOMAIN = "own-domain.example"
_NUMBER, _ORGANIZATION, _CUSTOMER = "100000000001", "100000000002", "C0000000003"
_OWNER, _OWNER_ID = "own-organization", "100000000004"
# Stand-in that the layers accept as a value, to its text for people; a repository's ID follows from its name.
SHOWN = {
    ENVIRONMENT: "<environment>",
    _PROJECT: "<project>",
    _REGION: "<region>",
    _DOMAIN: "<domain>",
    _NUMBER: "<project number>",
    _ORGANIZATION: "<organization>",
    _CUSTOMER: "<customer>",
    _OWNER: "<organization on GitHub>",
    _OWNER_ID: "<ID of it>",
}


@dataclass(frozen=True)
class _OwnValue:
    """A value of a configuration, with the data that its stand-in depends on.

    Attributes:
        value: the value.
        names: the keys, or indexes of lists, that `*` stands for.
        siblings: the mapping around the value.
    """

    value: str
    names: tuple[str, ...]
    siblings: Mapping[str, Any]


_StandIn = Callable[[_OwnValue], str]


def _always(text: str) -> _StandIn:
    return lambda _: text


def _repository(own: _OwnValue) -> str:
    return f"{_OWNER}/{own.value.partition('/')[2]}"


def _person(address: str) -> str:
    return f"{address.partition('@')[0]}@{_DOMAIN}"


def _repository_id(own: _OwnValue) -> str:
    """Number derived from a repository's name, because the same repository has another ID under another owner."""
    name = str(own.siblings.get("repository", "")).partition("/")[2]
    return f"1{int.from_bytes(sha256(name.encode()).digest()[:5]):013}"


# Keys of the environment's own values in a configuration. `*` is the name of a team, or an index of a list.
_KEYS: dict[str, _StandIn] = {
    "gcp:project": _always(_PROJECT),
    "gcp:region": _always(_REGION),
    "identity:projectNumber": _always(_NUMBER),
    "identity:domain": _always(_DOMAIN),
    "identity:administrators": _always(f"administrators@{_DOMAIN}"),
    "identity:alerts": _always(f"alerts@{_DOMAIN}"),
    "identity:breakGlassGroup": _always(f"break-glass@{_DOMAIN}"),
    "identity:onCall.people.*": lambda own: _person(own.value),
    "identity:breakGlass.people.*": lambda own: _person(own.value),
    "identity:organization.id": _always(_ORGANIZATION),
    "identity:organization.customerId": _always(_CUSTOMER),
    "identity:github.repository": _always(f"{_OWNER}/infrastructure"),
    "identity:github.repositoryId": _always("100000000005"),
    "identity:github.ownerId": _always(_OWNER_ID),
    "identity:teams.*.group": lambda own: _group(own.names[0]),
    "identity:team.group": lambda own: _group(str(own.siblings["name"])),
    "identity:team.builds.*.repository": _repository,
    "identity:team.builds.*.repositoryId": _repository_id,
    "platform:gateway.domain": _always(_DOMAIN),
}
_COMPILED = [(re.compile(re.escape(key).replace(r"\*", r"([^.]+)")), stand_in) for key, stand_in in _KEYS.items()]


def with_stand_ins(
    stack: Stack, configuration: Configuration, foundation: Configuration, teams: Mapping[str, str]
) -> Configuration:
    """Return a stack's configuration with stand-ins for the environment's own values.

    Args:
        stack: the stack of the configuration.
        configuration: full keys to values.
        foundation: the foundation's configuration of the same environment.
        teams: the environment's teams by the addresses of their groups.
    """
    texts = [*_groups(teams), *_texts(stack, foundation)]
    return {key: _replaced(value, key, texts, configuration) for key, value in configuration.items()}


def shown(value: str) -> str:
    """Return a text of a program with names for people in place of the stand-ins."""
    for stand_in, name in SHOWN.items():
        value = value.replace(stand_in, name)
    return value


def _groups(teams: Mapping[str, str]) -> Iterator[tuple[re.Pattern[str], str]]:
    """Patterns of the groups of the environment's teams, which own what the foundation says by their groups."""
    for group, team in teams.items():
        yield re.compile(rf"^{re.escape(group)}$"), _group(team)


def _group(team: str) -> str:
    return f"team-{team}@{_DOMAIN}"


def _texts(stack: Stack, foundation: Mapping[str, Any]) -> Iterator[tuple[re.Pattern[str], str]]:
    """Patterns of values that are parts of other values: a project in an image's address, a domain in a host's name.

    The environment's name is too short a word for that (`pkg.dev` is a domain): it counts only as a whole value.
    """
    yield re.compile(rf"(?<![A-Za-z0-9]){re.escape(stack.gcp_project())}(?![A-Za-z0-9])"), _PROJECT
    own = {"identity:projectNumber": _NUMBER, "gcp:region": _REGION, "identity:domain": _DOMAIN}
    for key, stand_in in own.items():
        if key in foundation:
            yield re.compile(rf"(?<![A-Za-z0-9-]){re.escape(str(foundation[key]))}(?![A-Za-z0-9]|\.[a-z])"), stand_in
    yield re.compile(rf"^{re.escape(stack.environment)}$"), ENVIRONMENT


def _replaced(value: Any, path: str, texts: list[tuple[re.Pattern[str], str]], siblings: Mapping[str, Any]) -> Any:
    if isinstance(value, dict):
        items = cast("Mapping[str, Any]", value)
        return {key: _replaced(below, f"{path}.{key}", texts, items) for key, below in items.items()}
    if isinstance(value, list):
        several = cast("list[Any]", value)
        return [_replaced(item, f"{path}.{index}", texts, {}) for index, item in enumerate(several)]
    # An empty text is the default of a key that the environment's other stack has.
    if not isinstance(value, str) or not value:
        return value
    for key, stand_in in _COMPILED:
        if match := key.fullmatch(path):
            return stand_in(_OwnValue(value, match.groups(), siblings))
    for text, stand_in in texts:
        value = text.sub(stand_in, value)
    return value
