"""Changes of a resource: patches with and without a mask, and replacements.

Each function returns a change of the cloud: the top-level fields to set, from the fields that were declared before.
"""

import copy
from typing import Any, cast

from sandbox.cloud.resources import GUARDS, Change
from sandbox.cloud.store import Json
from sandbox.google import schemas

_FREE_KEYS = ("labels", "userLabels", "annotations")  # maps whose keys are the caller's own


def without_nulls(value: Any) -> Any:
    """Returns a value without null, which in a body means absence."""
    if isinstance(value, dict):
        return {key: without_nulls(item) for key, item in cast("Json", value).items() if item is not None}
    if isinstance(value, list):
        return [without_nulls(item) for item in cast("list[Any]", value)]
    return value


def masked(mask: list[str], body: Json) -> Change:
    """Sets the fields of a mask (https://google.aip.dev/161) as they are in the body; absent ones are removed."""

    def change(declared: Json) -> Json:
        changed: Json = {field: body[field] for field in GUARDS if field in body}
        for path in mask:
            top, *below = _steps(path)
            before: Json = {top: changed[top] if top in changed else copy.deepcopy(declared.get(top))}
            changed[top] = _set(before, [top, *below], _at(body, [top, *below])).get(top)
        return changed

    return change


def _steps(path: str) -> list[str]:
    top, *below = path.split(".")
    top = schemas.camel(top)
    return [top, *(below if top in _FREE_KEYS else map(schemas.camel, below))]


def _at(value: Any, steps: list[str]) -> Any:
    for step in steps:
        value = cast("Json", value).get(step) if isinstance(value, dict) else None
    return without_nulls(value)


def _set(holder: Json, steps: list[str], value: Any) -> Json:
    """Returns an object with the value at a path; None removes it."""
    step, *below = steps
    if below:
        inside = holder.get(step)
        value = _set(dict(cast("Json", inside)) if isinstance(inside, dict) else {}, below, value) or None
    return {key: item for key, item in {**holder, step: value}.items() if item is not None}


def merged(body: Json) -> Change:
    """Lays the body over the resource: objects are merged, null removes (https://www.rfc-editor.org/rfc/rfc7396)."""

    def change(declared: Json) -> Json:
        return {field: merge_patch(declared.get(field), value) for field, value in body.items()}

    return change


def merge_patch(before: Any, after: Any) -> Any:
    """Returns a value with a patch laid over it."""
    if not isinstance(after, dict):
        return without_nulls(after)
    base: Json = dict(cast("Json", before)) if isinstance(before, dict) else {}
    for field, value in cast("Json", after).items():
        base[field] = merge_patch(base.get(field), value)
    return {field: value for field, value in base.items() if value is not None}


def replaced(body: Json) -> Change:
    """Replaces the whole resource; what the body lacks is removed."""

    def change(declared: Json) -> Json:
        return {**dict.fromkeys(declared), **without_nulls(body)}

    return change


def fields_of(body: Json) -> Change:
    """Sets the fields that the body has, whole."""

    def change(declared: Json) -> Json:
        del declared
        return without_nulls(body)

    return change
