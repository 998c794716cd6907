"""Values that the provider takes for the same: a change from one to the other is no change."""

import ipaddress
import json
import re
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import datetime
from typing import Any

from sandbox.cloud.references import relative
from sandbox.plugins.gcp import paths
from sandbox.plugins.protocol import Properties

Comparison = Callable[[Any, Any], bool]

_SECONDS: Mapping[str, float] = {
    "ns": 1e-9,
    "us": 1e-6,
    "µs": 1e-6,
    "ms": 1e-3,
    "s": 1,
    "m": 60,
    "h": 3600,
    "d": 86_400,
}
_ENCRYPTED = {"ENCRYPTED", "ALL_OBJECTS_ENCRYPTION_ENABLED"}  # both: the cluster's version decides which is read back


def same(name: str, before: Any, after: Any, inputs: Properties) -> bool:
    """Returns whether two different values are the same to the comparison of a name."""
    with suppress(
        TypeError, ValueError, AttributeError, RecursionError
    ):  # a value of a wrong type is refused elsewhere
        if name in _UNDER_A_SETTING and not _UNDER_A_SETTING[name](inputs):
            return False
        return _COMPARISONS[name](before, after)
    return False


def _on_texts(of: Callable[[str], Any]) -> Comparison:
    """Returns the comparison of what a function makes of both texts."""
    return lambda before, after: of(before) == of(after)


def _link(before: str, after: str) -> bool:
    """Returns whether two references name the same resource; the later may be its short name."""
    return relative(before) == relative(after) or ("/" not in after and _last(before) == after)


def _member(before: str, after: str) -> bool:
    """Returns whether two members are the same: addresses in any case, principals of a pool exactly."""
    return not any("principal" in member for member in (before, after)) and before.lower() == after.lower()


def _last(text: str) -> str:
    return text.rpartition("/")[2]


def _without_project(text: str) -> str:
    return re.sub(r"projects/[^/]+", "projects/-", text)


def _seconds(text: str) -> float:
    parts = re.findall(r"([0-9.]+)(ns|us|µs|ms|s|m|h|d)", text)
    if not parts or "".join(number + unit for number, unit in parts) != text:
        raise ValueError(text)
    return round(sum(float(number) * _SECONDS[unit] for number, unit in parts), 9)


def _by_number(before: str, after: str) -> bool:
    """Returns whether two references differ in the project alone, which Google names by its number."""
    return re.search(r"projects/\d+", before) is not None and _without_project(before) == _without_project(after)


def _always(before: Any, after: Any) -> bool:
    """Returns true: what a setting decides cannot be changed by a program."""
    del before, after
    return True


_COMPARISONS: Mapping[str, Comparison] = {
    "address": _on_texts(ipaddress.ip_interface),
    "autopilot": _always,
    "capitals": _on_texts(str.upper),  # the provider keeps the text in capital letters
    "case": _on_texts(lambda text: text.replace("-", "_").upper()),
    "duration": _on_texts(_seconds),
    "encrypted": lambda before, after: {before, after} <= _ENCRYPTED,
    "everywhere": lambda before, after: before == ["0.0.0.0/0"] and not after,
    "grown": lambda before, after: after < before,  # a disk that Google enlarged
    "json": _on_texts(json.loads),
    "last-part": _on_texts(_last),
    "link": _link,
    "link-by-number": _by_number,
    "member": _member,
    "off": lambda before, after: after is None and before == {"enabled": False},
    "once-true": lambda before, _: bool(before is True),
    "padded": _on_texts(lambda text: text.zfill(5)),
    "size": lambda before, after: after.startswith("/") and before.endswith(after),
    "spaces": _on_texts(str.strip),
    "timestamp": _on_texts(datetime.fromisoformat),
}
NAMES = frozenset(_COMPARISONS)
# Comparisons that count only where the inputs have a setting.
_UNDER_A_SETTING: Mapping[str, Callable[[Properties], bool]] = {
    "autopilot": lambda inputs: inputs.get("enableAutopilot") is True,
    "grown": lambda inputs: paths.take(inputs, "settings.diskAutoresize") is not False,
}
