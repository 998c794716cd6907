"""Fields of an object that the program leaves to others, by `ignoreChanges`: whose they are, and what is sent of them.

An apply removes the fields of its manager that it no longer has, and the API server then sets a default: a Deployment
without `replicas` has one pod. So a field that is the manager's own is sent as the cluster has it. One that is another
manager's alone is left out: to send it would be a conflict, or would take it. The vendor's plugin does the same
(`handleSSAIgnoreFields`), and like it this takes plain paths only, without elements of lists.
"""

import copy
from collections.abc import Iterable
from typing import Any, cast

from sandbox.plugins.protocol import Properties

_ABSENT = object()


def kept(inputs: Properties, live: Properties, ignored: Iterable[str], manager: str) -> Properties:
    """Return the inputs of an apply, with ignored fields as they are in the cluster.

    Args:
        inputs: inputs of the program.
        live: the object as the cluster has it.
        ignored: paths of the fields, such as "spec.replicas".
        manager: the field manager of the apply.
    """
    result = copy.deepcopy(inputs)
    records: list[Properties] = live["metadata"].get("managedFields") or []
    for path in ignored:
        keys = path.split(".")
        owners = {str(record["manager"]) for record in records if _has(record.get("fieldsV1"), keys)}
        value = _at(live, keys)
        if owners and manager not in owners:
            _remove(result, keys)
        elif value is not _ABSENT:
            _set(result, keys, value)
    return result


def _has(fields: Any, keys: Iterable[str]) -> bool:
    return _at(fields, [f"f:{key}" for key in keys]) is not _ABSENT


def _at(node: Any, keys: Iterable[str]) -> Any:
    for key in keys:
        if not isinstance(node, dict) or key not in node:
            return _ABSENT
        node = cast("Properties", node)[key]
    return node


def _remove(node: Properties, keys: list[str]) -> None:
    holder = _at(node, keys[:-1])
    if isinstance(holder, dict):
        cast("Properties", holder).pop(keys[-1], None)


def _set(node: Properties, keys: list[str], value: Any) -> None:
    for key in keys[:-1]:
        node = node.setdefault(key, {})
    node[keys[-1]] = copy.deepcopy(value)
