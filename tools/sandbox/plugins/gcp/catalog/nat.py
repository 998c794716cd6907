"""Cloud NAT: gateways, which are no resources at Google but parts of a router's body."""

from collections.abc import Callable, Mapping
from typing import Any, cast

from sandbox.cloud.errors import already_exists, not_found
from sandbox.plugins.gcp.types import ResourceType, Session
from sandbox.plugins.protocol import Properties

_Nats = list[Properties]


class _NatType(ResourceType):
    """A NAT gateway; `name` is the template of its router."""

    def variables(self, inputs: Properties) -> Mapping[str, Any]:
        """Returns the variables, with the router's short name, also for its id."""
        return {**inputs, "router": str(inputs["router"]).rpartition("/")[2]}

    def create(self, session: Session, inputs: Properties) -> tuple[str, Properties]:
        """Adds the gateway to its router."""

        def add(nats: _Nats) -> _Nats:
            if any(nat["name"] == inputs["name"] for nat in nats):
                raise already_exists(self.pulumi_id(inputs))
            return [*nats, self._entry(inputs)]

        self._change(session, inputs, add)
        return self.pulumi_id(inputs), self.to_outputs(inputs, self.get(session, inputs))

    def get(self, session: Session, inputs: Properties) -> Properties:
        """Returns the gateway in its router's body.

        Raises:
            ApiError: NOT_FOUND if the router does not have it.
        """
        for nat in self._nats(session, inputs):
            if nat["name"] == inputs["name"]:
                return nat
        raise not_found(self.pulumi_id(inputs))

    def update(self, session: Session, state: Properties, old_inputs: Properties, inputs: Properties) -> Properties:
        """Replaces the gateway in its router."""
        del state, old_inputs
        entry = self._entry(inputs)
        self._change(session, inputs, lambda nats: [entry if nat["name"] == entry["name"] else nat for nat in nats])
        return self.to_outputs(inputs, self.get(session, inputs))

    def delete(self, session: Session, state: Properties) -> None:
        """Removes the gateway from its router."""
        self.refuse_if_protected(state)
        if state.get("deletionPolicy") != "ABANDON":
            name = state["name"]
            self._change(session, state, lambda nats: [nat for nat in nats if nat["name"] != name])

    def _entry(self, inputs: Properties) -> Properties:
        outside = ("region", "router")
        return {key: value for key, value in self.to_body(inputs).items() if key not in outside}

    def _nats(self, session: Session, inputs: Properties) -> _Nats:
        return cast("_Nats", session.call("compute.routers.get", self.rest_name(inputs)).get("nats", []))

    def _change(self, session: Session, inputs: Properties, change: Callable[[_Nats], _Nats]) -> None:
        nats = change(self._nats(session, inputs))
        session.call("compute.routers.patch", self.rest_name(inputs), {"nats": nats})


NAT = _NatType(
    type="gcp:compute/routerNat:RouterNat",
    kind="compute.routers",
    name="projects/{project}/regions/{region}/routers/{router}",
    id="{project}/{region}/{router}/{name}",
    inherits=("project", "region"),
    required=("router", "sourceSubnetworkIpRangesToNat"),
    replace_on=frozenset(
        {"endpointTypes", "initialNatIps", "name", "project", "region", "router", "type"},
    ),
    fields={"subnetworks.*.sourceIpRangesToNats": "subnetworks.*.sourceIpRangesToNat"},
    provider_only=frozenset({"region", "router"}),
)
