"""Pending operations of a state: resources that an interrupted update may have made."""

from dataclasses import dataclass

from cli.pulumi.identifiers import identifier
from engine.states import Pending, Resource

# The result of an interrupted import, which a person began with the engine, is as uncertain as that of a creation.
UNCERTAIN = ("creating", "importing")


@dataclass(frozen=True)
class UncertainResource:
    """A resource that an interrupted operation may have made, with its ID in the cloud if it exists."""

    resource: Resource
    id: str


def uncertain(entry: Pending) -> UncertainResource | None:
    """Resource that an interrupted operation may have made; None when it makes none, or the ID is unknown."""
    resource_id = identifier(entry.resource.type, entry.resource.inputs) if entry.operation in UNCERTAIN else None
    return UncertainResource(entry.resource, resource_id) if resource_id else None
