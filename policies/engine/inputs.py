"""A resource's inputs as plain values, with what cannot be judged made visible.

A rule meets an unknown or a secret like any wrong value: it is none of those that the rule accepts. So a value that a
preview cannot know, or that must not be shown, never lets a resource pass, and no message can contain a secret.
"""

import re
from dataclasses import dataclass, field
from typing import Any, Final, cast


class Unknown:
    """The type of UNKNOWN."""

    def __repr__(self) -> str:
        return "a value that is only known after the update"


UNKNOWN: Final = Unknown()


@dataclass(frozen=True, slots=True)
class Secret:
    """A value that the program marked as secret. Only a rule that has to look inside asks for `value`."""

    value: Any = field(repr=False, compare=False)

    def __repr__(self) -> str:
        return "a secret, which nobody can review"


_NAME = re.compile(r"[\w@.:/\[\]{}*+=,#%&() -]{1,300}")
_CAPITALS = re.compile(r"[A-Z][A-Z_]{2,39}")


def is_open(value: Any) -> bool:
    """Whether a value can be judged: it is neither unknown nor secret."""
    return value is not UNKNOWN and not isinstance(value, Secret)


def at(value: Any, path: str) -> Any:
    """The value at a dotted path of keys: None where nothing is; UNKNOWN or a Secret where it or its parent is one."""
    for key in path.split("."):
        if not is_open(value):
            return value
        if not isinstance(value, dict):
            return None
        value = cast("dict[str, Any]", value).get(key)
    return value


def items(value: Any) -> list[Any]:
    """A list's elements; a list of the value itself for what is no list, so that a loop meets it; nothing for None."""
    if value is None:
        return []
    return cast("list[Any]", value) if isinstance(value, list) else [value]


def mapping(value: Any) -> dict[str, Any]:
    """An object's fields; none for anything else."""
    return cast("dict[str, Any]", value) if isinstance(value, dict) else {}


def number(value: Any) -> float | None:
    """A number, also one written as text; None for anything else."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        return float(value)
    except ValueError:
        return None


def seconds(value: Any) -> float | None:
    """A duration as Google writes it ("86400s") in seconds; None for anything else."""
    return number(value[:-1]) if isinstance(value, str) and value.endswith("s") else None


def shown(value: Any) -> str:
    """A value for a message: only what cannot be a secret, which are booleans, numbers and names in capitals."""
    if value is None:
        return "not set"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int | float):
        return f"{value:g}"
    if not is_open(value) or (isinstance(value, str) and _CAPITALS.fullmatch(value)):
        return str(value)
    return "another value"


def named(value: Any) -> str:
    """A name (of a role, a member, an image, a range) for a message; other texts are not repeated."""
    return value if isinstance(value, str) and _NAME.fullmatch(value) else shown(value)
