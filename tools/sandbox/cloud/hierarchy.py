"""Resource hierarchy: the ancestors of a resource by name, its project, folders and organisation.

Policies of every kind are inherited along this line
(https://cloud.google.com/iam/docs/resource-hierarchy-access-control). The body of a project or folder states its
parent; below a project, a resource's name contains its ancestors.
"""

import re
from collections.abc import Iterator

from sandbox.cloud import names
from sandbox.cloud.store import Store

PROJECT_SETTING = "project.id"  # the project of names that contain none
NUMBER_SETTING = "project.number"

_BY_NUMBER = re.compile(r"(?<=projects/)(\d+)(?=/|$|%2F)")
_MOST_LEVELS = 12  # Google nests folders ten deep


class Hierarchy:
    """The resource hierarchy of one store."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def line(self, resource: str) -> tuple[str, ...]:
        """Returns the full names of a resource and its ancestors up to the organisation, nearest first."""
        return tuple(self._climb(resource))

    def containers(self, resource: str) -> tuple[str, ...]:
        """Returns the project, folders and organisation in a resource's line: attachment points of deny policies."""
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
        """Returns the id of a name's project; the simulation's project where the name contains none (buckets)."""
        project_id = names.project_of(name)
        return project_id if project_id not in ("", "_", "-") else self._store.setting(PROJECT_SETTING) or ""

    def number_of(self, project_id: str) -> str:
        """Returns a project's number; "" for an unknown project."""
        stored = self._store.get(names.project(project_id))
        return str(stored.body.get("projectNumber", "")) if stored else ""

    def with_number(self, name: str) -> str:
        """Returns a name with the project's number, as several services return it."""
        project_id = names.project_of(name)
        return name.replace(f"projects/{project_id}", f"projects/{self.number_of(project_id) or project_id}", 1)

    def with_ids(self, name: str) -> str:
        """Returns a name with project numbers replaced by the ids that the store uses; Google takes either."""
        if not _BY_NUMBER.search(name):
            return name
        ids = {
            str(project.body.get("projectNumber")): str(project.body.get("projectId"))
            for project in self._store.find("cloudresourcemanager.projects", names.PROJECTS)
        }
        return _BY_NUMBER.sub(lambda match: ids.get(match[1], match[1]), name)
