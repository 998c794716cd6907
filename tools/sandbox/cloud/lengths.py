"""Lengths of texts in resources, as Google's definitions and documents state them.

A name that is also a part of the resource's path is checked by its collection; Google refuses most of the others only
when the resource is made, which is after the merge.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, cast

from sandbox.cloud.errors import invalid
from sandbox.cloud.store import Json


@dataclass(frozen=True)
class Most:
    """The length of the longest text of a field.

    Attributes:
        count: of characters, or of bytes.
        bytes: True where bytes in UTF-8 are counted.
    """

    count: int
    bytes: bool = False

    def fits(self, text: str) -> bool:
        """Returns whether a text is short enough."""
        return len(text.encode() if self.bytes else text) <= self.count

    def __str__(self) -> str:
        return f"{self.count} {'bytes' if self.bytes else 'characters'}"


_NAME = {"name": Most(63)}
_TAG = {"description": Most(256), "shortName": Most(256)}
# https://cloud.google.com/iam/quotas has the description; another page of Google's says 300.
_ROLE = {"title": Most(100, bytes=True), "description": Most(256, bytes=True)}
# Kind of a resource -> path of a field -> its longest text. `[]` stands for each item, `{}` for each value of a map.
LONGEST: Mapping[str, Mapping[str, Most]] = {
    "cloudidentity.groups": {"description": Most(4096)},
    "cloudresourcemanager.folders": {"displayName": Most(30)},
    "cloudresourcemanager.projects": {"displayName": Most(30)},
    "cloudresourcemanager.tagKeys": _TAG,
    "cloudresourcemanager.tagValues": _TAG,
    "compute.addresses": _NAME,
    "compute.firewalls": _NAME,
    "compute.globalAddresses": _NAME,
    "compute.networks": _NAME,
    "compute.routers": {
        **_NAME,
        "bgpPeers[].name": Most(63),
        "interfaces[].name": Most(63),
        "interfaces[].redundantInterface": Most(63),
        "md5AuthenticationKeys[].key": Most(80),
        "nats[].name": Most(63),
    },
    "compute.routes": _NAME,
    "compute.securityPolicies": {
        **_NAME,
        "adaptiveProtectionConfig.layer7DdosDefenseConfig.thresholdConfigs[].name": Most(63),
        "displayName": Most(63),
        "shortName": Most(63),
    },
    "compute.sslPolicies": _NAME,
    "compute.subnetworks": {**_NAME, "secondaryIpRanges[].rangeName": Most(63)},
    "container.projects.locations.clusters": {"name": Most(40), "nodePools[].networkConfig.subnetwork": Most(63)},
    "container.projects.locations.clusters.nodePools": {"networkConfig.subnetwork": Most(63)},
    "dns.managedZones": {**_NAME, "description": Most(1024)},
    "dns.policies": {"description": Most(1024)},
    "iam.organizations.roles": _ROLE,
    "iam.policies": {"displayName": Most(63), "rules[].description": Most(256)},
    "iam.projects.locations.workloadIdentityPools": {"description": Most(256), "displayName": Most(32)},
    "iam.projects.locations.workloadIdentityPools.providers": {
        "attributeCondition": Most(4096),
        "attributeMapping{}": Most(2048),
        "description": Most(256),
        "displayName": Most(32),
        "oidc.allowedAudiences[]": Most(256),
        "oidc.discoveryUri": Most(2000),
    },
    "iam.projects.roles": _ROLE,
    "iam.projects.serviceAccounts": {"description": Most(256, bytes=True), "displayName": Most(100, bytes=True)},
    "logging.projects.metrics": {"description": Most(8000), "filter": Most(20_000), "name": Most(100)},
    "logging.projects.sinks": {
        "description": Most(8000),
        "exclusions[].name": Most(100),
        # https://cloud.google.com/logging/quotas
        "filter": Most(20_000),
        "exclusions[].filter": Most(20_000),
        "name": Most(100),
    },
    "monitoring.projects.alertPolicies": {
        "conditions[].conditionAbsent.filter": Most(2048),
        "conditions[].conditionPrometheusQueryLanguage.alertRule": Most(2048),
        "conditions[].conditionPrometheusQueryLanguage.ruleGroup": Most(2048),
        "conditions[].conditionThreshold.denominatorFilter": Most(2048),
        "conditions[].conditionThreshold.filter": Most(2048),
        "displayName": Most(512),
        "documentation.content": Most(8192),
        "documentation.links[].url": Most(2083),
        "documentation.subject": Most(10_240, bytes=True),
    },
    "monitoring.projects.notificationChannels": {"description": Most(1024), "displayName": Most(512)},
    # https://cloud.google.com/monitoring/quotas
    "monitoring.projects.uptimeCheckConfigs": {"displayName": Most(512)},
    "pubsub.projects.subscriptions": {"name": Most(255)},
    "pubsub.projects.topics": {"name": Most(255)},
    "serviceusage.services": {"config.quota.limits[].name": Most(64)},
    "sql.instances": {"settings.ipConfiguration.allocatedIpRange": Most(63)},
}


def require_valid(kind: str, body: Json) -> None:
    """Checks the texts in a body.

    Args:
        kind: the resource's, such as "iam.projects.serviceAccounts".
        body: the resource's.

    Raises:
        ApiError: INVALID_ARGUMENT.
    """
    for path, most in LONGEST.get(kind, {}).items():
        for text in values(body, path):
            if not isinstance(text, str):
                continue
            # Names are stored in full, and limited without what stands before them.
            own = text.rpartition("/")[2] if path == "name" else text
            if not most.fits(own):
                shown = own if len(own) <= 40 else f"{own[:40]}…"
                raise invalid(f"Invalid value for field '{path}': '{shown}' is longer than {most}.")


def values(value: Any, path: str) -> Iterator[Any]:
    """Yields the values at a path of names, `[]` for each item and `{}` for each value of a map: `a.b[].c`."""
    return _below(value, path.replace("[]", ".[]").replace("{}", ".{}").split("."))


def _below(value: Any, steps: list[str]) -> Iterator[Any]:
    if not steps:
        yield value
        return
    step, *rest = steps
    if step == "[]" and isinstance(value, list):
        for item in cast("list[Any]", value):
            yield from _below(item, rest)
    elif isinstance(value, dict):
        fields = cast("Json", value)
        for item in fields.values() if step == "{}" else [fields.get(step)]:
            yield from _below(item, rest)
