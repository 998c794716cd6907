"""Numbers, times and counts in resources, as Google's definitions and documents limit them.

A length of time is in seconds, as in every body of Google's APIs. What depends on another field, such as on an edition,
is checked by its collection.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, cast

from sandbox.cloud import lengths
from sandbox.cloud.errors import invalid
from sandbox.cloud.store import Json

_DAY = 24 * 3600
_CENTURY = 100 * 365.25 * _DAY


@dataclass(frozen=True)
class Within:
    """The least and the greatest value of a field; a few have another one that means none."""

    least: float
    most: float
    none: float | None = None

    def fits(self, amount: float) -> bool:
        """Returns whether a value is permitted."""
        return self.least <= amount <= self.most or amount == self.none

    def __str__(self) -> str:
        return f"{self.least:.12g} to {self.most:.12g}"


def _kubelet(*places: str) -> dict[str, Within]:
    limits = {
        "containerLogMaxFiles": Within(2, 10),
        "containerLogMaxWorkers": Within(1, 10),
        "imageGcHighThresholdPercent": Within(10, 85),
        "imageGcLowThresholdPercent": Within(10, 85),
    }
    return {f"{place}.{name}": within for place in places for name, within in limits.items()}


_ENTRIES = "linuxNodeConfig.nodeVfioConfig.dmaEntryLimit"
_MEMORY = Within(65_535, 4_194_304)
_PRIORITY = {"priority": Within(0, 65_535)}
_CAPTURE = "settings.performanceCaptureConfig"
# Kind of a resource -> path of a field -> its limits. `[]` stands for each item, `#` for the number of items.
AMOUNTS: Mapping[str, Mapping[str, Within]] = {
    # https://cloud.google.com/artifact-registry/quotas
    "artifactregistry.projects.locations.repositories": {"cleanupPolicies#": Within(0, 10)},
    # https://cloud.google.com/kms/docs/reference/rest/v1/projects.locations.keyRings.cryptoKeys
    "cloudkms.projects.locations.keyRings.cryptoKeys": {
        "destroyScheduledDuration": Within(_DAY, 120 * _DAY),
        "rotationPeriod": Within(_DAY, _CENTURY),
    },
    # https://cloud.google.com/firewall/docs/quotas
    "compute.firewalls": {
        **_PRIORITY,
        "destinationRanges#": Within(0, 5000),
        "sourceRanges#": Within(0, 5000),
        "sourceServiceAccounts#": Within(0, 10),
        "sourceTags#": Within(0, 30),
        "targetServiceAccounts#": Within(0, 10),
        "targetTags#": Within(0, 70),
    },
    "compute.networks": {"mtu": Within(1300, 8896, none=0)},
    "compute.routers": {
        "bgp.keepaliveInterval": Within(20, 60, none=0),
        "bgpPeers[].customLearnedRoutePriority": Within(0, 65_335),
        "bgpPeers[].bfd.minReceiveInterval": Within(1000, 30_000),
        "bgpPeers[].bfd.minTransmitInterval": Within(1000, 30_000),
        "bgpPeers[].bfd.multiplier": Within(5, 16),
        "nats[].rules[].ruleNumber": Within(0, 65_000),
    },
    "compute.routes": _PRIORITY,
    "compute.securityPolicies": {"rules[].priority": Within(0, 2**31 - 1)},
    "compute.subnetworks": {"logConfig.flowSampling": Within(0, 1)},
    "container.projects.locations.clusters": {
        **_kubelet(
            "nodeConfig.kubeletConfig",
            "nodePoolAutoConfig.nodeKubeletConfig",
            "nodePoolDefaults.nodeConfigDefaults.nodeKubeletConfig",
            "nodePools[].config.kubeletConfig",
        ),
        **{f"{place}.{_ENTRIES}": _MEMORY for place in ("nodeConfig", "nodePools[].config")},
    },
    "container.projects.locations.clusters.nodePools": {
        **_kubelet("config.kubeletConfig"),
        f"config.{_ENTRIES}": _MEMORY,
    },
    # https://cloud.google.com/kubernetes-engine/docs/add-on/backup-for-gke/reference/rest: RetentionPolicy
    "gkebackup.projects.locations.backupPlans": {
        "retentionPolicy.backupDeleteLockDays": Within(0, 90),
        "retentionPolicy.backupRetainDays": Within(0, 365),
    },
    "iam.projects.locations.workloadIdentityPools": {
        "inlineCertificateIssuanceConfig.rotationWindowPercentage": Within(50, 80),
    },
    # https://cloud.google.com/iam/docs/reference/rest/v1/projects.locations.workloadIdentityPools.providers
    "iam.projects.locations.workloadIdentityPools.providers": {"oidc.allowedAudiences#": Within(0, 10)},
    # https://cloud.google.com/iam/quotas
    "iam.organizations.roles": {"includedPermissions#": Within(0, 3000)},
    "iam.projects.roles": {"includedPermissions#": Within(0, 3000)},
    # https://cloud.google.com/logging/quotas#logs_retention_periods
    "logging.projects.locations.buckets": {"retentionDays": Within(1, 3650, none=0)},
    # https://cloud.google.com/monitoring/quotas
    "monitoring.projects.alertPolicies": {
        "alertStrategy.autoClose": Within(1800, 7 * _DAY),
        "conditions#": Within(1, 6),
        "notificationChannels#": Within(0, 16),
    },
    # https://cloud.google.com/pubsub/docs/reference/rest/v1/projects.subscriptions
    "pubsub.projects.subscriptions": {
        "ackDeadlineSeconds": Within(10, 600, none=0),
        "deadLetterPolicy.maxDeliveryAttempts": Within(5, 100, none=0),
        "expirationPolicy.ttl": Within(_DAY, 365 * _DAY),
    },
    # https://cloud.google.com/secret-manager/docs/reference/rest/v1/projects.secrets
    "secretmanager.projects.secrets": {
        "rotation.rotationPeriod": Within(3600, 3_153_600_000),
        "topics#": Within(0, 10),
        "ttl": Within(60, 3_153_600_000),
    },
    # https://cloud.google.com/sql/docs/postgres/backup-recovery/backups, and the fields' own words
    "sql.instances": {
        f"{_CAPTURE}.cpuUtilizationThresholdPercent": Within(10, 99),
        f"{_CAPTURE}.historyListLengthThresholdCount": Within(10_000, 10_000_000),
        f"{_CAPTURE}.memoryUsageThresholdPercent": Within(10, 99),
        f"{_CAPTURE}.semaphoreWaitThresholdCount": Within(10, 10_000),
        f"{_CAPTURE}.transactionKillThresholdSeconds": Within(60, 604_800),
        f"{_CAPTURE}.transactionLockWaitThresholdCount": Within(10, 10_000),
        "settings.denyMaintenancePeriods#": Within(0, 1),
        "settings.finalBackupConfig.retentionDays": Within(1, 365, none=0),
        "settings.maintenanceWindow.day": Within(1, 7, none=0),
        "settings.maintenanceWindow.hour": Within(0, 23),
    },
    # https://cloud.google.com/storage/docs/soft-delete, https://cloud.google.com/storage/quotas
    "storage.buckets": {
        "lifecycle.rule#": Within(0, 100),
        "retentionPolicy.retentionPeriod": Within(1, _CENTURY),
        "softDeletePolicy.retentionDurationSeconds": Within(7 * _DAY, 90 * _DAY, none=0),
    },
}


def require_valid(kind: str, body: Json) -> None:
    """Checks the numbers, times and counts in a body.

    Args:
        kind: the resource's, such as "compute.firewalls".
        body: the resource's.

    Raises:
        ApiError: INVALID_ARGUMENT.
    """
    for path, within in AMOUNTS.get(kind, {}).items():
        for amount in _amounts(body, path):
            if not within.fits(amount):
                raise invalid(f"Invalid value for field '{path}': {amount:.12g} is not within {within}.")


def _amounts(body: Json, path: str) -> Iterator[float]:
    counted = path.endswith("#")
    for value in lengths.values(body, path.rstrip("#")):
        if counted and isinstance(value, list | dict):
            yield len(cast("list[Any]", value))
        elif isinstance(value, int | float) and not isinstance(value, bool):
            yield value
        elif isinstance(value, str) and value:
            try:
                yield float(value.removesuffix("s"))
            except ValueError:
                raise invalid(f"Invalid value for field '{path}': '{value}' is no number.") from None
