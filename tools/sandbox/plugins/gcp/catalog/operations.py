"""Cloud Logging and Cloud Monitoring: sinks, metrics, log buckets; alert policies and their channels, uptime checks."""

from sandbox.cloud.errors import ApiError
from sandbox.plugins.gcp.numbered import NumberedType
from sandbox.plugins.gcp.types import ResourceType, Session
from sandbox.plugins.protocol import Properties


class _LogBucketType(ResourceType):
    """A log bucket; built-in buckets are changed instead of created, and never deleted."""

    def create(self, session: Session, inputs: Properties) -> tuple[str, Properties]:
        """Creates the bucket, or changes a built-in one."""
        try:
            self.get(session, inputs)
        except ApiError as error:
            if error.status != "NOT_FOUND":
                raise
            return super().create(session, inputs)
        session.call(f"{self.kind}.patch", self.rest_name(inputs), self.to_body(inputs))
        return self.pulumi_id(inputs), self.to_outputs(inputs, self.get(session, inputs))

    def delete(self, session: Session, state: Properties) -> None:
        """Deletes the bucket, unless it is built in."""
        if not str(state["bucketId"]).startswith("_"):
            super().delete(session, state)


class _AlertPolicyType(NumberedType):
    """An alert policy; the provider outputs the record of its creation as a list of one."""

    def to_outputs(self, inputs: Properties, body: Properties) -> Properties:
        """Returns the outputs, with the record of the creation in the provider's property names."""
        record: Properties = body.get("creationRecord", {})
        words = {"mutateTime": record.get("mutateTime", ""), "mutatedBy": record.get("mutatedBy", "")}
        return {**super().to_outputs(inputs, body), "creationRecords": [words]}


class _ChannelType(NumberedType):
    """A notification channel; its deletion can be forced."""

    def deletion_body(self, state: Properties) -> Properties:
        """Returns the body of the deletion, with `force` if the state has `forceDelete`."""
        return {"force": True} if state.get("forceDelete") else {}


class _UptimeCheckType(NumberedType):
    """An uptime check; alert policies name it by the last part of its name."""

    def to_outputs(self, inputs: Properties, body: Properties) -> Properties:
        """Returns the outputs, with the last part of the name."""
        return {**super().to_outputs(inputs, body), "uptimeCheckId": str(body["name"]).rpartition("/")[2]}


_SINK = ResourceType(
    type="gcp:logging/projectSink:ProjectSink",
    kind="logging.projects.sinks",
    name="projects/{project}/sinks/{name}",
    required=("destination",),
    replace_on=frozenset({"name", "project"}),
    computed={"writerIdentity": "writerIdentity"},
)
_METRIC = ResourceType(
    type="gcp:logging/metric:Metric",
    kind="logging.projects.metrics",
    name="projects/{project}/metrics/{name}",
    id="{name}",
    required=("filter",),
    replace_on=frozenset({"project"}),
)
_LOG_BUCKET = _LogBucketType(
    type="gcp:logging/projectBucketConfig:ProjectBucketConfig",
    kind="logging.projects.locations.buckets",
    name="projects/{project}/locations/{location}/buckets/{bucketId}",
    required=("bucketId", "location", "project"),
    replace_on=frozenset({"bucketId", "location", "project"}),
    fields={"enableAnalytics": "analyticsEnabled"},
    provider_only=frozenset({"bucketId", "location"}),
    computed={"name": "name", "lifecycleState": "lifecycleState"},
    autoname="",
)
_ALERT_POLICY = _AlertPolicyType(
    type="gcp:monitoring/alertPolicy:AlertPolicy",
    kind="monitoring.projects.alertPolicies",
    name="projects/{project}/alertPolicies/{number}",
    required=("combiner", "conditions", "displayName"),
    replace_on=frozenset({"project"}),
    computed={"name": "name"},
)
_CHANNEL = _ChannelType(
    type="gcp:monitoring/notificationChannel:NotificationChannel",
    kind="monitoring.projects.notificationChannels",
    name="projects/{project}/notificationChannels/{number}",
    required=("type",),
    replace_on=frozenset({"project"}),
    provider_only=frozenset({"forceDelete"}),
    computed={"name": "name", "verificationStatus": "verificationStatus"},
)
_UPTIME_CHECK = _UptimeCheckType(
    type="gcp:monitoring/uptimeCheckConfig:UptimeCheckConfig",
    kind="monitoring.projects.uptimeCheckConfigs",
    name="projects/{project}/uptimeCheckConfigs/{number}",
    required=("displayName", "timeout"),
    replace_on=frozenset({"checkerType", "monitoredResource", "project", "resourceGroup", "syntheticMonitor"}),
    computed={"name": "name"},
)

TYPES = (_SINK, _METRIC, _LOG_BUCKET, _ALERT_POLICY, _CHANNEL, _UPTIME_CHECK)
