"""Corrections of a deployment that is handed back to the engine after an update was interrupted.

The engine alone writes states; `pulumi stack import` takes what these functions return.
"""

from collections.abc import Container, Iterable, Mapping
from typing import Any, cast

Json = dict[str, Any]


def corrected(deployment: Json, adopted: Mapping[str, str]) -> Json:
    """Return a deployment without pending operations, with the interrupted creations that reached the cloud.

    An interrupted replacement marks the replaced resource of the same URN for deletion, as the engine does. Appending
    keeps the order that the engine demands: a creation begins after all its dependencies exist.

    Args:
        deployment: the deployment as exported.
        adopted: IDs of created resources in the cloud, by URN.
    """
    resources = list(_resources(deployment))
    for operation in cast("Iterable[Json]", deployment.get("pending_operations") or ()):
        resource: Json = operation["resource"]
        identifier = adopted.get(resource["urn"])
        same = [other for other in resources if other["urn"] == resource["urn"] and not other.get("delete")]
        if identifier is None or any(other.get("id") == identifier for other in same):
            continue
        for other in same:
            other["delete"] = True
        resources.append({**resource, "id": identifier})
    return {**deployment, "resources": resources, "pending_operations": []}


def without(deployment: Json, urns: Container[str]) -> Json:
    """Return a deployment without the resources of these URNs."""
    return {**deployment, "resources": [resource for resource in _resources(deployment) if resource["urn"] not in urns]}


def _resources(deployment: Json) -> Iterable[Json]:
    return cast("Iterable[Json]", deployment.get("resources") or ())
