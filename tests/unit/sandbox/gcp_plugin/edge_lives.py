"""The lives of the types at the edge of a cluster: what tells of it, what may run in it, names and certificates."""

from sandbox.plugins.protocol import Properties
from unit.sandbox.gcp_plugin.lives import MEMBER, Life, P

TOPIC, SUBSCRIPTION = f"{P}/topics/upgrades", f"{P}/subscriptions/team"

EDGE_SETUP: dict[str, tuple[str, Properties]] = {
    "topic": ("gcp:pubsub/topic:Topic", {"name": "upgrades"}),
    "subscription": ("gcp:pubsub/subscription:Subscription", {"name": "team", "topic": TOPIC}),
}

EDGE_LIVES = [
    Life("", "gcp:pubsub/topic:Topic", EDGE_SETUP["topic"][1], {"labels": {"team": "platform"}}, TOPIC),
    Life(
        "topic",
        "gcp:pubsub/subscription:Subscription",
        EDGE_SETUP["subscription"][1],
        {"ackDeadlineSeconds": 60},
        SUBSCRIPTION,
    ),
    Life(
        "topic",
        "gcp:pubsub/topicIAMMember:TopicIAMMember",
        {"topic": "upgrades", "role": "roles/pubsub.publisher", "member": MEMBER},
        {},
        f"{TOPIC}/roles/pubsub.publisher/{MEMBER}",
    ),
    Life(
        "topic subscription",
        "gcp:pubsub/subscriptionIAMMember:SubscriptionIAMMember",
        {"subscription": "team", "role": "roles/pubsub.subscriber", "member": MEMBER},
        {},
        f"{SUBSCRIPTION}/roles/pubsub.subscriber/{MEMBER}",
    ),
]
EDGE_KEPT: set[str] = set()
