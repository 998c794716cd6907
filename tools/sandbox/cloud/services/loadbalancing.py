"""Compute Engine: security and SSL policies of a cluster's load balancers, and routes.

The cluster's Gateway controller makes the load balancers themselves, not a layer.
"""

from dataclasses import replace
from typing import cast

from sandbox.cloud.errors import invalid
from sandbox.cloud.resources import Call, Method, new_etag, now
from sandbox.cloud.services.compute import ComputeCollection, require_network
from sandbox.cloud.store import Json, StoredResource

_LAST = 2147483647  # the priority of the default rule
_LEAST = "TLS_1_0"
_FEATURES = {
    "COMPATIBLE": ("TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256", "TLS_RSA_WITH_AES_128_GCM_SHA256"),
    "MODERN": ("TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256", "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA"),
    "RESTRICTED": ("TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256",),
}
_HOPS = ("nextHopGateway", "nextHopInstance", "nextHopIlb", "nextHopIp", "nextHopVpnTunnel")


class SecurityPolicies(ComputeCollection):
    """https://cloud.google.com/compute/docs/reference/rest/v1/securityPolicies (Cloud Armor).

    A creation has rules, and methods of their own change them; a patch does not. The body of such a method is
    `{priority, rule}`. The vendor's provider sets labels, its own among them, by a call after the creation.
    """

    kind = "compute.securityPolicies"
    path = "projects/{project}/global/securityPolicies/{policy}"
    permission = "compute.securityPolicies"
    fingerprint = "fingerprint"
    immutable = frozenset({"name", "type"})
    also = frozenset({"compute.securityPolicies.use"})

    def methods(self) -> list[Method]:
        """Returns the standard methods, the one for labels, and those for rules."""
        changing, reading = f"{self.permission}.update", f"{self.permission}.get"
        return [
            *super().methods(),
            self._method("setLabels", self.on_update, f"{self.permission}.setLabels"),
            self._method("getRule", self.on_get_rule, reading),
            self._method("addRule", self.on_add_rule, changing),
            self._method("patchRule", self.on_patch_rule, changing),
            self._method("removeRule", self.on_remove_rule, changing),
        ]

    def on_update(self, call: Call) -> Json:
        """Changes the policy, whose rules stay as they are."""
        if "rules" in call.body and call.body["rules"] != self.stored(call).body["rules"]:
            raise invalid(
                "Invalid value for field 'resource.rules': a patch cannot update the rules of a policy; use addRule,"
                " patchRule and removeRule."
            )
        return super().on_update(call)

    def on_get_rule(self, call: Call) -> Json:
        """Returns the rule of a priority."""
        return self._rule(call)

    def on_add_rule(self, call: Call) -> Json:
        """Adds a rule, whose priority no other one has."""
        return self._set_rules(call, [*self._rules(call), call.body["rule"]])

    def on_patch_rule(self, call: Call) -> Json:
        """Changes the fields of a rule that the call has; null removes a field."""
        before, changed = self._rule(call), cast("Json", call.body["rule"])
        if changed.get("priority", before["priority"]) != before["priority"]:
            raise invalid("Invalid value for field 'resource.priority': it is not the priority of the rule.")
        after = {field: value for field, value in {**before, **changed}.items() if value is not None}
        return self._set_rules(call, [after if rule == before else rule for rule in self._rules(call)])

    def on_remove_rule(self, call: Call) -> Json:
        """Removes a rule; the default one stays."""
        removed = self._rule(call)
        if removed["priority"] == _LAST:
            raise invalid(f"Invalid value for field 'priority': '{_LAST}'. Cannot remove the default rule.")
        return self._set_rules(call, [rule for rule in self._rules(call) if rule != removed])

    def _rules(self, call: Call) -> list[Json]:
        return cast("list[Json]", self.stored(call).body["rules"])

    def _rule(self, call: Call) -> Json:
        """Returns the rule of a call's priority.

        Raises:
            ApiError: INVALID_ARGUMENT when there is none.
        """
        priority = call.body.get("priority", _LAST)
        for rule in self._rules(call):
            if rule["priority"] == priority:
                return rule
        raise invalid(f"Invalid value for field 'priority': '{priority}'. The policy has no rule of this priority.")

    def _set_rules(self, call: Call, rules: list[Json]) -> Json:
        ordered = sorted(rules, key=lambda rule: int(rule["priority"]))
        return super().on_update(replace(call, body={"rules": ordered}))

    def regenerate(self, call: Call, stored: StoredResource) -> Json:
        """Returns new fingerprints, also of the labels."""
        return {**super().regenerate(call, stored), "labelFingerprint": new_etag()[:12]}

    def check(self, call: Call, body: Json) -> None:
        """Checks that priorities are unique, and that there is a default rule."""
        del call
        priorities = [rule["priority"] for rule in cast("list[Json]", body.get("rules") or [])]
        if len(priorities) != len(set(priorities)):
            raise invalid("Invalid value for field 'resource.rules': two rules have the same priority.")
        if priorities and _LAST not in priorities:
            raise invalid(f"Invalid value for field 'resource.rules': the default rule of priority {_LAST} is missing.")

    def generate(self, call: Call) -> Json:
        """Returns the default rule, for a policy without rules."""
        match = {"versionedExpr": "SRC_IPS_V1", "config": {"srcIpRanges": ["*"]}}
        default = {"priority": _LAST, "action": "allow", "match": match, "description": "default rule"}
        made = {**super().generate(call), "labelFingerprint": new_etag()[:12]}
        return {**made, "rules": [default], "type": "CLOUD_ARMOR"}


