"""Inputs of a resource as the cloud has them: from a refresh, which has inputs, outputs, and paths that differ.

The engine goes on with inputs that only have what was an input before, a list with as many elements as it had: the
vendor's gcp provider leaves a permission that somebody added to a role out of them, or puts it in place of another one.
The outputs are whole. They are believed where the provider says that the cloud differs, and nowhere else, since they
also have what Google and Kubernetes fill in.
"""

import re
from collections.abc import Iterable, Mapping
from typing import Any, Final, cast

from engine.values import HIDDEN

_STEP: Final = re.compile(r'\["(?P<key>(?:[^"\\]|\\.)*)"\]|\[(?P<index>\d+)\]|(?P<name>[^.\[\]]+)')


def root(path: str) -> str:
    """Return the property that a path is in."""
    return next(iter(_steps(path)), "")


def inputs(refreshed: Mapping[str, Any], outputs: Mapping[str, Any], different: Iterable[str]) -> dict[str, Any]:
    """Return the inputs as the cloud has them.

    Args:
        refreshed: inputs as the engine goes on with them.
        outputs: outputs of the refresh.
        different: paths in which the cloud differs from the state.
    """
    found: Any = dict(refreshed)
    for path in different:
        steps = _steps(path)
        if steps and not steps[0].startswith("__") and steps[0] in outputs:
            found = _corrected(found, outputs, steps)
    return found


def _steps(path: str) -> list[str]:
    return [match["key"] or match["index"] or match["name"] or "" for match in _STEP.finditer(path)]


def _corrected(given: Any, live: Any, steps: list[str]) -> Any:
    """Return a value with what the cloud has at a path."""
    if live == HIDDEN:
        return given
    if isinstance(live, list):
        return _elements(given, cast("list[Any]", live), steps)
    if not isinstance(live, Mapping):
        return live
    if not isinstance(given, Mapping):
        return dict(cast("Mapping[str, Any]", live)) if given is None else given
    known, present = dict(cast("Mapping[str, Any]", given)), cast("Mapping[str, Any]", live)
    if not steps:
        return known
    if present.get(steps[0]) is None:
        known.pop(steps[0], None)
    else:
        known[steps[0]] = _corrected(known.get(steps[0]), present[steps[0]], steps[1:])
    return known


def _elements(given: Any, live: list[Any], steps: list[str]) -> Any:
    """Return a list with the elements that the cloud has; those that were known keep to what was declared of them."""
    known = cast("list[Any]", given) if isinstance(given, list) else []
    if not any(isinstance(element, Mapping) for element in live):
        return live if HIDDEN not in live else cast("object", given)
    # The known elements are in the order of the outputs, from which the refresh made them.
    elements = [*known[: len(live)], *live[len(known) :]]
    index = int(steps[0]) if steps and steps[0].isdigit() else len(live)
    if index < min(len(known), len(live)):
        elements[index] = _corrected(known[index], live[index], steps[1:])
    return elements
