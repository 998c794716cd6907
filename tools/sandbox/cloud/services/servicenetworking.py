"""Service Networking: private services access, the peering through which Cloud SQL gets a private address."""

from collections.abc import Mapping
from typing import ClassVar

from sandbox.cloud.errors import ApiError, invalid
from sandbox.cloud.references import relative, value_at
from sandbox.cloud.resources import Call, Collection
from sandbox.cloud.services import compute, ranges
from sandbox.cloud.store import Json, StoredResource


class Connections(Collection):
    """https://cloud.google.com/service-infrastructure/docs/service-networking/reference/rest/v1/services.connections.

    Google names a connection by the producer service alone and takes the network from the body; here the consumer's
    project and network are part of the name, so that the connection is in the hierarchy on which its permissions are
    checked.
    """

    service = "servicenetworking.googleapis.com"
    kind = "servicenetworking.services.connections"
    path = "projects/{project}/networks/{network}/connections/{producer}"
    permission = "servicenetworking.services"
    permissions: ClassVar[Mapping[str, tuple[str, ...]]] = {
        "create": ("servicenetworking.services.addPeering",),
        "patch": ("servicenetworking.services.addPeering",),
        "delete": ("servicenetworking.services.deleteConnection",),
        "get": ("servicenetworking.services.get",),
        "list": ("servicenetworking.services.get",),
    }

    def check(self, call: Call, body: Json) -> None:
        """Checks that every reserved range is an internal VPC_PEERING range of the project."""
        compute.require_network(call, str(body["network"]), "compute.networks.get")
        for address in body["reservedPeeringRanges"]:
            name = f"projects/{call.parameters['project']}/global/addresses/{address}"
            stored = call.cloud.store.get(f"//compute.googleapis.com/{name}")
            if stored is None or stored.declared.get("purpose") != "VPC_PEERING":
                raise invalid(f"Reserved range '{address}' does not exist or has not the purpose VPC_PEERING.")
            ranges.require_for_services(stored.declared)

    def generate(self, call: Call) -> Json:
        """Returns the name of the network's peering."""
        producer = call.parameters["producer"]
        return {"service": f"services/{producer}", "peering": producer.replace(".", "-")}

    def before_delete(self, call: Call, stored: StoredResource) -> None:
        """Refuses to delete a connection that an instance uses."""
        network = relative(str(stored.declared["network"]))
        instances = f"//sqladmin.googleapis.com/projects/{call.parameters['project']}/"
        for instance in call.cloud.store.find("sql.instances", instances):
            used = value_at(instance.declared, "settings.ipConfiguration.privateNetwork")
            if relative(str(used or "")) == network:
                message = (
                    "Failed to delete connection; Producer services (e.g. CloudSQL, Cloud Memstore, etc.) are still"
                    " using this connection."
                )
                raise ApiError("FAILED_PRECONDITION", message, "FLOW_SN_DC_RESOURCE_PREVENTING_DELETE_CONNECTION")