class SslPolicies(ComputeCollection):
    """https://cloud.google.com/compute/docs/reference/rest/v1/sslPolicies."""

    kind = "compute.sslPolicies"
    path = "projects/{project}/global/sslPolicies/{policy}"
    permission = "compute.sslPolicies"
    fingerprint = "fingerprint"
    immutable = frozenset({"name"})
    also = frozenset({"compute.sslPolicies.use"})

    def check(self, call: Call, body: Json) -> None:
        """Checks that exactly the profile CUSTOM lists features, and that RESTRICTED requires at least TLS 1.2."""
        del call
        profile = body.get("profile", "COMPATIBLE")
        if (profile == "CUSTOM") != bool(body.get("customFeatures")):
            raise invalid("Invalid value for field 'resource.customFeatures': it is set with the profile CUSTOM alone.")
        if profile == "RESTRICTED" and body.get("minTlsVersion", _LEAST) in (_LEAST, "TLS_1_1"):
            raise invalid("Invalid value for field 'resource.minTlsVersion': RESTRICTED needs TLS_1_2 or later.")

    def generate(self, call: Call) -> Json:
        """Returns the features of the profile."""
        return {**super().generate(call), "enabledFeatures": _features(call.body)}

    def regenerate(self, call: Call, stored: StoredResource) -> Json:
        """Returns the features of the profile after a change."""
        return {**super().regenerate(call, stored), "enabledFeatures": _features({**stored.declared, **call.body})}


class Routes(ComputeCollection):
    """https://cloud.google.com/compute/docs/reference/rest/v1/routes; they never change."""

    kind = "compute.routes"
    path = "projects/{project}/global/routes/{route}"
    permission = "compute.routes"
    update = ""
    also = frozenset({"compute.networks.updatePolicy"})

    def check(self, call: Call, body: Json) -> None:
        """Checks that the route has one `nextHop…` field, and that the caller may change the network's policy."""
        require_network(call, str(body["network"]), "compute.networks.updatePolicy")
        if sum(bool(body.get(hop)) for hop in _HOPS) != 1:
            raise invalid("Invalid value for field 'resource.nextHop': exactly one next hop must be specified.")

    def before_delete(self, call: Call, stored: StoredResource) -> None:
        """Checks that the caller may change the network's policy."""
        require_network(call, str(stored.declared["network"]), "compute.networks.updatePolicy")

    def generate(self, call: Call) -> Json:
        """Returns kind and state of the route."""
        return {**super().generate(call), "routeType": "STATIC", "routeStatus": "ACTIVE", "creationTimestamp": now()}


def _features(body: Json) -> list[str]:
    """Returns the features that a policy enables."""
    custom = cast("list[str]", body.get("customFeatures") or [])
    return custom or list(_FEATURES[str(body.get("profile", "COMPATIBLE"))])
