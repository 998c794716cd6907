"""Compute Engine: security policies and SSL policies, which Gateways refer to, and routes."""

from typing import cast

from sandbox.plugins.gcp.types import ResourceType, Session
from sandbox.plugins.protocol import Properties

_LINKS = {"selfLink": "selfLink", "fingerprint": "fingerprint"}


class _SecurityPolicyType(ResourceType):
    """A security policy; if the program declares no rules, the provider outputs the present rules."""

    def to_outputs(self, inputs: Properties, body: Properties) -> Properties:
        """Returns the outputs, with the present rules."""
        return {"rules": body["rules"], **super().to_outputs(inputs, body)}

    def update(self, session: Session, state: Properties, old_inputs: Properties, inputs: Properties) -> Properties:
        """Changes the policy, then its rules one by one, each by its priority."""
        without = {"rules": None}
        super().update(session, state, {**old_inputs, **without}, {**inputs, **without})
        name = self.rest_name(inputs)
        before, after = self._rules(old_inputs), self._rules(inputs)
        for priority, rule in after.items():
            cleared = dict.fromkeys(before.get(priority, {}).keys() - rule.keys())
            if priority not in before:
                session.call(f"{self.kind}.addRule", name, {"rule": rule})
            elif rule != before[priority]:
                session.call(f"{self.kind}.patchRule", name, {"priority": priority, "rule": {**cleared, **rule}})
        for priority in before.keys() - after.keys() if after else ():  # without any, the present ones stay
            session.call(f"{self.kind}.removeRule", name, {"priority": priority})
        return self.to_outputs(inputs, self.get(session, inputs))

    def _rules(self, inputs: Properties) -> dict[int, Properties]:
        rules = cast("list[Properties]", self.to_body(inputs).get("rules") or [])
        return {int(rule["priority"]): rule for rule in rules}


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
