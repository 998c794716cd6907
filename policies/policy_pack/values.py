"""A resource's inputs as plain values, with what a preview cannot know yet made visible.

The SDK raises when a rule touches an unknown value, and then lets the run pass with an advisory. Here an unknown is a
value of its own, which every rule meets like any wrong value: nothing passes unseen.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final, cast

from pulumi_policy.proxy import UnknownValueError


class Unknown:
    """The type of UNKNOWN."""

    def __repr__(self) -> str:
        return "a value that is only known after the update"


UNKNOWN: Final = Unknown()


def plain(value: Any) -> Any:
    """Nested dictionaries and lists without the SDK's guards; UNKNOWN where the guard would raise."""
    if isinstance(value, Mapping):
        guarded = cast("Mapping[str, Any]", value)
        return {key: _entry(guarded, key) for key in guarded}
    if isinstance(value, Sequence) and not isinstance(value, str | bytes):
        elements = cast("Sequence[Any]", value)
        return [_entry(elements, index) for index in range(len(elements))]
    return value


def _entry(container: Any, key: str | int) -> Any:
    try:
        return plain(container[key])
    except UnknownValueError:
        return UNKNOWN


def at(value: Any, path: str) -> Any:
    """What is at a dotted path of keys: None where nothing is, UNKNOWN where it or something above it is unknown."""
    for key in path.split("."):
        if value is UNKNOWN or not isinstance(value, dict):
            return value if value is UNKNOWN else None
        value = cast("dict[str, Any]", value).get(key)
    return value


def items(value: Any) -> list[Any]:
    """A list's elements; [UNKNOWN] for an unknown list, so that a loop meets it; nothing for an absent one."""
    if value is None:
        return []
    return cast("list[Any]", value) if isinstance(value, list) else [UNKNOWN]


def shown(value: Any) -> str:
    """A value for a message: only what cannot be a secret, which are booleans and names in capitals, as of modes."""
    if value is None:
        return "not set"
    if isinstance(value, bool):
        return str(value).lower()
    if value is UNKNOWN or (isinstance(value, str) and re.fullmatch(r"[A-Z][A-Z_]{2,39}", value)):
        return str(value)
    return "another value"
