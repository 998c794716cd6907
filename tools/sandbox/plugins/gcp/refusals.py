"""Combinations of inputs that the provider refuses in its plan, where no single fact of an input decides.

Each function yields the problems of one type's inputs. An input that is unknown in a preview may be anything.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from typing import Any, cast

from sandbox.plugins.gcp.paths import take
from sandbox.plugins.protocol import UNKNOWN, Properties

_SOURCES = ("sourceTags", "sourceRanges", "sourceServiceAccounts")
_RECOVERABLE = ("POSTGRES", "SQLSERVER")  # engines with recovery to a point in time
_DIRECTORY = ("dnsServers", "adminCredentialSecretName", "organizationalUnit")
_SENSITIVE = {"authToken": "auth_token", "password": "password", "serviceKey": "service_key"}  # input -> label


def problems(token: str, inputs: Properties) -> list[str]:
    """Returns the problems of a type's inputs, a sentence each."""
    refusals = _REFUSALS.get(token)
    return [f"{token}: {problem}" for problem in refusals(inputs)] if refusals else []


def _firewall(inputs: Properties) -> Iterator[str]:
    if (inputs.get("direction") or "INGRESS") == "INGRESS" and not any(key in inputs for key in _SOURCES):
        yield f"a rule for INGRESS needs one of {', '.join(_SOURCES)}."


def _router(inputs: Properties) -> Iterator[str]:
    if take(inputs, "bgp.advertiseMode") == "DEFAULT":
        for key in ("advertisedGroups", "advertisedIpRanges"):
            if take(inputs, f"bgp.{key}"):
                yield f"'bgp.{key}' needs 'bgp.advertiseMode' CUSTOM; DEFAULT is the subnets alone."


def _ssl_policy(inputs: Properties) -> Iterator[str]:
    profile, features = inputs.get("profile"), inputs.get("customFeatures")
    if UNKNOWN in (profile, features):
        return
    if profile == "CUSTOM" and not features:
        yield "the profile CUSTOM needs 'customFeatures'."
    elif profile != "CUSTOM" and features:
        yield f"'customFeatures' needs the profile CUSTOM, not {profile}."


def _security_policy(inputs: Properties) -> Iterator[str]:
    rules = inputs.get("rules")
    priorities = Counter(
        str(take(rule, "priority")) for rule in cast("list[Any]", rules if isinstance(rules, list) else [])
    )
    for priority, number in priorities.items():
        if number > 1 and priority != UNKNOWN:
            yield f"{number} rules have the priority {priority}; each needs its own."


def _cluster(inputs: Properties) -> Iterator[str]:
    settings = "clusterAutoscaling.autoProvisioningDefaults.upgradeSettings"
    if take(inputs, f"{settings}.strategy") not in (None, "SURGE", UNKNOWN):
        for key in ("maxSurge", "maxUnavailable"):
            if take(inputs, f"{settings}.{key}"):
                yield f"'{settings}.{key}' needs the strategy SURGE."
    if inputs.get("skipNodePoolRefresh") is True and inputs.get("nodePools"):
        yield "'skipNodePoolRefresh' cannot be true beside 'nodePools'; declare node pools as resources of their own."


def _instance(inputs: Properties) -> Iterator[str]:
    version = str(inputs.get("databaseVersion", UNKNOWN))
    recovery = "settings.backupConfiguration.pointInTimeRecoveryEnabled"
    if take(inputs, recovery) is True and version != UNKNOWN and not any(name in version for name in _RECOVERABLE):
        yield f"'{recovery}' is for {' and '.join(_RECOVERABLE)} alone; MySQL has 'binaryLogEnabled' for it."
    directory = take(inputs, "settings.activeDirectoryConfig")
    if take(directory, "mode") == "CUSTOMER_MANAGED_ACTIVE_DIRECTORY":
        for key in _DIRECTORY:
            if not take(directory, key):
                yield f"an Active Directory that you manage needs 'settings.activeDirectoryConfig.{key}'."


def _sink(inputs: Properties) -> Iterator[str]:
    if inputs.get("bigqueryOptions") and inputs.get("uniqueWriterIdentity") is False:
        yield "'bigqueryOptions' needs 'uniqueWriterIdentity' to be true."


def _channel(inputs: Properties) -> Iterator[str]:
    for key, label in _SENSITIVE.items():
        if take(inputs, f"labels.{label}") and take(inputs, f"sensitiveLabels.{key}"):
            yield f"'labels.{label}' and 'sensitiveLabels.{key}' are the same label; keep the sensitive one."


_REFUSALS: Mapping[str, Callable[[Properties], Iterator[str]]] = {
    "gcp:compute/firewall:Firewall": _firewall,
    "gcp:compute/router:Router": _router,
    "gcp:compute/sSLPolicy:SSLPolicy": _ssl_policy,
    "gcp:compute/securityPolicy:SecurityPolicy": _security_policy,
    "gcp:container/cluster:Cluster": _cluster,
    "gcp:logging/projectSink:ProjectSink": _sink,
    "gcp:monitoring/notificationChannel:NotificationChannel": _channel,
    "gcp:sql/databaseInstance:DatabaseInstance": _instance,
}
