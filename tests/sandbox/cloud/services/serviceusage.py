"""Service Usage: which APIs are enabled in a project."""

from sandbox.cloud.errors import invalid
from sandbox.cloud.resources import Call, Collection, Method, stable_number
from sandbox.cloud.store import Json, Stored

# https://cloud.google.com/iam/docs/service-agents: API -> the part of its agent's email that names the service
_AGENTS = {
    "artifactregistry.googleapis.com": "gcp-sa-artifactregistry",
    "container.googleapis.com": "container-engine-robot",
    "gkebackup.googleapis.com": "gcp-sa-gkebackup",
    "logging.googleapis.com": "gcp-sa-logging",
    "secretmanager.googleapis.com": "gcp-sa-secretmanager",
    "servicenetworking.googleapis.com": "service-networking",
    "sqladmin.googleapis.com": "gcp-sa-cloud-sql",
    "storage.googleapis.com": "gs-project-accounts",
}


class Services(Collection):
    """https://cloud.google.com/service-usage/docs/reference/rest/v1/services."""

    service = "serviceusage.googleapis.com"
    kind = "serviceusage.services"
    path = "projects/{project}/services/{service}"
    permission = "serviceusage.services"

    def methods(self) -> list[Method]:
        """Enabling, disabling, reading and listing."""
        return [
            Method(f"{self.kind}.enable", self, ("serviceusage.services.enable",), self.on_enable, on_parent=True),
            Method(f"{self.kind}.disable", self, ("serviceusage.services.disable",), self.on_disable),
            Method(f"{self.kind}.get", self, ("serviceusage.services.get",), self.on_get),
            Method(f"{self.kind}.list", self, ("serviceusage.services.list",), self.on_list, on_parent=True),
            Method(f"{self.kind}.generateServiceIdentity", self, ("serviceusage.services.enable",), self.on_identity),
        ]

    def on_enable(self, call: Call) -> Json:
        """Enables the API; enabling one that is enabled changes nothing."""
        return self._set_state(call, "ENABLED")

    def on_disable(self, call: Call) -> Json:
        """Disables the API."""
        return self._set_state(call, "DISABLED")

    def on_get(self, call: Call) -> Json:
        """The API's state; every known service exists in every project, disabled until enabled."""
        found = call.cloud.store.get(self.full(call.name))
        return found.body if found else {"name": call.name, "state": "DISABLED"}

    def on_identity(self, call: Call) -> Json:
        """The account that the API itself acts as in the project."""
        number = call.cloud.store.setting("project.number")
        agent = _AGENTS.get(call.parameters["service"])
        if agent is None:
            raise invalid(f"Service '{call.parameters['service']}' has no service identity.")
        return {"email": f"service-{number}@{agent}.iam.gserviceaccount.com", "uniqueId": stable_number(agent, 21)}

    def _set_state(self, call: Call, state: str) -> Json:
        stored = Stored(self.full(call.name), self.kind, {}, {"name": call.name, "state": state})
        call.cloud.store.put(stored)
        return stored.body
