"""Pending operations of a state: resources that an interrupted update may have made."""

from dataclasses import dataclass

from cli.pulumi.identifiers import identifier
from engine.states import Pending, Resource

# An adoption that a person began with the engine and that was interrupted is as uncertain as a creation.
UNCERTAIN = ("creating", "importing")


@dataclass(frozen=True)
class UncertainResource:
    """A resource, and the ID that it has in the cloud if it exists."""

    resource: Resource
    id: str


def uncertain(entry: Pending) -> UncertainResource | None:
    """What an interrupted operation may have made, and what it is called then; None for nothing, or nobody knows."""
    resource_id = identifier(entry.resource.type, entry.resource.inputs) if entry.operation in UNCERTAIN else None
    return UncertainResource(entry.resource, resource_id) if resource_id else None
