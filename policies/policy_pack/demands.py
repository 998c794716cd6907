"""Checks of one input: that it has a permitted value, is absent, or is large enough."""

import math
from collections.abc import Iterable, Iterator
from typing import Any

from engine.inputs import at, number, shown


def demand(inputs: dict[str, Any], path: str, permitted: bool | str | Iterable[str], risk: str) -> Iterator[str]:
    """Yield a violation unless an input has a permitted value; an absent, unknown or secret input has none.

    Args:
        inputs: inputs of the resource, or a part of them.
        path: dotted path of the input.
        permitted: the permitted values.
        risk: consequence of any other value, as a sentence.
    """
    accepted = [permitted] if isinstance(permitted, bool | str) else list(permitted)
    given = at(inputs, path)
    if not any(type(given) is type(value) and given == value for value in accepted):
        yield f"{path} is {shown(given)}: {risk} Set it to {' or '.join(_written(value) for value in accepted)}."


def absent(inputs: dict[str, Any], path: str, risk: str) -> Iterator[str]:
    """Yield a violation where an input has a value other than an explicit no."""
    given = at(inputs, path)
    if given not in (None, False, "", []):
        yield f"{path} is {shown(given)}: {risk} Remove it."


def at_least(inputs: dict[str, Any], path: str, least: float, risk: str, *, most: float = math.inf) -> Iterator[str]:
    """Yield a violation unless an input is a number, large enough, and no larger than Google takes."""
    given = at(inputs, path)
    value = number(given)
    if value is None or value < least:
        yield f"{path} is {shown(given if value is None else value)}: {risk} Set it to {least:g} or more."
    elif value > most:
        yield f"{path} is {value:g}: Google refuses more than {most:g}. Set it to that or less."


def _written(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
