"""Compute Engine: the network parts."""

from collections.abc import Mapping
from typing import ClassVar

from sandbox.cloud.errors import ApiError, not_found
from sandbox.cloud.resources import Call, Collection, now, stable_number
from sandbox.cloud.store import Json, Stored

_API = "https://www.googleapis.com/compute/v1/"


class _ComputeCollection(Collection):
    """What all of Compute Engine's resources have."""

    service = "compute.googleapis.com"
    create = "insert"

    def generate(self, call: Call) -> Json:
        """Id, self link and creation time."""
        return {
            "id": stable_number(call.name + now()),
            "selfLink": _API + call.name,
            "creationTimestamp": now(),
            "fingerprint": stable_number(call.name, 12),
        }


def _network_name(network: str) -> str:
    """The relative name of a network given by self link or relative name."""
    return network.partition("/v1/")[2] if "/v1/" in network else network


def require_network(call: Call, network: str, permission: str) -> str:
    """The relative name of a network that a caller may use for a purpose.

    Args:
        call: the call that refers to it.
        network: self link or relative name.
        permission: what the caller needs on it, such as "compute.networks.use".

    Raises:
        ApiError: PERMISSION_DENIED or NOT_FOUND.
    """
    name = _network_name(network)
    full = f"//compute.googleapis.com/{name}"
    call.cloud.iam.require(call.caller.member, permission, full)
    if call.cloud.store.get(full) is None:
        raise not_found(name)
    return name


class Networks(_ComputeCollection):
    """https://cloud.google.com/compute/docs/reference/rest/v1/networks."""

    kind = "compute.networks"
    path = "projects/{project}/global/networks/{network}"
    permission = "compute.networks"
    immutable = frozenset({"name", "autoCreateSubnetworks"})

    def before_delete(self, call: Call, stored: Stored) -> None:
        """A network that something uses stays."""
        for kind in (Subnetworks.kind, GlobalAddresses.kind):
            for user in call.cloud.store.find(kind, f"//{self.service}/projects/{call.parameters['project']}/"):
                if _network_name(str(user.declared.get("network", ""))) == call.name:
                    relative = user.name.partition(f"{self.service}/")[2]
                    message = f"The network resource '{call.name}' is already being used by '{relative}'"
                    raise ApiError("FAILED_PRECONDITION", message, "resourceInUseByAnotherResource")
        del stored


class Subnetworks(_ComputeCollection):
    """https://cloud.google.com/compute/docs/reference/rest/v1/subnetworks."""

    kind = "compute.subnetworks"
    path = "projects/{project}/regions/{region}/subnetworks/{subnetwork}"
    permission = "compute.subnetworks"
    has_policy = True
    immutable = frozenset({"name", "network", "purpose"})
    also = frozenset({"compute.networks.updatePolicy"})

    def check(self, call: Call, body: Json) -> None:
        """The network must exist, and its policy be the caller's to change."""
        require_network(call, str(body["network"]), "compute.networks.updatePolicy")

    def generate(self, call: Call) -> Json:
        """The gateway is the range's first address."""
        first, _, _ = str(call.body["ipCidrRange"]).rpartition(".")
        return {**super().generate(call), "gatewayAddress": f"{first}.1"}


class GlobalAddresses(_ComputeCollection):
    """https://cloud.google.com/compute/docs/reference/rest/v1/globalAddresses."""

    kind = "compute.globalAddresses"
    path = "projects/{project}/global/addresses/{address}"
    permission = "compute.globalAddresses"
    also = frozenset({"compute.globalAddresses.create", "compute.networks.use"})
    update = ""
    permissions: ClassVar[Mapping[str, tuple[str, ...]]] = {
        "insert": ("compute.globalAddresses.createInternal",),
        "delete": ("compute.globalAddresses.deleteInternal",),
    }

    def check(self, call: Call, body: Json) -> None:
        """An internal range belongs to a network that the caller may use."""
        if body.get("addressType") != "INTERNAL":
            call.cloud.iam.require(call.caller.member, "compute.globalAddresses.create", self.full(call.name))
        else:
            require_network(call, str(body["network"]), "compute.networks.use")

    def generate(self, call: Call) -> Json:
        """A free address where the caller named none."""
        taken = len(call.cloud.store.find(self.kind, f"//{self.service}/projects/{call.parameters['project']}/"))
        return {**super().generate(call), "address": f"10.{200 + taken}.0.0", "status": "RESERVED"}
