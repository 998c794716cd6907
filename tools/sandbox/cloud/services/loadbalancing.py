"""Compute Engine: what a load balancer in front of a cluster refers to, and routes.

The load balancers themselves are made by the cluster's Gateway controller, not by a layer.
"""

from typing import cast

from sandbox.cloud.errors import invalid
from sandbox.cloud.resources import Call, now
from sandbox.cloud.services.compute import ComputeCollection, require_network
from sandbox.cloud.store import Json, Stored

_LAST = 2147483647  # the priority of the rule that decides where no other does
_LEAST = "TLS_1_0"
_FEATURES = {
    "COMPATIBLE": ("TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256", "TLS_RSA_WITH_AES_128_GCM_SHA256"),
    "MODERN": ("TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256", "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA"),
    "RESTRICTED": ("TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256",),
}
_HOPS = ("nextHopGateway", "nextHopInstance", "nextHopIlb", "nextHopIp", "nextHopVpnTunnel")


class SecurityPolicies(ComputeCollection):
    """https://cloud.google.com/compute/docs/reference/rest/v1/securityPolicies (Cloud Armor).

    Rules have methods of their own there; they ask for the same permission as the patch that stands for them here.
    """

    kind = "compute.securityPolicies"
    path = "projects/{project}/global/securityPolicies/{policy}"
    permission = "compute.securityPolicies"
    immutable = frozenset({"name", "type"})
    also = frozenset({"compute.securityPolicies.use"})

    def check(self, call: Call, body: Json) -> None:
        """Each priority decides once, and one rule decides about everything that is left."""
        del call
        priorities = [rule["priority"] for rule in cast("list[Json]", body.get("rules") or [])]
        if len(priorities) != len(set(priorities)):
            raise invalid("Invalid value for field 'resource.rules': two rules have the same priority.")
        if priorities and _LAST not in priorities:
            raise invalid(f"Invalid value for field 'resource.rules': the default rule of priority {_LAST} is missing.")

    def generate(self, call: Call) -> Json:
        """The rule that a policy without rules has."""
        match = {"versionedExpr": "SRC_IPS_V1", "config": {"srcIpRanges": ["*"]}}
        default = {"priority": _LAST, "action": "allow", "match": match, "description": "default rule"}
        return {**super().generate(call), "rules": [default], "type": "CLOUD_ARMOR", "labelFingerprint": "42WmSpB8rSM="}


class SslPolicies(ComputeCollection):
    """https://cloud.google.com/compute/docs/reference/rest/v1/sslPolicies."""

    kind = "compute.sslPolicies"
    path = "projects/{project}/global/sslPolicies/{policy}"
    permission = "compute.sslPolicies"
    immutable = frozenset({"name"})
    also = frozenset({"compute.sslPolicies.use"})

    def check(self, call: Call, body: Json) -> None:
        """Features are chosen exactly with the profile CUSTOM, and RESTRICTED is of TLS 1.2 at least."""
        del call
        profile = body.get("profile", "COMPATIBLE")
        if (profile == "CUSTOM") != bool(body.get("customFeatures")):
            raise invalid("Invalid value for field 'resource.customFeatures': it is set with the profile CUSTOM alone.")
        if profile == "RESTRICTED" and body.get("minTlsVersion", _LEAST) in (_LEAST, "TLS_1_1"):
            raise invalid("Invalid value for field 'resource.minTlsVersion': RESTRICTED needs TLS_1_2 or later.")

    def generate(self, call: Call) -> Json:
        """The features of the profile."""
        return {**super().generate(call), "enabledFeatures": _features(call.body)}

    def regenerate(self, call: Call, stored: Stored) -> Json:
        """The same after a change."""
        return {**stored.generated, "enabledFeatures": _features({**stored.declared, **call.body})}


class Routes(ComputeCollection):
    """https://cloud.google.com/compute/docs/reference/rest/v1/routes; they never change."""

    kind = "compute.routes"
    path = "projects/{project}/global/routes/{route}"
    permission = "compute.routes"
    update = ""
    also = frozenset({"compute.networks.updatePolicy"})

    def check(self, call: Call, body: Json) -> None:
        """A route has one next hop, in a network whose policy is the caller's to change."""
        require_network(call, str(body["network"]), "compute.networks.updatePolicy")
        if sum(bool(body.get(hop)) for hop in _HOPS) != 1:
            raise invalid("Invalid value for field 'resource.nextHop': exactly one next hop must be specified.")

    def before_delete(self, call: Call, stored: Stored) -> None:
        """The network's policy must be the caller's to change."""
        require_network(call, str(stored.declared["network"]), "compute.networks.updatePolicy")

    def generate(self, call: Call) -> Json:
        """Kind and state of the route."""
        return {**super().generate(call), "routeType": "STATIC", "routeStatus": "ACTIVE", "creationTimestamp": now()}


def _features(body: Json) -> list[str]:
    """The features that a policy switches on."""
    chosen = cast("list[str]", body.get("customFeatures") or [])
    return chosen or list(_FEATURES[str(body.get("profile", "COMPATIBLE"))])
