"""Pub/Sub: topics, subscriptions, and members of their policies."""

from collections.abc import Mapping
from typing import Any

from sandbox.plugins.gcp.conversions import Conversion
from sandbox.plugins.gcp.members import MemberType
from sandbox.plugins.gcp.types import ResourceType
from sandbox.plugins.protocol import Properties

_LABELS = {"effectiveLabels": "labels", "pulumiLabels": "labels"}


class _SubscriptionType(ResourceType):
    """A subscription; the program can declare its topic by short name."""

    def to_body(self, inputs: Properties) -> Properties:
        """Returns the body, with the topic's full name."""
        topic = str(inputs["topic"])
        full = topic if "/" in topic else f"projects/{inputs['project']}/topics/{topic}"
        return {**super().to_body(inputs), "topic": full}

    def from_body(self, body: Properties) -> Properties:
        """Returns the inputs; a policy without a time is the provider's empty one: the subscription never expires."""
        inputs = super().from_body(body)
        if inputs.get("expirationPolicy") == {}:
            inputs["expirationPolicy"] = {"ttl": ""}
        return inputs

    def read_inputs(self, inputs: Properties, body: Properties) -> Properties:
        """Returns the inputs, with the topic in the declared form if it is the same topic."""
        present = super().read_inputs(inputs, body)
        same = "topic" in inputs and self.to_body(inputs)["topic"] == body["topic"]
        return {**present, "topic": inputs["topic"]} if same else present


class _TopicMemberType(MemberType):
    """A member of a topic's policy; the program declares the topic by name or id."""

    def variables(self, inputs: Properties) -> Mapping[str, Any]:
        """Returns the variables, with project and short name from the id."""
        parts = str(inputs["topic"]).split("/")
        return inputs if len(parts) < 4 else {**inputs, "project": parts[1], "topic": parts[3]}


_TOPIC = ResourceType(
    type="gcp:pubsub/topic:Topic",
    kind="pubsub.projects.topics",
    name="projects/{project}/topics/{name}",
    replace_on=frozenset({"name", "project", "tags"}),
    provider_only=frozenset({"name"}),
    computed=_LABELS,
)
_SUBSCRIPTION = _SubscriptionType(
    type="gcp:pubsub/subscription:Subscription",
    kind="pubsub.projects.subscriptions",
    name="projects/{project}/subscriptions/{name}",
    required=("topic",),
    conversions={"expirationPolicy.ttl": Conversion(lambda ttl: ttl or None, str)},
    replace_on=frozenset({"enableMessageOrdering", "filter", "name", "project", "tags", "topic"}),
    provider_only=frozenset({"name"}),
    computed=_LABELS,
)
_TOPIC_MEMBER = _TopicMemberType(
    type="gcp:pubsub/topicIAMMember:TopicIAMMember",
    kind="pubsub.projects.topics",
    name="projects/{project}/topics/{topic}",
    id="projects/{project}/topics/{topic}/{role}/{member}",
    required=("member", "role", "topic"),
    replace_on=frozenset({"condition", "member", "project", "role", "topic"}),
)
_SUBSCRIPTION_MEMBER = MemberType(
    type="gcp:pubsub/subscriptionIAMMember:SubscriptionIAMMember",
    kind="pubsub.projects.subscriptions",
    name="projects/{project}/subscriptions/{subscription}",
    id="projects/{project}/subscriptions/{subscription}/{role}/{member}",
    required=("member", "role", "subscription"),
    replace_on=frozenset({"condition", "member", "project", "role", "subscription"}),
)

TYPES = (_TOPIC, _SUBSCRIPTION, _TOPIC_MEMBER, _SUBSCRIPTION_MEMBER)
