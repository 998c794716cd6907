"""The data that the pages' scripts read: a compact list of all resources, and their details in chunks.

A list of 10,000 resources is one script of about two megabytes. Properties are needed only when somebody opens a
resource, so they are in chunks of their own.
"""

from collections.abc import Sequence
from typing import Any

from cli.portal.answers import Answers
from cli.portal.site import Site
from cli.portal.stack_states import Resource, users

CHUNK = 200


def inventory(site: Site, answers: Answers) -> str:
    """Add the list and the details to the site; return the list's file.

    The list has `[urn, type, stack, owner, flags, modified, id]` per resource. Type, stack and owner are indexes of
    the lists of words beside it; flags is the sum of 1 for protected and 2 for managed by a provider.
    """
    resources = answers.resources
    types, stacks, owners = _Words(), _Words(), _Words()
    rows = [
        [
            resource.urn,
            types.index(resource.type),
            stacks.index(resource.stack.title),
            owners.index(resource.owner),
            resource.state.protect + 2 * resource.state.custom,
            resource.modified,
            resource.state.id,
        ]
        for resource in resources
    ]
    used_by = users(resources)
    chunks = [
        site.data(f"details-{number}", [_details(resource, used_by.get(resource.urn, [])) for resource in chunk])
        for number, chunk in enumerate(_chunks(resources))
    ]
    document: dict[str, Any] = {
        "rows": rows,
        "types": types.listed,
        "stacks": stacks.listed,
        "owners": owners.listed,
        "chunks": chunks,
        "chunk": CHUNK,
    }
    return site.data("inventory", document)


def _chunks(resources: Sequence[Resource]) -> list[Sequence[Resource]]:
    return [resources[start : start + CHUNK] for start in range(0, len(resources), CHUNK)]


def _details(resource: Resource, used_by: Sequence[str]) -> dict[str, Any]:
    details = {
        "created": resource.created,
        "source": resource.source,
        "parent": resource.parent,
        "uses": sorted(resource.state.uses),
        "usedBy": used_by,
        "properties": resource.properties,
    }
    return {key: value for key, value in details.items() if value}


class _Words:
    """A list of words with the index of each."""

    def __init__(self) -> None:
        self._indexes: dict[str, int] = {}

    def index(self, word: str) -> int:
        """Return the index of a word; add the word when it is new."""
        return self._indexes.setdefault(word, len(self._indexes))

    @property
    def listed(self) -> list[str]:
        """All words, in the order of their indexes."""
        return list(self._indexes)
