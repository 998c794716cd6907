"""Cloud Monitoring: alert policies, notification channels and uptime checks, whose names Google generates.

No check runs, and nobody is notified.
"""

from typing import cast

from sandbox.cloud.errors import ApiError, invalid, not_found
from sandbox.cloud.resources import Call, Collection, now
from sandbox.cloud.store import Json, StoredResource


class AlertPolicies(Collection):
    """https://cloud.google.com/monitoring/api/ref_v3/rest/v3/projects.alertPolicies."""

    service = "monitoring.googleapis.com"
    kind = "monitoring.projects.alertPolicies"
    path = "projects/{project}/alertPolicies/{policy}"
    permission = "monitoring.alertPolicies"

    def check(self, call: Call, body: Json) -> None:
        """Checks that every channel of the policy exists."""
        for channel in cast("list[str]", body.get("notificationChannels") or []):
            if call.cloud.store.get(f"//{self.service}/{channel}") is None:
                raise not_found(channel)

    def generate(self, call: Call) -> Json:
        """Returns the name, and the record of creator and time."""
        record = {"mutateTime": now(), "mutatedBy": call.caller.email}
        return {"name": call.name, "creationRecord": record, "enabled": True}


class NotificationChannels(Collection):
    """https://cloud.google.com/monitoring/api/ref_v3/rest/v3/projects.notificationChannels."""

    service = "monitoring.googleapis.com"
    kind = "monitoring.projects.notificationChannels"
    labelled = ("userLabels",)  # its labels are the address, by the type's words
    path = "projects/{project}/notificationChannels/{channel}"
    permission = "monitoring.notificationChannels"

    def generate(self, call: Call) -> Json:
        """Returns the name; channels are enabled until they are disabled."""
        return {"name": call.name, "enabled": True, "creationRecord": {"mutateTime": now()}}

    def before_delete(self, call: Call, stored: StoredResource) -> None:
        """Refuses to delete a channel that an alert policy uses, unless the deletion is forced."""
        del stored
        policies = f"//{self.service}/projects/{call.parameters['project']}/"
        for policy in call.cloud.store.find(AlertPolicies.kind, policies):
            if call.name in policy.declared.get("notificationChannels", []) and not call.body.get("force"):
                message = f"The channel {call.name} cannot be deleted while {policy.generated['name']} refers to it."
                raise ApiError("FAILED_PRECONDITION", message, "failedPrecondition")


class UptimeCheckConfigs(Collection):
    """https://cloud.google.com/monitoring/api/ref_v3/rest/v3/projects.uptimeCheckConfigs."""

    service = "monitoring.googleapis.com"
    kind = "monitoring.projects.uptimeCheckConfigs"
    path = "projects/{project}/uptimeCheckConfigs/{check}"
    permission = "monitoring.uptimeCheckConfigs"
    immutable = frozenset({"monitoredResource", "resourceGroup", "syntheticMonitor", "checkerType"})

    def check(self, call: Call, body: Json) -> None:
        """Checks that there is exactly one kind of check and one kind of target."""
        del call
        if sum(bool(body.get(kind)) for kind in ("httpCheck", "tcpCheck", "syntheticMonitor")) != 1:
            raise invalid("Exactly one of http_check, tcp_check and synthetic_monitor must be set.")
        if sum(bool(body.get(kind)) for kind in ("monitoredResource", "resourceGroup", "syntheticMonitor")) != 1:
            raise invalid("Exactly one of monitored_resource, resource_group and synthetic_monitor must be set.")

    def generate(self, call: Call) -> Json:
        """Returns the name that Google generates."""
        return {"name": call.name, "period": "60s", "checkerType": "STATIC_IP_CHECKERS"}
