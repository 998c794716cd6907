"""Compute Engine: networks and their parts."""

from collections.abc import Mapping
from typing import Any

from sandbox.cloud.references import relative
from sandbox.plugins.gcp.catalog.nat import NAT
from sandbox.plugins.gcp.members import MemberType
from sandbox.plugins.gcp.types import ResourceType, Session
from sandbox.plugins.protocol import Properties

_LINKS = {"selfLink": "selfLink", "creationTimestamp": "creationTimestamp"}

_NETWORK = ResourceType(
    type="gcp:compute/network:Network",
    kind="compute.networks",
    name="projects/{project}/global/networks/{name}",
    replace_on=frozenset(
        {"autoCreateSubnetworks", "description", "internalIpv6Range", "name", "networkProfile", "params", "project"}
    ),
    fields={"routingMode": "routingConfig.routingMode"},
    provider_only=frozenset({"deleteDefaultRoutesOnCreate"}),
    computed={"selfLink": "selfLink", "numericId": "id", "networkId": "id"},
)
_SUBNETWORK = ResourceType(
    type="gcp:compute/subnetwork:Subnetwork",
    kind="compute.subnetworks",
    name="projects/{project}/regions/{region}/subnetworks/{name}",
    inherits=("project", "region"),
    required=("network",),
    replace_on=frozenset(
        {
            "description",
            "externalIpv6Prefix",
            "internalIpv6Prefix",
            "name",
            "network",
            "params",
            "project",
            "region",
            "reservedInternalRange",
            "resolveSubnetMask",
        }
    ),
    computed={
        "selfLink": "selfLink",
        "gatewayAddress": "gatewayAddress",
        "creationTimestamp": "creationTimestamp",
        "fingerprint": "fingerprint",
    },
)


class _AddressType(ResourceType):
    """An address; the vendor's provider sets its labels once more after the creation, its own one at least."""

    def create(self, session: Session, inputs: Properties) -> tuple[str, Properties]:
        """Creates the address, then sets its labels."""
        resource_id, state = super().create(session, inputs)
        labels: Properties = {"labels": inputs.get("labels") or {}, "labelFingerprint": state["labelFingerprint"]}
        session.call(f"{self.kind}.setLabels", self.rest_name(inputs), labels)
        return resource_id, self.to_outputs(inputs, self.get(session, inputs))


_GLOBAL_ADDRESS = _AddressType(
    type="gcp:compute/globalAddress:GlobalAddress",
    kind="compute.globalAddresses",
    name="projects/{project}/global/addresses/{name}",
    replace_on=frozenset(
        {
            "address",
            "addressType",
            "description",
            "ipVersion",
            "name",
            "network",
            "prefixLength",
            "project",
            "purpose",
        }
    ),
    computed={**_LINKS, "address": "address", "labelFingerprint": "labelFingerprint", "effectiveLabels": "labels"},
)
_ADDRESS = _AddressType(
    type="gcp:compute/address:Address",
    kind="compute.addresses",
    name="projects/{project}/regions/{region}/addresses/{name}",
    inherits=("project", "region"),
    replace_on=frozenset(
        {
            "address",
            "addressType",
            "description",
            "ipCollection",
            "ipVersion",
            "ipv6EndpointType",
            "name",
            "network",
            "networkTier",
            "prefixLength",
            "project",
            "purpose",
            "region",
            "subnetwork",
        }
    ),
    computed={**_LINKS, "address": "address", "addressId": "id", "labelFingerprint": "labelFingerprint"},
)
_FIREWALL = ResourceType(
    type="gcp:compute/firewall:Firewall",
    kind="compute.firewalls",
    name="projects/{project}/global/firewalls/{name}",
    required=("network",),
    replace_on=frozenset({"direction", "name", "params", "project"}),
    fields={
        "allows": "allowed",
        "denies": "denied",
        "allowed.*.protocol": "allowed.*.IPProtocol",
        "denied.*.protocol": "denied.*.IPProtocol",
    },
    computed=_LINKS,
)
_ROUTER = ResourceType(
    type="gcp:compute/router:Router",
    kind="compute.routers",
    name="projects/{project}/regions/{region}/routers/{name}",
    inherits=("project", "region"),
    required=(),
    replace_on=frozenset(
        {
            "encryptedInterconnectRouter",
            "name",
            "nccGateway",
            "network",
            "params",
            "project",
            "region",
        }
    ),
    computed=_LINKS,
)


class _SubnetworkMemberType(MemberType):
    """A member of a subnetwork's policy; the program declares the subnetwork by name, relative name or link."""

    def variables(self, inputs: Properties) -> Mapping[str, Any]:
        """Returns the variables, with project, region and short name from a longer form."""
        parts = relative(str(inputs["subnetwork"])).split("/")
        if len(parts) < 6:
            return inputs
        return {**inputs, "project": parts[1], "region": parts[3], "subnetwork": parts[5]}


_SUBNETWORK_MEMBER = _SubnetworkMemberType(
    type="gcp:compute/subnetworkIAMMember:SubnetworkIAMMember",
    kind="compute.subnetworks",
    name="projects/{project}/regions/{region}/subnetworks/{subnetwork}",
    id="projects/{project}/regions/{region}/subnetworks/{subnetwork}/{role}/{member}",
    inherits=("project", "region"),
    required=("member", "role", "subnetwork"),
    replace_on=frozenset({"condition", "member", "project", "region", "role", "subnetwork"}),
)

TYPES = (
    _NETWORK,
    _SUBNETWORK,
    _SUBNETWORK_MEMBER,
    _GLOBAL_ADDRESS,
    _ADDRESS,
    _FIREWALL,
    _ROUTER,
    NAT,
)
