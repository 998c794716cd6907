"""Compute Engine: security policies and SSL policies, which Gateways refer to, and routes."""

from sandbox.plugins.gcp.types import ResourceType
from sandbox.plugins.protocol import Properties

_LINKS = {"selfLink": "selfLink", "fingerprint": "fingerprint"}


class _SecurityPolicyType(ResourceType):
    """A security policy; if the program declares no rules, the provider outputs the present rules."""

    def to_outputs(self, inputs: Properties, body: Properties) -> Properties:
        """Returns the outputs, with the present rules."""
        return {"rules": body["rules"], **super().to_outputs(inputs, body)}


_SECURITY_POLICY = _SecurityPolicyType(
    type="gcp:compute/securityPolicy:SecurityPolicy",
    kind="compute.securityPolicies",
    name="projects/{project}/global/securityPolicies/{name}",
    replace_on=frozenset({"name", "project", "type"}),
    computed={
        **_LINKS,
        "labelFingerprint": "labelFingerprint",
        "effectiveLabels": "labels",
        "pulumiLabels": "labels",
    },
)
_SSL_POLICY = ResourceType(
    type="gcp:compute/sSLPolicy:SSLPolicy",
    kind="compute.sslPolicies",
    name="projects/{project}/global/sslPolicies/{name}",
    replace_on=frozenset({"description", "name", "project"}),
    computed={**_LINKS, "creationTimestamp": "creationTimestamp", "enabledFeatures": "enabledFeatures"},
)
_ROUTE = ResourceType(
    type="gcp:compute/route:Route",
    kind="compute.routes",
    name="projects/{project}/global/routes/{name}",
    required=("destRange", "network"),
    replace_on=frozenset(
        {
            "description",
            "destRange",
            "name",
            "network",
            "nextHopGateway",
            "nextHopIlb",
            "nextHopInstance",
            "nextHopInstanceZone",
            "nextHopIp",
            "nextHopVpnTunnel",
            "params",
            "priority",
            "project",
            "tags",
        }
    ),
    computed={
        "selfLink": "selfLink",
        "creationTimestamp": "creationTimestamp",
        "routeType": "routeType",
        "routeStatus": "routeStatus",
        "nextHopNetwork": "network",
    },
)

TYPES = (_SECURITY_POLICY, _SSL_POLICY, _ROUTE)
