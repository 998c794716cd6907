"""Corrections of a deployment that is handed back to the engine after an update was interrupted.

The engine alone writes states; `pulumi stack import` takes what these functions return.
"""

from collections.abc import Container, Iterable, Mapping
from typing import Any, cast

Json = dict[str, Any]

_UNFINISHED = "its creation was interrupted before it was ready"


def corrected(deployment: Json, adopted: Mapping[str, str]) -> Json:
    """A deployment without pending operations, with the interrupted creations that reached the cloud.

    A resource that was being created in place of another of the same URN makes that one obsolete, as the engine does.
    Appending keeps the order that the engine demands: a creation begins when all that it depends on is there.

    Args:
        deployment: as exported.
        adopted: IDs in the cloud of what exists, by URN.
    """
    resources = list(_resources(deployment))
    for operation in cast("Iterable[Json]", deployment.get("pending_operations") or ()):
        resource: Json = operation["resource"]
        identifier = adopted.get(resource["urn"])
        same = [each for each in resources if each["urn"] == resource["urn"] and not each.get("delete")]
        if identifier is None or any(each.get("id") == identifier for each in same):
            continue
        for each in same:
            each["delete"] = True
        unfinished = {"initErrors": [_UNFINISHED]} if is_awaited(resource["type"]) else {}
        resources.append({**resource, "id": identifier, **unfinished})
    return {**deployment, "resources": resources, "pending_operations": []}


def is_awaited(kind: str) -> bool:
    """Return whether a creation of that type goes on after the object is there, until the object is ready.

    A refresh would take such an object for complete; marked as unfinished, it is updated, and awaited, by the next
    update.
    """
    return kind.startswith("kubernetes:")


def without(deployment: Json, urns: Container[str]) -> Json:
    """A deployment without the resources of these URNs."""
    return {**deployment, "resources": [each for each in _resources(deployment) if each["urn"] not in urns]}


def _resources(deployment: Json) -> Iterable[Json]:
    return cast("Iterable[Json]", deployment.get("resources") or ())
