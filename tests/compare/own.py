"""Values that are an environment's own, and so no difference: project, organisation, region, domain, groups, name.

Each environment's program runs with the same stand-in where its configuration has such a value, so that whatever still
differs differs for another reason. A value of the other environment, as after copying a line from one stack file to
the other, has no stand-in and is a difference.
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
_REGION = "own-region1"
_DOMAIN = "own-domain.example"
_NUMBER, _ORGANIZATION, _CUSTOMER = "100000000001", "100000000002", "C0000000003"
_OWNER, _OWNER_ID = "own-organization", "100000000004"
# A stand-in that the layers accept as a value, and how it is shown; a repository's ID follows from its name.
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
class _Place:
    """A value of a configuration, with what its stand-in depends on.

    Attributes:
        value: as it is.
        names: the keys, or places in lists, that `*` stands for.
        siblings: the mapping that it is in.
    """

    value: str
    names: tuple[str, ...]
    siblings: Mapping[str, Any]


_StandIn = Callable[[_Place], str]


def _always(text: str) -> _StandIn:
    return lambda _: text


def _repository(place: _Place) -> str:
    return f"{_OWNER}/{place.value.partition('/')[2]}"


def _repository_id(place: _Place) -> str:
    """A number for a repository's name: under another owner the same repository has another ID."""
    name = str(place.siblings.get("repository", "")).partition("/")[2]
    return f"1{int.from_bytes(sha256(name.encode()).digest()[:5]):013}"


# Where a configuration names what is its environment's own. `*` is the name of a team, or the place in a list.
_KEYS: dict[str, _StandIn] = {
    "gcp:project": _always(_PROJECT),
    "gcp:region": _always(_REGION),
    "identity:projectNumber": _always(_NUMBER),
    "identity:domain": _always(_DOMAIN),
    "identity:administrators": _always(f"administrators@{_DOMAIN}"),
    "identity:alerts": _always(f"alerts@{_DOMAIN}"),
    "identity:breakGlass.group": _always(f"break-glass@{_DOMAIN}"),
    "identity:organization.id": _always(_ORGANIZATION),
    "identity:organization.customerId": _always(_CUSTOMER),
    "identity:github.repository": _always(f"{_OWNER}/infrastructure"),
    "identity:github.repositoryId": _always("100000000005"),
    "identity:github.ownerId": _always(_OWNER_ID),
    "identity:teams.*.group": lambda place: f"team-{place.names[0]}@{_DOMAIN}",
    "identity:teams.*.builds.*.repository": _repository,
    "identity:teams.*.builds.*.repositoryId": _repository_id,
    "platform:gateway.domain": _always(_DOMAIN),
}
_COMPILED = [(re.compile(re.escape(key).replace(r"\*", r"([^.]+)")), stand_in) for key, stand_in in _KEYS.items()]


def with_stand_ins(stack: Stack, configuration: Configuration, identity: Configuration) -> Configuration:
    """A stack's configuration with a stand-in for each value that is its environment's own.

    Args:
        stack: whose configuration it is.
        configuration: full keys to values.
        identity: the identity layer's configuration of the same environment.
    """
    texts = list(_texts(stack, identity))
    return {key: _replaced(value, key, texts, configuration) for key, value in configuration.items()}


def shown(value: str) -> str:
    """A text of a program, with its stand-ins as a reader understands them."""
    for stand_in, name in SHOWN.items():
        value = value.replace(stand_in, name)
    return value


def _texts(stack: Stack, identity: Mapping[str, Any]) -> Iterator[tuple[re.Pattern[str], str]]:
    """Values that are part of others: a project in an image's address, a domain in a host's name.

    The environment's name is too short a word to be taken for one wherever it is (`pkg.dev` is a domain): it is where a
    value is nothing else.
    """
    yield re.compile(rf"(?<![A-Za-z0-9]){re.escape(stack.gcp_project())}(?![A-Za-z0-9])"), _PROJECT
    own = {"identity:projectNumber": _NUMBER, "gcp:region": _REGION, "identity:domain": _DOMAIN}
    for key, stand_in in own.items():
        if key in identity:
            yield re.compile(rf"(?<![A-Za-z0-9-]){re.escape(str(identity[key]))}(?![A-Za-z0-9]|\.[a-z])"), stand_in
    yield re.compile(rf"^{re.escape(stack.environment)}$"), ENVIRONMENT


def _replaced(value: Any, path: str, texts: list[tuple[re.Pattern[str], str]], siblings: Mapping[str, Any]) -> Any:
    if isinstance(value, dict):
        items = cast("Mapping[str, Any]", value)
        return {key: _replaced(below, f"{path}.{key}", texts, items) for key, below in items.items()}
    if isinstance(value, list):
        several = cast("list[Any]", value)
        return [_replaced(each, f"{path}.{place}", texts, {}) for place, each in enumerate(several)]
    if not isinstance(value, str):
        return value
    for key, stand_in in _COMPILED:
        if found := key.fullmatch(path):
            return stand_in(_Place(value, found.groups(), siblings))
    for text, stand_in in texts:
        value = text.sub(stand_in, value)
    return value
