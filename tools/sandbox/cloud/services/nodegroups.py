"""Compute Engine: managed instance groups of node pools, one in each zone, whose size is the pool's present one.

GKE's API has no present size of a pool. The vendor's provider lists the groups that a pool names and reads it there.
https://cloud.google.com/compute/docs/reference/rest/v1/instanceGroupManagers
"""

import hashlib
from collections.abc import Iterator

from sandbox.cloud.errors import not_found
from sandbox.cloud.references import value_at
from sandbox.cloud.resources import Call, Collection, Method, stable_number
from sandbox.cloud.services import locations
from sandbox.cloud.store import Json

_API = "https://www.googleapis.com/compute/v1/"
_POOLS = "container.projects.locations.clusters.nodePools"
_MOST = 20  # letters of the cluster's and the pool's name in that of a group


def urls(call: Call, pool: str, body: Json) -> list[str]:
    """Links to the groups of a node pool, one for each of its zones.

    Args:
        call: the call that makes or changes the pool.
        pool: its relative name.
        body: its fields.
    """
    _, project, _, location, _, cluster, _, name = pool.split("/")
    digest = hashlib.sha256(pool.encode()).hexdigest()[:8]
    stored = call.cloud.store.get(f"//container.googleapis.com/{pool.partition('/nodePools/')[0]}")
    of_cluster = stored.body if stored else {}
    prefix = "gk3" if value_at(of_cluster, "autopilot.enabled") else "gke"
    group = f"{prefix}-{cluster[:_MOST]}-{name[:_MOST]}-{digest}-grp"
    zones = body.get("locations") or of_cluster.get("locations") or _zones(location)
    return [f"{_API}projects/{project}/zones/{zone}/instanceGroupManagers/{group}" for zone in zones]


def _zones(location: str) -> list[str]:
    """Zones in which a pool of a zone or region has nodes, unless it names them: of a region the first three."""
    return [f"{location}-{letter}" for letter in locations.REGIONS.get(location, "")[:3]] or [location]


class InstanceGroupManagers(Collection):
    """Groups of the node pools; a layer has no other ones."""

    service = "compute.googleapis.com"
    kind = "compute.instanceGroupManagers"
    path = "projects/{project}/zones/{zone}/instanceGroupManagers/{group}"
    permission = "compute.instanceGroupManagers"

    def methods(self) -> list[Method]:
        """Returns the reading methods."""
        return [
            self._method("get", self.on_get, f"{self.permission}.get"),
            self._method("list", self.on_list, f"{self.permission}.list", on_parent=True),
        ]

    def on_get(self, call: Call) -> Json:
        """Returns a group."""
        for group in self._groups(call):
            if group["name"] == call.parameters["group"]:
                return group
        raise not_found(call.name)

    def on_list(self, call: Call) -> Json:
        """Returns the groups of a zone."""
        return {"items": [*self._groups(call)]}

    def _groups(self, call: Call) -> Iterator[Json]:
        project, zone = call.parameters["project"], call.parameters["zone"]
        for pool in call.cloud.store.find(_POOLS, f"//container.googleapis.com/projects/{project}/"):
            for link in pool.body["instanceGroupUrls"]:
                name = str(link).removeprefix(_API)
                if self.parameters(name)["zone"] == zone:
                    yield _group(name, link, pool.body)


def _group(name: str, link: str, pool: Json) -> Json:
    short = name.rpartition("/")[2]
    return {
        "id": stable_number(name),
        "name": short,
        "selfLink": link,
        "zone": f"{_API}{name.partition('/instanceGroupManagers/')[0]}",
        "baseInstanceName": short.removesuffix("-grp"),
        "instanceGroup": link.replace("/instanceGroupManagers/", "/instanceGroups/"),
        "targetSize": pool.get("initialNodeCount", 0),
    }
