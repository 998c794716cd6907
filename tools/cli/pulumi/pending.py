"""Pending operations of a state: what an interrupted update may have made, and a state that takes it in."""

from dataclasses import dataclass
from typing import Any, cast

from cli.pulumi.identifiers import identifier
from cli.state import Pending, Resource

# An adoption that a person began with the engine and that was interrupted is as uncertain as a creation.
UNCERTAIN = ("creating", "importing")
_UNFINISHED = "its creation was interrupted before it was ready"


@dataclass(frozen=True)
class Identity:
    """A resource, and the ID that it has in the cloud if it exists."""

    resource: Resource
    id: str


def uncertain(entry: Pending) -> Identity | None:
    """What an interrupted operation may have made, and what it is called then; None for nothing, or nobody knows."""
    found = identifier(entry.resource.type, entry.resource.inputs) if entry.operation in UNCERTAIN else None
    return Identity(entry.resource, found) if found else None


def corrected(deployment: dict[str, Any], adopted: dict[str, str]) -> dict[str, Any]:
    """An exported deployment without pending operations, with the resources adopted under those IDs.

    A resource that was being created in place of another of the same URN makes that one obsolete, as the engine does.
    Appending keeps the order that the engine demands: a creation begins when all that it depends on is there.
    """
    resources = cast("list[dict[str, Any]]", deployment.get("resources") or []).copy()
    for operation in cast("list[dict[str, Any]]", deployment.get("pending_operations") or []):
        resource: dict[str, Any] = operation["resource"]
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
    """Whether a creation of that type goes on after the object is there, until it is ready.

    A refresh would take such an object for complete; marked as unfinished, it is updated, and awaited, by the next
    update.
    """
    return kind.startswith("kubernetes:")
