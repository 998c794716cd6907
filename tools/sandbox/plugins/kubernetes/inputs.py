"""Inputs of a program, read back from live objects.

A live object has more fields than its inputs: defaults, status, other managers' fields. A refresh compares only fields
that the program declares; an import takes every field that a program can declare.
"""

import base64
from decimal import Decimal
from typing import Any, cast

from sandbox.plugins.protocol import Properties

_SERVER_SET = ("creationTimestamp", "deletionGracePeriodSeconds", "deletionTimestamp", "generation", "managedFields",
               "resourceVersion", "selfLink", "uid")  # fmt: skip
_UNITS = {
    "n": Decimal("1e-9"), "u": Decimal("1e-6"), "m": Decimal("1e-3"), "": Decimal(1),
    "k": Decimal(10**3), "M": Decimal(10**6), "G": Decimal(10**9), "T": Decimal(10**12), "P": Decimal(10**15),
    "Ki": Decimal(2**10), "Mi": Decimal(2**20), "Gi": Decimal(2**30), "Ti": Decimal(2**40), "Pi": Decimal(2**50),
}  # fmt: skip

_ABSENT = object()
_DROPPED: tuple[Any, ...] = (None, "", {}, [], False, 0)  # an empty value is the same as none to the API server


def imported(live: Properties) -> Properties:
    """Return the inputs that a program needs for an object: all fields but those that the API server sets."""
    inputs = {key: value for key, value in live.items() if key != "status"}
    inputs["metadata"] = {key: value for key, value in live["metadata"].items() if key not in _SERVER_SET}
    return inputs


def refreshed(inputs: Properties, live: Properties) -> Properties:
    """Return the declared inputs with the live object's values, without fields that no longer exist."""
    current = dict(live)
    declared = inputs.get("stringData")
    if isinstance(declared, dict):  # write-only: it comes back encoded, as `data`
        encoded: dict[str, str] = live.get("data") or {}
        current["stringData"] = {
            key: base64.b64decode(encoded[key]).decode(errors="replace")
            for key in cast("dict[str, str]", declared)
            if key in encoded
        }
    result: Any = _follow(inputs, current)
    return cast("Properties", result)


def _follow(stated: Any, live: Any) -> Any:
    if isinstance(stated, dict) and isinstance(live, dict):
        now = cast("Properties", live)
        followed = {key: _follow(value, now.get(key, _ABSENT)) for key, value in cast("Properties", stated).items()}
        return {key: value for key, value in followed.items() if value is not _ABSENT}
    if isinstance(stated, list) and isinstance(live, list):
        before, after = cast("list[Any]", stated), cast("list[Any]", live)
        if len(before) == len(after):
            return [_follow(old, new) for old, new in zip(before, after, strict=True)]
        return after
    if live is _ABSENT:
        return cast("Any", stated) if stated in _DROPPED else _ABSENT
    return cast("Any", stated if stated == live or _same_quantity(stated, live) else live)


def _same_quantity(stated: Any, live: Any) -> bool:
    """Return whether two values are the same quantity: the API server writes 1000m as 1, and 1024Mi as 1Gi."""
    one, other = _quantity(stated), _quantity(live)
    return one is not None and one == other


def _quantity(value: Any) -> Decimal | None:
    text = str(value)
    digits = text.rstrip("numkMGTPi")
    unit = text[len(digits) :]
    if isinstance(value, bool) or not digits or unit not in _UNITS or not digits.replace(".", "", 1).isdigit():
        return None
    return Decimal(digits) * _UNITS[unit]
