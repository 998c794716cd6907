"""Maintenance of the cluster: the times at which Google may upgrade it, and the notices of upgrades.

Upgrades themselves are Google's: the release channel chooses the versions. How to time one: ../README.md.
"""

from dataclasses import dataclass
from datetime import UTC, datetime

import pulumi
import pulumi_gcp as gcp

from platform_layer.cluster.cluster_settings import ClusterSettings, MaintenanceWindow

# Google keeps messages on a topic so long at most; whoever subscribes late, or was away, still reads them.
KEPT = f"{31 * 24 * 3600}s"


def policy(settings: ClusterSettings) -> gcp.container.ClusterMaintenancePolicyArgs:
    """The window of each week, and the times without upgrades; warns of times that are over."""
    if over := settings.over(datetime.now(UTC)):
        pulumi.log.warn(
            f"platform:cluster.freezes: {', '.join(over)} is over and holds off nothing, but counts towards the number "
            "that Google takes. Remove it."
        )
    return gcp.container.ClusterMaintenancePolicyArgs(
        recurring_window=_window(settings.maintenance),
        maintenance_exclusions=[
            gcp.container.ClusterMaintenancePolicyMaintenanceExclusionArgs(
                exclusion_name=name,
                start_time=freeze.start,
                end_time=freeze.end,
                exclusion_options=gcp.container.ClusterMaintenancePolicyMaintenanceExclusionExclusionOptionsArgs(
                    scope=freeze.scope
                ),
            )
            for name, freeze in sorted(settings.freezes.items())
        ]
        or None,
    )


def _window(window: MaintenanceWindow) -> gcp.container.ClusterMaintenancePolicyRecurringWindowArgs:
    # Only the times of day count; the recurrence has the days. The date is any day in the past.
    hour, minute = (int(part) for part in window.start.split(":"))
    days, end = divmod(hour + window.hours, 24)
    return gcp.container.ClusterMaintenancePolicyRecurringWindowArgs(
        start_time=f"2025-01-04T{hour:02}:{minute:02}:00Z",
        end_time=f"2025-01-{4 + days:02}T{end:02}:{minute:02}:00Z",
        recurrence=f"FREQ=WEEKLY;BYDAY={','.join(window.days)}",
    )


@dataclass(frozen=True)
class NoticesArgs:
    """Arguments of Notices.

    Attributes:
        project: the project's ID.
        region: of the kept messages.
    """

    project: str
    region: str


class Notices(pulumi.ComponentResource):
    """Google's messages about upgrades, end of support and security bulletins; `topic` is the topic's ID."""

    def __init__(self, name: str, args: NoticesArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("prodfirst:platform:Notices", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        topic = gcp.pubsub.Topic(
            name,
            name=name,
            project=args.project,
            message_retention_duration=KEPT,
            message_storage_policy=gcp.pubsub.TopicMessageStoragePolicyArgs(allowed_persistence_regions=[args.region]),
            labels={"layer": "platform"},
            opts=child,
        )
        gcp.pubsub.Subscription(
            f"{name}-platform-team",
            name=f"{name}-platform-team",
            project=args.project,
            topic=topic.id,
            message_retention_duration=KEPT,
            # It must not end because nobody upgraded anything for a month.
            expiration_policy=gcp.pubsub.SubscriptionExpirationPolicyArgs(ttl=""),
            labels={"layer": "platform"},
            opts=child,
        )
        self.topic = topic.id
        self.register_outputs({"topic": self.topic})
