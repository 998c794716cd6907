"""The data that the pages' scripts read: a compact list of all resources, and their details in chunks.

A list of 10,000 resources is one script of about two megabytes; properties are read only when somebody opens a
resource, so they lie in chunks of their own.
"""

from collections.abc import Sequence
from typing import Any

from cli.portal.answers import Answers
from cli.portal.held import Resource, users
from cli.portal.site import Site

CHUNK = 200


def inventory(site: Site, answers: Answers) -> str:
    """Add the list and the details; return the list's file.

    The list: `[urn, type, stack, owner, flags, modified, id]` per resource, where type, stack and owner are places in
    the lists of words beside it, and flags add 1 for protected and 2 for managed by a provider.
    """
    resources = answers.resources
    types, stacks, owners = _Words(), _Words(), _Words()
    rows = [
        [
            each.urn,
            types.place(each.type),
            stacks.place(each.stack.title),
            owners.place(each.owner),
            each.state.protect + 2 * each.state.custom,
            each.modified,
            each.state.id,
        ]
        for each in resources
    ]
    used_by = users(resources)
    chunks = [
        site.data(f"details-{number}", [_details(each, used_by.get(each.urn, [])) for each in part])
        for number, part in enumerate(_chunks(resources))
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
    found = {
        "created": resource.created,
        "source": resource.source,
        "parent": resource.parent,
        "uses": sorted(resource.state.uses),
        "usedBy": used_by,
        "properties": resource.properties,
    }
    return {key: value for key, value in found.items() if value}


class _Words:
    """A list of words, and the place of each."""

    def __init__(self) -> None:
        self._places: dict[str, int] = {}

    def place(self, word: str) -> int:
        """Where the word is in the list; it is added when it is new."""
        return self._places.setdefault(word, len(self._places))

    @property
    def listed(self) -> list[str]:
        """All of them."""
        return list(self._places)
