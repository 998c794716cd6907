"""Verdicts on changes of inputs against the vendor's; collected where they are at hand (see conftest.py).

The record has no inputs, only the place and the kind of each change to what a finished run of the layers had.
"""

import copy
import re
from pathlib import Path
from typing import Any, cast

import pytest
import yaml

import oracles
from sandbox.plugins.gcp.provider import GcpProvider
from sandbox.plugins.protocol import Properties, Resource

_ROWS: list[dict[str, str]] = oracles.read(oracles.CHANGES)["rows"]
_INPUTS: dict[str, Properties] = {row["type"]: row["inputs"] for row in oracles.read(oracles.VERDICTS)["valid"]}
# The changes were made on other resources of these types.
_OTHERS: dict[str, Properties] = {
    "gcp:compute/firewall:Firewall": {
        "allows": [{"protocol": "tcp", "ports": ["3307", "5432"]}],
        "description": "To the databases",
        "destinationRanges": ["10.64.0.0/20"],
        "direction": "EGRESS",
        "name": "main-egress-databases",
        "network": _INPUTS["gcp:compute/firewall:Firewall"]["network"],
        "priority": 1000,
        "project": _INPUTS["gcp:compute/firewall:Firewall"]["project"],
    },
    "gcp:iam/workloadIdentityPoolProvider:WorkloadIdentityPoolProvider": {
        **_INPUTS["gcp:iam/workloadIdentityPoolProvider:WorkloadIdentityPoolProvider"],
        "attributeMapping": {"google.subject": "assertion.sub", "attribute.build": "assertion.ref"},
    },
}
_DIFFERENCES: dict[tuple[str, str], str] = {
    (row["type"], row["change"]): row["ours"]
    for row in yaml.safe_load((Path(__file__).parent / "differences.yaml").read_text())["changes"]
}


@pytest.mark.parametrize("row", _ROWS, ids=[f"{row['type']}: {row['change']}" for row in _ROWS])
def test_a_change_is_what_it_is_to_the_vendor(provider: GcpProvider, row: dict[str, str]) -> None:
    token, change = row["type"], row["change"]
    before = _OTHERS.get(token, _INPUTS[token])
    expected = _DIFFERENCES.get((token, change), row["verdict"].partition(":")[0])
    assert _verdict(provider, token, before, _changed(before, change)) == expected


def test_a_listed_difference_is_one() -> None:
    verdicts = {(row["type"], row["change"]): row["verdict"] for row in _ROWS}
    assert _DIFFERENCES.keys() <= verdicts.keys()
    assert all(verdicts[row] != ours for row, ours in _DIFFERENCES.items())


def _verdict(provider: GcpProvider, token: str, before: Properties, after: Properties) -> str:
    resource = Resource("", token, "x", "id")
    old, _ = provider.check(resource, {}, before, b"seed")
    new, problems = provider.check(resource, before, after, b"seed")
    if problems:
        return "refused"
    difference = provider.diff(resource, old, old, new)
    if not difference.replaces:
        return "update" if difference.changes else "none"
    causes = sorted({re.split(r"[.\[]", path)[0] for path in difference.replaces})
    return f"replace {', '.join(causes)}{' (delete first)' if difference.delete_first else ''}"


def _changed(inputs: Properties, change: str) -> Properties:
    """Returns inputs with the change of a row, such as "settings.tier removed"."""
    changed = copy.deepcopy(inputs)
    if change == "unchanged":
        return changed
    path, _, how = change.rpartition(" ")
    *above, last = path.split(".")
    holder: Any = changed
    for step in above:  # the record takes every dot for a step, also those in the keys of maps
        holder = cast("Any", holder[int(step)] if isinstance(holder, list) else holder.setdefault(step, {}))
    value = _value(inputs, path)
    if how == "removed":
        holder.pop(last, None)
    else:
        holder[last] = _other(value)
    return changed


def _value(holder: Any, path: str) -> Any:
    """Returns the value at a path, in which a dot can also be one of a map's key."""
    if isinstance(holder, list):
        step, _, below = path.partition(".")
        return _value(cast("list[Any]", holder)[int(step)], below)
    for key, value in cast("Properties", holder).items():
        if key == path:
            return value
        if path.startswith(f"{key}."):
            return _value(value, path.removeprefix(f"{key}."))
    raise AssertionError(f"{path} is in no input")


def _other(value: Any) -> Any:
    """Returns the value that the record had instead of another."""
    if isinstance(value, bool):
        return not value
    if isinstance(value, (int, float)):
        return value + 1
    if re.fullmatch(r"\d+s", value):
        return f"{int(value[:-1]) + 86_400}s"
    if value.count("/") == 1:
        return "10.200.0.0/20"
    return f"{value[:-1]}{'b' if value.endswith('a') else 'a'}"
