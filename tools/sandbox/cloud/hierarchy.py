"""Where a resource stands: its parents by name, its project, the folders above that, and the organisation.

Policies of every kind are inherited along this line (https://cloud.google.com/iam/docs/resource-hierarchy-access-control).
The parent of a project and of a folder is a fact of that resource (`parent` in its body); everything below a project
is told by its name.
"""

import re
from collections.abc import Iterator

from sandbox.cloud import names
from sandbox.cloud.store import Store

PROJECT_SETTING = "project.id"  # the project that a name without one counts towards
NUMBER_SETTING = "project.number"

_BY_NUMBER = re.compile(r"(?<=projects/)(\d+)(?=/|$|%2F)")
_MOST_LEVELS = 12  # Google nests folders ten deep


class Hierarchy:
    """The line of ancestors in one store."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def line(self, resource: str) -> tuple[str, ...]:
        """A resource's full name, then those of its ancestors up to the organisation, nearest first."""
        return tuple(self._climb(resource))

    def containers(self, resource: str) -> tuple[str, ...]:
        """The project, folders and organisation in a resource's line: where deny policies may be attached."""
        return tuple(name for name in self.line(resource) if name.startswith(names.PROJECTS))

    def _climb(self, resource: str) -> Iterator[str]:
        level = resource
        if not resource.startswith(names.PROJECTS):
            yield from names.below_project(resource)
            above = names.split(resource)[1].split("/")[:2]
            outside = above[0] in ("organizations", "folders")
            level = f"{names.PROJECTS}{'/'.join(above)}" if outside else names.project(self.project_of(resource))
        for _ in range(_MOST_LEVELS):
            yield level
            stored = self._store.get(level)
            parent = stored.body.get("parent") if stored else None
            if not parent:
                return
            level = f"{names.PROJECTS}{parent}"

    def project_of(self, name: str) -> str:
        """The id of the project that a name belongs to; the simulation's own where the name tells none (buckets)."""
        found = names.project_of(name)
        return found if found not in ("", "_", "-") else self._store.setting(PROJECT_SETTING) or ""

    def number_of(self, project_id: str) -> str:
        """A project's number; "" for an unknown project."""
        stored = self._store.get(names.project(project_id))
        return str(stored.body.get("projectNumber", "")) if stored else ""

    def with_ids(self, name: str) -> str:
        """A name with project numbers replaced by the ids that the store uses; Google takes either."""
        if not _BY_NUMBER.search(name):
            return name
        known = {
            str(found.body.get("projectNumber")): str(found.body.get("projectId"))
            for found in self._store.find("cloudresourcemanager.projects", names.PROJECTS)
        }
        return _BY_NUMBER.sub(lambda match: known.get(match[1], match[1]), name)
