"""Compute Engine: the network parts."""

from collections.abc import Mapping
from dataclasses import replace
from ipaddress import IPv4Network
from typing import ClassVar, cast

from sandbox.cloud.errors import ApiError, invalid, not_found
from sandbox.cloud.references import relative, user_of
from sandbox.cloud.resources import Call, Collection, Method, new_etag, now, stable_number
from sandbox.cloud.services import ranges
from sandbox.cloud.store import Json, StoredResource

_API = "https://www.googleapis.com/compute/v1/"

# Kinds that use a network or a subnetwork -> path of the reference in their bodies.
_NETWORK_USERS = {
    "compute.subnetworks": "network",
    "compute.firewalls": "network",
    "compute.routers": "network",
    "compute.routes": "network",
    "compute.globalAddresses": "network",
    "compute.addresses": "network",
    "container.projects.locations.clusters": "network",
    "sql.instances": "settings.ipConfiguration.privateNetwork",
}
_RANGE_USERS = {"container.projects.locations.clusters": "subnetwork"}
_SUBNETWORK_USERS = {"compute.addresses": "subnetwork", "container.projects.locations.clusters": "subnetwork"}


class ComputeCollection(Collection):
    """Base of Compute Engine's collections.

    Attributes:
        fingerprint: the field that names the version of the resource, or of its labels; "" for none.
    """

    service = "compute.googleapis.com"
    create = "insert"
    fingerprint: ClassVar[str] = ""

    def methods(self) -> list[Method]:
        """Returns the standard methods; a patch requires the permission to read as well."""
        reading = f"{self.permission}.get"
        return [
            replace(method, permissions=(reading, *method.permissions)) if method.id.endswith(".patch") else method
            for method in super().methods()
        ]

    def outdated(self) -> ApiError:
        """Returns the error of a fingerprint that is no longer the present one."""
        message = "Supplied fingerprint does not match current."
        return ApiError("FAILED_PRECONDITION", message, "conditionNotMet", code=412)

    def regenerate(self, call: Call, stored: StoredResource) -> Json:
        """Returns a new fingerprint."""
        del call
        return {**stored.generated, **self._fingerprinted()}

    def _fingerprinted(self) -> Json:
        return {self.fingerprint: new_etag()[:12]} if self.fingerprint else {}

    def generate(self, call: Call) -> Json:
        """Returns id, links to itself and to its region, and creation time."""
        region = call.parameters.get("region")
        return {
            "id": stable_number(call.name + now()),
            "selfLink": _API + call.name,
            **({"region": f"{_API}projects/{call.parameters['project']}/regions/{region}"} if region else {}),
            "creationTimestamp": now(),
            **self._fingerprinted(),
        }


def _refuse_while_used(call: Call, kind: str, users: Mapping[str, str]) -> None:
    user = user_of(call, users)
    if user is not None:
        message = f"The {kind} resource '{call.name}' is already being used by '{user}'"
        raise ApiError("FAILED_PRECONDITION", message, "resourceInUseByAnotherResource")


def require_network(call: Call, network: str, permission: str) -> str:
    """Returns the relative name of a network, if the caller may use it.

    Args:
        call: the call that refers to it.
        network: self link or relative name.
        permission: the permission that the caller needs on it, such as "compute.networks.use".

    Raises:
        ApiError: PERMISSION_DENIED or NOT_FOUND.
    """
    name = relative(network)
    full = f"//compute.googleapis.com/{name}"
    call.cloud.iam.require(call.caller.member, permission, full)
    if call.cloud.store.get(full) is None:
        raise not_found(name)
    return name


class Networks(ComputeCollection):
    """https://cloud.google.com/compute/docs/reference/rest/v1/networks."""

    kind = "compute.networks"
    path = "projects/{project}/global/networks/{network}"
    permission = "compute.networks"
    immutable = frozenset({"name", "autoCreateSubnetworks"})

    def before_delete(self, call: Call, stored: StoredResource) -> None:
        """Refuses to delete a network that is in use; its private connections are deleted with it."""
        del stored
        _refuse_while_used(call, "network", _NETWORK_USERS)
        prefix = f"//servicenetworking.googleapis.com/{call.name.replace('/global/', '/')}/connections/"
        for connection in call.cloud.store.find("servicenetworking.services.connections", prefix):
            call.cloud.store.remove(connection.name)


