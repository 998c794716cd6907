"""Service Usage: the APIs that are enabled in a project."""

from sandbox.cloud.resources import Call, Collection, Method, stable_number
from sandbox.cloud.services import agents
from sandbox.cloud.store import Json, StoredResource


class Services(Collection):
    """https://cloud.google.com/service-usage/docs/reference/rest/v1/services."""

    service = "serviceusage.googleapis.com"
    kind = "serviceusage.services"
    path = "projects/{project}/services/{service}"
    permission = "serviceusage.services"

    def methods(self) -> list[Method]:
        """Returns the methods that enable, disable, read and list services."""
        return [
            Method(f"{self.kind}.enable", self, ("serviceusage.services.enable",), self.on_enable, on_parent=True),
            Method(f"{self.kind}.disable", self, ("serviceusage.services.disable",), self.on_disable),
            Method(f"{self.kind}.get", self, ("serviceusage.services.get",), self.on_get),
            Method(f"{self.kind}.list", self, ("serviceusage.services.list",), self.on_list, on_parent=True),
            Method(f"{self.kind}.generateServiceIdentity", self, ("serviceusage.services.enable",), self.on_identity),
        ]

    def on_enable(self, call: Call) -> Json:
        """Enables the API; changes nothing if it is enabled already."""
        agents.on_enabled(call, call.parameters["service"])
        return self._set_state(call, "ENABLED")

    def on_disable(self, call: Call) -> Json:
        """Disables the API."""
        return self._set_state(call, "DISABLED")

    def on_get(self, call: Call) -> Json:
        """Returns the API's state; every known service exists in every project, disabled until enabled."""
        stored = call.cloud.store.get(self.full(call.name))
        return stored.body if stored else {"name": call.name, "state": "DISABLED"}

    def on_identity(self, call: Call) -> Json:
        """Returns the service agent of the API in the project, after making it if needed."""
        address = agents.ensure(call, call.parameters["service"])
        return {"email": address, "uniqueId": stable_number(address, 21)}

    def _set_state(self, call: Call, state: str) -> Json:
        stored = StoredResource(self.full(call.name), self.kind, {}, {"name": call.name, "state": state})
        call.cloud.store.put(stored)
        return stored.body
