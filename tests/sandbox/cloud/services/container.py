"""Google Kubernetes Engine: clusters. What runs in one is decided by its own API server, which is real.

The simulation has one control plane, so a project can have one cluster; its address and certificate authority are
settings of the store.
"""

import base64
from pathlib import Path

from sandbox.cloud import names
from sandbox.cloud.errors import ApiError, invalid, not_found
from sandbox.cloud.resources import Call, Collection, new_etag, now, stable_number
from sandbox.cloud.store import Json, Stored

ENDPOINT_SETTING = "kubernetes.endpoint"  # host:port of the API server
CA_SETTING = "kubernetes.ca"  # path of its certificate authority, PEM


class Clusters(Collection):
    """https://cloud.google.com/kubernetes-engine/docs/reference/rest/v1/projects.locations.clusters."""

    service = "container.googleapis.com"
    kind = "container.projects.locations.clusters"
    path = "projects/{project}/locations/{location}/clusters/{cluster}"
    permission = "container.clusters"
    update = "update"
    also = frozenset({"compute.subnetworks.use", "iam.serviceAccounts.actAs"})
    immutable = frozenset({"name", "network", "subnetwork", "ipAllocationPolicy", "autopilot"})

    def check(self, call: Call, body: Json) -> None:
        """The nodes' account must be the caller's to use, and the subnetwork must exist."""
        call.cloud.iam.require(call.caller.member, "iam.serviceAccounts.actAs", self._node_account(call, body))
        subnetwork = str(body["subnetwork"]).rpartition("/v1/")[2]
        full = f"//compute.googleapis.com/{subnetwork}"
        call.cloud.iam.require(call.caller.member, "compute.subnetworks.use", full)
        if call.cloud.store.get(full) is None:
            raise not_found(subnetwork)

    @staticmethod
    def _node_account(call: Call, body: Json) -> str:
        """The full name of the service account that the nodes run as, which defaults to Compute Engine's."""
        auto_provisioned = body.get("autoscaling", {}).get("autoprovisioningNodePoolDefaults", {})
        email = auto_provisioned.get("serviceAccount") or body.get("nodeConfig", {}).get("serviceAccount")
        if not email or email == "default":
            number = call.cloud.store.setting("project.number")
            return f"{names.project(call.parameters['project'])}/serviceAccounts/{number}-compute@developer"
        full = names.service_account(email)
        if call.cloud.store.get(full) is None:
            raise invalid(f"Service account '{email}' does not exist.")
        return full

    def generate(self, call: Call) -> Json:
        """Endpoints and certificate authority of the one control plane there is."""
        project = f"//{self.service}/projects/{call.parameters['project']}/"
        if call.cloud.store.find(self.kind, project):
            message = "Insufficient quota: the simulation has one Kubernetes control plane, so one cluster."
            raise ApiError("RESOURCE_EXHAUSTED", message, "quotaExceeded")
        endpoint = call.cloud.store.setting(ENDPOINT_SETTING) or ""
        authority = Path(call.cloud.store.setting(CA_SETTING) or "")
        return {
            "id": stable_number(call.name, 32),
            "selfLink": f"https://container.googleapis.com/v1/{call.name}",
            "location": call.parameters["location"],
            "endpoint": endpoint.partition(":")[0],
            "status": "RUNNING",
            "createTime": now(),
            "etag": new_etag(),
            "currentMasterVersion": "1.34.4-gke.1000000",
            "masterAuth": {"clusterCaCertificate": _base64(authority) if authority.is_file() else ""},
            "controlPlaneEndpointsConfig": {"dnsEndpointConfig": {"endpoint": endpoint}},
        }

    def regenerate(self, call: Call, stored: Stored) -> Json:
        """A new etag."""
        del call
        return {**stored.generated, "etag": new_etag()}


def _base64(path: Path) -> str:
    return base64.b64encode(path.read_bytes()).decode()
