"""Pub/Sub: topics and subscriptions; no message is ever delivered."""

from collections.abc import Mapping
from typing import ClassVar

from sandbox.cloud.errors import invalid, not_found
from sandbox.cloud.resources import Call, Collection
from sandbox.cloud.services import agents, kms
from sandbox.cloud.store import Json, StoredResource

_NO_TOPIC = "_deleted-topic_"  # the topic of a subscription whose topic was deleted
_LONGEST_RETENTION = 31 * 86400  # seconds


def _require_retained(body: Json) -> None:
    """https://cloud.google.com/pubsub/docs/reference/rest/v1/projects.subscriptions: the same bounds for both."""
    retention = float(str(body.get("messageRetentionDuration") or "600s").removesuffix("s"))
    if not 600 <= retention <= _LONGEST_RETENTION:
        raise invalid("The value for message_retention_duration is out of bounds: between 10 minutes and 31 days.")


class Topics(Collection):
    """https://cloud.google.com/pubsub/docs/reference/rest/v1/projects.topics."""

    service = "pubsub.googleapis.com"
    kind = "pubsub.projects.topics"
    path = "projects/{project}/topics/{topic}"
    permission = "pubsub.topics"
    has_policy = True
    also = kms.USE | {"pubsub.topics.publish", "pubsub.topics.attachSubscription"}

    def check(self, call: Call, body: Json) -> None:
        """Checks that the service's agent may use the key, and that messages are retained for a month at most."""
        kms.require_usable(call, body.get("kmsKeyName"), agents.email(call, self.service))
        _require_retained(body)

    def generate(self, call: Call) -> Json:
        """Returns the full name."""
        return {"name": call.name}

    def before_delete(self, call: Call, stored: StoredResource) -> None:
        """Detaches the topic's subscriptions, which outlive it."""
        store = call.cloud.store
        for subscription in store.find(Subscriptions.kind, f"//{self.service}/projects/{call.parameters['project']}/"):
            if subscription.declared.get("topic") == call.name:
                declared = {**subscription.declared, "topic": _NO_TOPIC}
                store.put(StoredResource(subscription.name, subscription.collection, declared, subscription.generated))
        del stored


class Subscriptions(Collection):
    """https://cloud.google.com/pubsub/docs/reference/rest/v1/projects.subscriptions."""

    service = "pubsub.googleapis.com"
    kind = "pubsub.projects.subscriptions"
    path = "projects/{project}/subscriptions/{subscription}"
    permission = "pubsub.subscriptions"
    has_policy = True
    also = frozenset({"pubsub.subscriptions.consume"})
    immutable = frozenset({"topic", "filter", "enableMessageOrdering"})
    defaults: ClassVar[Mapping[str, object]] = {
        "ackDeadlineSeconds": 10,
        "expirationPolicy": {"ttl": "2678400s"},
        "messageRetentionDuration": "604800s",
        "state": "ACTIVE",
    }

    def check(self, call: Call, body: Json) -> None:
        """Checks that messages are retained for a month at most."""
        del call
        _require_retained(body)

    def on_create(self, call: Call) -> Json:
        """Creates a subscription to an existing topic to which the caller may attach it."""
        topic = str(call.body.get("topic", ""))
        full = f"//{self.service}/{topic}"
        call.cloud.iam.require(call.caller.member, "pubsub.topics.attachSubscription", full)
        if call.cloud.store.get(full) is None:
            raise not_found(topic)
        return super().on_create(call)

    def generate(self, call: Call) -> Json:
        """Returns the full name and Google's defaults; an expiration policy without a time is none."""
        defaults = {field: value for field, value in self.defaults.items() if field not in call.body}
        return {**defaults, "name": call.name}