class Subnetworks(ComputeCollection):
    """https://cloud.google.com/compute/docs/reference/rest/v1/subnetworks."""

    kind = "compute.subnetworks"
    path = "projects/{project}/regions/{region}/subnetworks/{subnetwork}"
    permission = "compute.subnetworks"
    has_policy = True
    immutable = frozenset({"name", "network", "purpose"})
    also = frozenset({"compute.networks.updatePolicy"})
    fingerprint = "fingerprint"

    def methods(self) -> list[Method]:
        """Returns the standard methods, and the two that change what needs permissions of their own."""
        return [
            *super().methods(),
            self._method("expandIpCidrRange", self.on_update, "compute.subnetworks.expandIpCidrRange"),
            self._method("setPrivateIpGoogleAccess", self.on_update, "compute.subnetworks.setPrivateIpGoogleAccess"),
        ]

    def check(self, call: Call, body: Json) -> None:
        """Checks that the network exists, the caller may change its policy, and the ranges are free."""
        require_network(call, str(body["network"]), "compute.networks.updatePolicy")
        ranges.require_free(call, self.full(call.name), body)

    def generate(self, call: Call) -> Json:
        """Returns the gateway: the range's first address."""
        first, _, _ = str(call.body["ipCidrRange"]).rpartition(".")
        return {**super().generate(call), "gatewayAddress": f"{first}.1"}

    def on_update(self, call: Call) -> Json:
        """Changes a subnetwork; its range only grows, and the ranges that a cluster uses stay."""
        before = self.stored(call).body
        old, new = (IPv4Network(str(body.get("ipCidrRange", before["ipCidrRange"]))) for body in (before, call.body))
        if not old.subnet_of(new):
            raise invalid(f"Invalid value for field 'resource.ipCidrRange': '{new}'. It must contain {old}.")
        if "secondaryIpRanges" in call.body and user_of(call, _RANGE_USERS) is not None:
            ranges = cast("list[Json]", call.body["secondaryIpRanges"] or [])
            for secondary in cast("list[Json]", before.get("secondaryIpRanges") or []):
                if secondary not in ranges:
                    message = f"The secondary range '{secondary['rangeName']}' is already being used by a cluster."
                    raise ApiError("FAILED_PRECONDITION", message, "resourceInUseByAnotherResource")
        return super().on_update(call)

    def before_delete(self, call: Call, stored: StoredResource) -> None:
        """Refuses to delete a subnetwork that is in use."""
        del stored
        _refuse_while_used(call, "subnetwork", _SUBNETWORK_USERS)


class GlobalAddresses(ComputeCollection):
    """https://cloud.google.com/compute/docs/reference/rest/v1/globalAddresses.

    Internal ranges and public addresses require different permissions.
    """

    kind = "compute.globalAddresses"
    path = "projects/{project}/global/addresses/{address}"
    permission = "compute.globalAddresses"
    update = "setLabels"
    fingerprint = "labelFingerprint"
    permissions: ClassVar[Mapping[str, tuple[str, ...]]] = {
        "setLabels": ("compute.globalAddresses.setLabels",),
        "insert": (),
        "delete": (),
    }
    also = frozenset({"compute.networks.use", "compute.globalAddresses.use"}) | {
        f"compute.globalAddresses.{verb}" for verb in ("create", "createInternal", "delete", "deleteInternal")
    }

    def on_create(self, call: Call) -> Json:
        """Creates an address; an internal range belongs to a network that the caller may use."""
        self._require(call, call.body, "create")
        if _is_internal(call.body):
            require_network(call, str(call.body["network"]), "compute.networks.use")
            ranges.require_free(call, self.full(call.name), call.body)
        return super().on_create(call)

    def before_delete(self, call: Call, stored: StoredResource) -> None:
        """Requires the permission to delete an address of this kind."""
        self._require(call, stored.declared, "delete")

    def _require(self, call: Call, body: Json, verb: str) -> None:
        permission = f"{self.permission}.{verb}{'Internal' if _is_internal(body) else ''}"
        call.cloud.iam.require(call.caller.member, permission, self.full(call.name))

    def generate(self, call: Call) -> Json:
        """Returns a free address if the caller gave none: a private range, or a public one for documentation."""
        project = f"//{self.service}/projects/{call.parameters['project']}/"
        taken = {address.body["address"] for address in call.cloud.store.find(self.kind, project)}
        form = "10.{}.0.0" if _is_internal(call.body) else "203.0.113.{}"
        first = 200 if _is_internal(call.body) else 1
        free = next(form.format(number) for number in range(first, 255) if form.format(number) not in taken)
        return {**super().generate(call), "address": free, "status": "RESERVED"}


