"""Compute Engine: the network parts."""

from collections.abc import Mapping
from typing import ClassVar

from sandbox.cloud.errors import ApiError, invalid, not_found
from sandbox.cloud.references import relative, user_of
from sandbox.cloud.resources import Call, Collection, now, stable_number
from sandbox.cloud.store import Json, Stored

_API = "https://www.googleapis.com/compute/v1/"


# Kinds that hold a network or a subnetwork: where their bodies refer to it.
_NETWORK_USERS = {
    "compute.subnetworks": "network",
    "compute.firewalls": "network",
    "compute.routers": "network",
    "compute.globalAddresses": "network",
    "compute.addresses": "network",
    "container.projects.locations.clusters": "network",
    "sql.instances": "settings.ipConfiguration.privateNetwork",
}
_SUBNETWORK_USERS = {"compute.addresses": "subnetwork", "container.projects.locations.clusters": "subnetwork"}


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


def _refuse_while_used(call: Call, kind: str, users: Mapping[str, str]) -> None:
    user = user_of(call, users)
    if user is not None:
        message = f"The {kind} resource '{call.name}' is already being used by '{user}'"
        raise ApiError("FAILED_PRECONDITION", message, "resourceInUseByAnotherResource")


def require_network(call: Call, network: str, permission: str) -> str:
    """The relative name of a network that a caller may use for a purpose.

    Args:
        call: the call that refers to it.
        network: self link or relative name.
        permission: what the caller needs on it, such as "compute.networks.use".

    Raises:
        ApiError: PERMISSION_DENIED or NOT_FOUND.
    """
    name = relative(network)
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
        """A network that something uses stays; its private connections do not hold it and end with it."""
        del stored
        _refuse_while_used(call, "network", _NETWORK_USERS)
        prefix = f"//servicenetworking.googleapis.com/{call.name.replace('/global/', '/')}/connections/"
        for connection in call.cloud.store.find("servicenetworking.services.connections", prefix):
            call.cloud.store.remove(connection.name)


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

    def before_delete(self, call: Call, stored: Stored) -> None:
        """A subnetwork that something uses stays."""
        del stored
        _refuse_while_used(call, "subnetwork", _SUBNETWORK_USERS)


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


class _NetworkPart(_ComputeCollection):
    """What belongs to a network: to change it is to change the network's policy."""

    also = frozenset({"compute.networks.updatePolicy"})

    def check(self, call: Call, body: Json) -> None:
        """The network must exist, and its policy be the caller's to change."""
        require_network(call, str(body["network"]), "compute.networks.updatePolicy")

    def before_delete(self, call: Call, stored: Stored) -> None:
        """The network's policy must be the caller's to change."""
        require_network(call, str(stored.declared["network"]), "compute.networks.updatePolicy")


class Firewalls(_NetworkPart):
    """https://cloud.google.com/compute/docs/reference/rest/v1/firewalls."""

    kind = "compute.firewalls"
    path = "projects/{project}/global/firewalls/{firewall}"
    permission = "compute.firewalls"
    immutable = frozenset({"name", "direction", "network"})

    def check(self, call: Call, body: Json) -> None:
        """A rule allows or denies, and an egress rule has no sources."""
        super().check(call, body)
        if bool(body.get("allowed")) == bool(body.get("denied")):
            raise invalid(
                "Invalid value for field 'resource': a firewall has either allowed or denied rules, not both."
            )
        if body.get("direction") == "EGRESS" and (body.get("sourceRanges") or body.get("sourceTags")):
            raise invalid("Invalid value for field 'resource.sourceRanges': an EGRESS rule has no sources.")


class Routers(_NetworkPart):
    """https://cloud.google.com/compute/docs/reference/rest/v1/routers; NAT gateways are part of a router's body."""

    kind = "compute.routers"
    path = "projects/{project}/regions/{region}/routers/{router}"
    permission = "compute.routers"
    immutable = frozenset({"name", "network"})


class Addresses(_ComputeCollection):
    """https://cloud.google.com/compute/docs/reference/rest/v1/addresses, those of a region."""

    kind = "compute.addresses"
    path = "projects/{project}/regions/{region}/addresses/{address}"
    permission = "compute.addresses"
    update = ""
    also = frozenset({"compute.addresses.createInternal", "compute.subnetworks.use"})

    def check(self, call: Call, body: Json) -> None:
        """An internal address belongs to a subnetwork that the caller may use."""
        if body.get("addressType") != "INTERNAL":
            return
        call.cloud.iam.require(call.caller.member, "compute.addresses.createInternal", self.full(call.name))
        name = relative(str(body.get("subnetwork", "")))
        full = f"//{self.service}/{name}"
        call.cloud.iam.require(call.caller.member, "compute.subnetworks.use", full)
        if call.cloud.store.get(full) is None:
            raise not_found(name)

    def generate(self, call: Call) -> Json:
        """A free address where the caller named none."""
        digit = int(stable_number(call.name, 6)) % 254
        free = f"10.0.0.{digit}" if call.body.get("addressType") == "INTERNAL" else f"198.51.100.{digit}"
        return {**super().generate(call), "address": free, "status": "RESERVED", "labelFingerprint": "42WmSpB8rSM="}
