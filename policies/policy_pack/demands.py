"""The most frequent check: one input has to have one of some values."""

from collections.abc import Iterable, Iterator
from typing import Any

from engine.inputs import at, number, shown


def demand(inputs: dict[str, Any], path: str, wanted: bool | str | Iterable[str], risk: str) -> Iterator[str]:
    """A violation unless the input at a path is (one of) what is wanted; an absent, unknown or secret one is not.

    Args:
        inputs: of the resource, or a part of them.
        path: dotted.
        wanted: the accepted values.
        risk: what could happen otherwise, as a sentence.
    """
    accepted = [wanted] if isinstance(wanted, bool | str) else list(wanted)
    found = at(inputs, path)
    if not any(type(found) is type(value) and found == value for value in accepted):
        yield f"{path} is {shown(found)}: {risk} Set it to {' or '.join(_written(value) for value in accepted)}."


def absent(inputs: dict[str, Any], path: str, risk: str) -> Iterator[str]:
    """A violation when there is anything at a path but an explicit no."""
    found = at(inputs, path)
    if found not in (None, False, "", []):
        yield f"{path} is {shown(found)}: {risk} Remove it."


def at_least(inputs: dict[str, Any], path: str, least: float, risk: str) -> Iterator[str]:
    """A violation unless there is a number at a path, and it is large enough."""
    found = at(inputs, path)
    value = number(found)
    if value is None or value < least:
        yield f"{path} is {shown(found if value is None else value)}: {risk} Set it to {least:g} or more."


def _written(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