def _is_internal(body: Json) -> bool:
    return body.get("addressType") == "INTERNAL"


class _NetworkPart(ComputeCollection):
    """Base of a network's parts: changing them requires the permission to change the network's policy."""

    also = frozenset({"compute.networks.updatePolicy"})

    def check(self, call: Call, body: Json) -> None:
        """Checks that the network exists and the caller may change its policy."""
        require_network(call, str(body["network"]), "compute.networks.updatePolicy")

    def before_delete(self, call: Call, stored: StoredResource) -> None:
        """Checks that the caller may change the network's policy."""
        require_network(call, str(stored.declared["network"]), "compute.networks.updatePolicy")


class Firewalls(_NetworkPart):
    """https://cloud.google.com/compute/docs/reference/rest/v1/firewalls."""

    kind = "compute.firewalls"
    path = "projects/{project}/global/firewalls/{firewall}"
    permission = "compute.firewalls"
    immutable = frozenset({"name", "direction", "network"})

    def check(self, call: Call, body: Json) -> None:
        """Checks that a rule allows or denies, and that an egress rule has no sources."""
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


class Addresses(ComputeCollection):
    """https://cloud.google.com/compute/docs/reference/rest/v1/addresses, which belong to a region."""

    kind = "compute.addresses"
    path = "projects/{project}/regions/{region}/addresses/{address}"
    permission = "compute.addresses"
    update = "setLabels"
    fingerprint = "labelFingerprint"
    permissions: ClassVar[Mapping[str, tuple[str, ...]]] = {"setLabels": ("compute.addresses.setLabels",)}
    also = frozenset(
        {"compute.addresses.createInternal", "compute.addresses.deleteInternal", "compute.subnetworks.use"}
    )

    def on_create(self, call: Call) -> Json:
        """Creates an address; an internal address belongs to a subnetwork that the caller may use."""
        if _is_internal(call.body):
            self._require_subnetwork(call)
        return super().on_create(call)

    def before_delete(self, call: Call, stored: StoredResource) -> None:
        """Requires the permission to delete an address of this kind."""
        if _is_internal(stored.declared):
            call.cloud.iam.require(call.caller.member, "compute.addresses.deleteInternal", self.full(call.name))

    def _require_subnetwork(self, call: Call) -> None:
        call.cloud.iam.require(call.caller.member, "compute.addresses.createInternal", self.full(call.name))
        name = relative(str(call.body.get("subnetwork", "")))
        full = f"//{self.service}/{name}"
        call.cloud.iam.require(call.caller.member, "compute.subnetworks.use", full)
        if call.cloud.store.get(full) is None:
            raise not_found(name)

    def generate(self, call: Call) -> Json:
        """Returns a free address if the caller gave none."""
        digit = int(stable_number(call.name, 6)) % 254
        free = f"10.0.0.{digit}" if _is_internal(call.body) else f"198.51.100.{digit}"
        return {**super().generate(call), "address": free, "status": "RESERVED"}
