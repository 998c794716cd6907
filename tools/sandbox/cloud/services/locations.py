"""Compute Engine: regions and zones, which exist without being created.

Source: https://cloud.google.com/compute/docs/regions-zones.
"""

from collections.abc import Sequence
from typing import ClassVar

from sandbox.cloud.errors import not_found
from sandbox.cloud.places import REGIONS, ZONES
from sandbox.cloud.resources import Call, Collection, Method, stable_number
from sandbox.cloud.store import Json

_API = "https://www.googleapis.com/compute/v1/"


class _Locations(Collection):
    """Base of regions and zones, which are read alone.

    Attributes:
        every: names of all locations of the kind.
    """

    service = "compute.googleapis.com"
    every: ClassVar[Sequence[str]]

    def methods(self) -> list[Method]:
        """Returns the reading methods."""
        return [
            self._method("get", self.on_get, f"{self.permission}.get"),
            self._method("list", self.on_list, f"{self.permission}.list", on_parent=True),
        ]

    def on_list(self, call: Call) -> Json:
        """Returns all locations of the kind."""
        project = call.parameters["project"]
        return {"items": [self.body(project, name) for name in sorted(self.every)]}

    def on_get(self, call: Call) -> Json:
        """Returns one location.

        Raises:
            ApiError: NOT_FOUND.
        """
        name = call.name.rpartition("/")[2]
        if name not in self.every:
            raise not_found(call.name)
        return self.body(call.parameters["project"], name)

    def body(self, project: str, name: str) -> Json:
        """Returns the body of a location."""
        kind = self.kind.rpartition(".")[2]
        link = f"{_API}projects/{project}/{kind}/{name}"
        return {"id": stable_number(name, 4), "name": name, "description": name, "selfLink": link, "status": "UP"}


class Regions(_Locations):
    """https://cloud.google.com/compute/docs/reference/rest/v1/regions."""

    kind = "compute.regions"
    path = "projects/{project}/regions/{region}"
    permission = "compute.regions"
    every = tuple(REGIONS)

    def body(self, project: str, name: str) -> Json:
        """Returns a region with its zones."""
        zones = [f"{_API}projects/{project}/zones/{name}-{letter}" for letter in REGIONS[name]]
        return {**super().body(project, name), "zones": zones}


class Zones(_Locations):
    """https://cloud.google.com/compute/docs/reference/rest/v1/zones."""

    kind = "compute.zones"
    path = "projects/{project}/zones/{zone}"
    permission = "compute.zones"
    every = ZONES

    def body(self, project: str, name: str) -> Json:
        """Returns a zone with its region."""
        return {**super().body(project, name), "region": f"{_API}projects/{project}/regions/{name[:-2]}"}
