"""Service Usage: the APIs that are enabled in a project."""

from dataclasses import replace
from urllib.parse import unquote

from sandbox.cloud import propagation
from sandbox.cloud.errors import not_found
from sandbox.cloud.resources import Call, Collection, Method, stable_number
from sandbox.cloud.services import agents, defaults, iam
from sandbox.cloud.store import Json, StoredResource

# "false": the project was made by an API, so Service Usage itself is off until it is enabled.
SETTING = "serviceusage.enabled"


class Services(Collection):
    """https://cloud.google.com/service-usage/docs/reference/rest/v1/services."""

    service = "serviceusage.googleapis.com"
    kind = "serviceusage.services"
    path = "projects/{project}/services/{service}"
    permission = "serviceusage.services"

    def methods(self) -> list[Method]:
        """Returns the methods that enable, disable, read and list services."""
        return [
            Method(f"{self.kind}.enable", self, ("serviceusage.services.enable",), self.on_enable, on_parent=True),
            Method(f"{self.kind}.disable", self, ("serviceusage.services.disable",), self.on_disable),
            Method(f"{self.kind}.get", self, ("serviceusage.services.get",), self.on_get),
            Method(f"{self.kind}.list", self, ("serviceusage.services.list",), self.on_list, on_parent=True),
            Method(f"{self.kind}.generateServiceIdentity", self, ("serviceusage.services.enable",), self.on_identity),
        ]

    def on_enable(self, call: Call) -> Json:
        """Enables the API, with those that it needs; changes nothing if it is enabled already."""
        own, *needed = defaults.enabled_with(call.parameters["service"])
        for service in needed:
            if not call.cloud.service_enabled(call.parameters["project"], service):
                self.on_enable(self._of(call, service))
        agents.on_enabled(call, own)
        if not call.cloud.service_enabled(call.parameters["project"], own):
            defaults.on_enabled(call, own)
            propagation.begin(call.cloud.store, self.full(call.name))
        if own == self.service:
            call.cloud.store.remove_setting(SETTING)
        return self._set_state(call, "ENABLED")

    def _of(self, call: Call, service: str) -> Call:
        """Returns the call for another API of the same project."""
        name = f"{call.name.rpartition('/')[0]}/{service}"
        return replace(call, name=name, parameters={**call.parameters, "service": service})

    def on_disable(self, call: Call) -> Json:
        """Disables the API."""
        return self._set_state(call, "DISABLED")

    def on_get(self, call: Call) -> Json:
        """Returns the API's state; every known service exists in every project, disabled until enabled."""
        stored = call.cloud.store.get(self.full(call.name))
        is_on = call.cloud.service_enabled(call.parameters["project"], call.parameters["service"])
        return stored.body if stored and is_on else {"name": call.name, "state": "DISABLED"}

    def on_list(self, call: Call) -> Json:
        """Returns the APIs; Service Usage is none of them in a project that was made by an API."""
        is_on = call.cloud.store.setting(SETTING) != "false"
        own = f"/services/{self.service}"
        items = super().on_list(call)["items"]
        return {"items": [body for body in items if is_on or not body["name"].endswith(own)]}

    def on_identity(self, call: Call) -> Json:
        """Returns the service agent of the API in the project, after making it if needed."""
        address = agents.ensure(call, call.parameters["service"])
        return {"email": address, "uniqueId": stable_number(address, 21)}

    def _set_state(self, call: Call, state: str) -> Json:
        stored = StoredResource(self.full(call.name), self.kind, {}, {"name": call.name, "state": state})
        call.cloud.store.put(stored)
        return stored.body


class QuotaMetrics(Collection):
    """https://cloud.google.com/service-usage/docs/reference/rest/v1beta1/services.consumerQuotaMetrics, one of them."""

    service = "serviceusage.googleapis.com"
    kind = "serviceusage.services.consumerQuotaMetrics"
    path = "projects/{project}/services/{service}/consumerQuotaMetrics/{metric}"
    permission = "serviceusage.quotas"

    def methods(self) -> list[Method]:
        """Returns the reading method."""
        return [self._method("get", self.on_get, f"{self.permission}.get")]

    def on_get(self, call: Call) -> Json:
        """Returns the quota of service accounts."""
        metric = unquote(call.parameters["metric"])
        if metric != iam.QUOTA_METRIC:
            raise not_found(call.name)
        most = call.cloud.store.setting(iam.QUOTA_SETTING) or str(iam.QUOTA)
        buckets = [{"effectiveLimit": most, "defaultLimit": str(iam.QUOTA)}]
        limit = {"name": f"{call.name}/limits/%2Fproject", "metric": metric, "unit": "1/{project}"}
        return {
            "name": call.name,
            "metric": metric,
            "displayName": "Service Account Count",
            "unit": "1",
            "consumerQuotaLimits": [{**limit, "quotaBuckets": buckets}],
        }
