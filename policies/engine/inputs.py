"""A resource's inputs as plain values, with markers for unknown and secret ones.

To a rule an unknown or a secret is a wrong value, since it is none that the rule accepts. So a value that a preview
cannot know, or that must not be shown, never lets a resource pass, and no message can contain a secret.
"""

import math
import re
from dataclasses import dataclass, field
from typing import Any, Final, cast


class Unknown:
    """Type of UNKNOWN."""

    def __repr__(self) -> str:
        return "a value that is only known after the update"


UNKNOWN: Final = Unknown()


@dataclass(frozen=True, slots=True)
class Secret:
    """Value that the program marked as secret. Only a rule that has to read the secret uses `value`."""

    value: Any = field(repr=False, compare=False)

    def __repr__(self) -> str:
        return "a secret, which nobody can review"


_NAME = re.compile(r"[\w@.:/\[\]{}*+=,#%&() -]{1,300}")
_NUMBER = re.compile(r"[+-]?[0-9]+(\.[0-9]+)?")
_CAPITALS = re.compile(r"[A-Z][A-Z_]{2,39}")


def is_open(value: Any) -> bool:
    """Return whether a value can be evaluated: it is neither unknown nor secret."""
    return value is not UNKNOWN and not isinstance(value, Secret)


def at(value: Any, path: str) -> Any:
    """Return the value at a dotted path: None without one; UNKNOWN or a Secret where it or a parent is one."""
    for key in path.split("."):
        if not is_open(value):
            return value
        if not isinstance(value, dict):
            return None
        value = cast("dict[str, Any]", value).get(key)
    return value


def items(value: Any) -> list[Any]:
    """Return the elements of a list; for another value a list of it, so that a loop meets it; for None no element."""
    if value is None:
        return []
    return cast("list[Any]", value) if isinstance(value, list) else [value]


def mapping(value: Any) -> dict[str, Any]:
    """Return the fields of an object; none for any other value."""
    return cast("dict[str, Any]", value) if isinstance(value, dict) else {}


def number(value: Any) -> float | None:
    """Return a number, which may be written as text in digits; None for any other value.

    Texts that Python reads as numbers, such as "nan", "1_0" or digits of other scripts, are none: nothing is less and
    nothing more than not a number, so that it would be within every limit.
    """
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    if isinstance(value, str) and not _NUMBER.fullmatch(value):
        return None
    given = float(value)
    return given if math.isfinite(given) else None


def seconds(value: Any) -> float | None:
    """Convert a duration of Google's form ("86400s") to seconds; None for any other value."""
    return number(value[:-1]) if isinstance(value, str) and value.endswith("s") else None


def shown(value: Any) -> str:
    """Format a value for a message: only booleans, numbers and names in capitals, which cannot be secrets."""
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
    """Format a name (of a role, a member, an image, a range) for a message; other texts are not repeated."""
    return value if isinstance(value, str) and _NAME.fullmatch(value) else shown(value)
