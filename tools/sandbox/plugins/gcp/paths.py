"""Dotted paths in bodies and inputs, and how what was declared and what the API has are laid over one another."""

from typing import Any, cast

from sandbox.plugins.protocol import Properties


def move(body: Properties, source: str, target: str) -> None:
    """Moves the value at a dotted path to another; nothing where there is no value."""
    *above, last = source.split(".")
    holder = take(body, ".".join(above)) if above else body
    if not isinstance(holder, dict) or last not in holder:
        return
    value = cast("Properties", holder).pop(last)
    *above, last = target.split(".")
    for step in above:
        body = body.setdefault(step, {})
    body[last] = value


def take(body: Any, path: str) -> Any:
    """The value at a dotted path; None where there is none."""
    for step in path.split("."):
        if not isinstance(body, dict):
            return None
        body = cast("Properties", body).get(step)
    return body


def filled(declared: Any, present: Any) -> Any:
    """A declared value with the fields that the API added to it."""
    if not isinstance(declared, dict) or not isinstance(present, dict):
        return cast("Any", declared)
    wanted, found = cast("Properties", declared), cast("Properties", present)
    return {**found, **{key: filled(value, found.get(key)) for key, value in wanted.items()}}


def restricted(declared: Any, present: Any) -> Any:
    """A present value without what the declaration leaves to the API; the declared one where there is none."""
    if present is None:
        return declared
    if not isinstance(declared, dict) or not isinstance(present, dict):
        return present
    wanted, found = cast("Properties", declared), cast("Properties", present)
    return {key: restricted(value, found.get(key)) for key, value in wanted.items()}
