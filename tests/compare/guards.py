"""Guards: types of resources that protect or restrict others, so that a later environment without one is a finding.

Other resources may be in an earlier environment alone, because a change goes there first. Both tables give reasons.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any, cast

from compare.values import Resource, Values

# Target of a guard: the kind and name of the resource that it applies to. None: the whole project.
Target = tuple[str, str]


def _project(_: Resource) -> Target | None:
    return None


def _namespace(resource: Resource) -> Target | None:
    name = _text(resource.inputs, "metadata.namespace")
    return ("Namespace", name) if name else None


def _network(resource: Resource) -> Target | None:
    return "Network", _text(resource.inputs, "network").rpartition("/")[2]


def _any(_: Resource) -> bool:
    return True


def _denies(resource: Resource) -> bool:
    return bool(resource.inputs.get("denies"))


def _allows(resource: Resource) -> bool:
    return not _denies(resource)


def _opens_nothing(resource: Resource) -> bool:
    """Return whether a network policy has no rule; a policy with rules only opens what another one closes."""
    spec = cast("Mapping[str, Any]", resource.inputs.get("spec") or {})
    return not spec.get("ingress") and not spec.get("egress")


@dataclass(frozen=True)
class Guard:
    """A type of resource that protects or restricts others.

    Attributes:
        type: a pattern of type tokens.
        reason: consequence of its absence.
        target: target of a resource of the type.
        applies: whether a resource of the type is a guard; all by default.
    """

    type: str
    reason: str
    target: Callable[[Resource], Target | None] = _project
    applies: Callable[[Resource], bool] = _any


GUARDS = (
    Guard("gcp:iam/denyPolicy:DenyPolicy", "permissions that it denies can be granted"),
    Guard("gcp:iam/*AccessBoundary*:*", "principals reach more than its boundary"),
    Guard("gcp:orgpolicy/policy:Policy", "what it forbids is allowed"),
    Guard("gcp:projects/iamMemberRemove:IamMemberRemove", "the account that it names may hold its role"),
    Guard("gcp:*/iAMAuditConfig:IAMAuditConfig", "accesses that it logs leave no trace"),
    Guard("gcp:*/iamAuditConfig:IamAuditConfig", "accesses that it logs leave no trace"),
    Guard("gcp:logging/*BucketConfig:*", "logs are kept for the shorter time of the default"),
    Guard("gcp:logging/*Sink:*", "the logs that it collects are not kept apart"),
    Guard("gcp:logging/metric:Metric", "nothing counts what it counts, so no alert sees it"),
    Guard("gcp:monitoring/alertPolicy:AlertPolicy", "nobody is alerted to what it watches"),
    Guard("gcp:monitoring/notificationChannel:NotificationChannel", "nobody is alerted"),
    Guard("gcp:monitoring/uptimeCheckConfig:UptimeCheckConfig", "nobody is alerted when it is down"),
    Guard("gcp:binaryauthorization/policy:Policy", "any image runs"),
    Guard("gcp:compute/sSLPolicy:SSLPolicy", "old versions of TLS are accepted"),
    Guard("gcp:compute/*ecurityPolicy*:*", "requests that it refuses pass"),
    Guard("gcp:accesscontextmanager/*:*", "data leaves the perimeter"),
    Guard("gcp:dns/policy:Policy", "lookups leave no trace"),
    Guard("gcp:gkebackup/backupPlan:BackupPlan", "the cluster has no backup"),
    Guard("gcp:backupdisasterrecovery/*:*", "data has no backup"),
    Guard("gcp:compute/*esourcePolicy*:*", "disks have no snapshot"),
    Guard("gcp:compute/firewall:Firewall", "traffic that it refuses passes", _network, _denies),
    Guard("kubernetes:networking.k8s.io/*:NetworkPolicy", "traffic that it refuses passes", _namespace, _opens_nothing),
    Guard("kubernetes:networking.gke.io/*:*Policy", "connections are less protected", _namespace),
    Guard("kubernetes:core/v1:ResourceQuota", "one namespace can use up the cluster", _namespace),
    Guard("kubernetes:core/v1:LimitRange", "containers without limits are admitted", _namespace),
    Guard("kubernetes:policy/*:PodDisruptionBudget", "a drained node takes all copies of the app at once", _namespace),
    Guard("kubernetes:admissionregistration.k8s.io/*:*", "objects that it refuses are admitted"),
)


@dataclass(frozen=True)
class Additive:
    """A list or map whose fewer items mean less access, or do not concern protection.

    Attributes:
        type: a pattern of the type's last part.
        property: a pattern of the path of the list, or of the map's item.
        reason: reason why fewer items are no loss of protection.
        empty_is_all: whether an empty list permits everything, so that the last item must not be missing.
        applies: whether a resource of the type has such a list; all by default.
    """

    type: str
    property: str
    reason: str
    empty_is_all: bool = False
    applies: Callable[[Resource], bool] = _any


_ACCESS = "fewer items are less access"
_LESS_REACH = "fewer items reach less; without any, everything"
_DESCRIBES = "it describes, and protects nothing"
_WORKLOAD = "it is what a container is given to work with"
_ADDRESS = "fewer items serve fewer names or addresses"
ADDITIVE = (
    Additive("*CustomRole", "permissions", _ACCESS),
    Additive("Role", "rules", _ACCESS),
    Additive("ClusterRole", "rules", _ACCESS),
    Additive("*Role", "rules.verbs", _ACCESS),
    Additive("*Role", "rules.resources", _ACCESS),
    Additive("*Role", "rules.apiGroups", _ACCESS),
    Additive("*Role", "rules.resourceNames", _LESS_REACH, empty_is_all=True),
    Additive("*RoleBinding", "subjects", _ACCESS),
    Additive("User", "databaseRoles", _ACCESS),
    Additive("DenyPolicy", "rules.denyRule.exceptionPrincipals", "fewer exceptions deny more"),
    Additive("Policy", "admissionWhitelistPatterns", "fewer images are admitted"),
    Additive("Policy", "spec.rules.values.allowedValues", _LESS_REACH, empty_is_all=True),
    Additive("Cluster", "*.oauthScopes", _ACCESS),
    Additive("Firewall", "allows", _ACCESS),
    Additive("Firewall", "allows.ports", _LESS_REACH, empty_is_all=True),
    Additive("Firewall", "sourceRanges", _LESS_REACH, empty_is_all=True, applies=_allows),
    Additive("Firewall", "destinationRanges", _LESS_REACH, empty_is_all=True, applies=_allows),
    Additive("NetworkPolicy", "spec.ingress", _ACCESS),
    Additive("NetworkPolicy", "spec.egress", _ACCESS),
    Additive("NetworkPolicy", "spec.*gress.from", _LESS_REACH, empty_is_all=True),
    Additive("NetworkPolicy", "spec.*gress.to", _LESS_REACH, empty_is_all=True),
    Additive("NetworkPolicy", "spec.*gress.ports", _LESS_REACH, empty_is_all=True),
    Additive("Topic", "messageStoragePolicy.allowedPersistenceRegions", _LESS_REACH, empty_is_all=True),
    Additive("Gateway", "spec.listeners", _ADDRESS),
    Additive("Gateway", "spec.listeners.allowedRoutes.kinds", _LESS_REACH, empty_is_all=True),
    Additive("Gateway", "spec.addresses", _ADDRESS),
    Additive("Certificate", "managed.*", _ADDRESS),
    Additive("CertificateMapEntry", "certificates", _ADDRESS),
    Additive("RecordSet", "rrdatas", _ADDRESS),
    Additive("ManagedZone", "privateVisibilityConfig.networks", _ADDRESS),
    Additive("Connection", "reservedPeeringRanges", _ADDRESS),
    Additive("Subnetwork", "secondaryIpRanges", _ADDRESS),
    Additive("RouterNat", "subnetworks", _ACCESS),
    Additive("Service", "spec.ports", _ADDRESS),
    Additive("ConfigMap", "data.*", _WORKLOAD),
    Additive("*", "*.containers.env", _WORKLOAD),
    Additive("*", "*.containers.envFrom", _WORKLOAD),
    Additive("*", "*.containers.volumeMounts", _WORKLOAD),
    Additive("*", "*.containers.ports", _WORKLOAD),
    Additive("*", "*.volumes", _WORKLOAD),
    Additive("*", "metadata.annotations.*", _DESCRIBES),
    Additive("*", "labels.*", _DESCRIBES),
    Additive("*", "*.userLabels.*", _DESCRIBES),
    Additive("*", "resourceLabels.*", _DESCRIBES),
)


def guard(resource: Resource) -> Guard | None:
    """Return the kind of guard that a resource is; None for a resource that protects and restricts nothing."""
    return next((kind for kind in GUARDS if fnmatchcase(resource.type, kind.type) and kind.applies(resource)), None)


def missed(resource: Resource, earlier: Values, later: Values) -> Guard | None:
    """Return the guard that a later environment lacks, if it has the guarded resources; None otherwise.

    A guard applies to its target, where the program declares the target; else to the other resources of its
    components, such as a datastore; else to the whole project.

    Args:
        resource: a resource of the earlier environment alone.
        earlier: declarations of the earlier environment.
        later: declarations of the later environment.
    """
    missing = guard(resource)
    if missing is None:
        return None
    target = missing.target(resource)
    if target is not None and target in set(_targets(earlier.values())):
        present = target in set(_targets(later.values()))
    else:
        guarded = {component for other in earlier.values() if guard(other) is None for component in other.components}
        declared = {component for other in later.values() for component in other.components}
        present = declared.issuperset(guarded.intersection(resource.components))
    return missing if present else None


def _targets(resources: Iterable[Resource]) -> Iterator[Target]:
    for resource in resources:
        kind = resource.type.rpartition(":")[2]
        yield kind, _text(resource.inputs, "name") or _text(resource.inputs, "metadata.name") or resource.name


def additive(resource: Resource, path: str) -> Additive | None:
    """Return the reason why the items of a property are additive; None where fewer may mean less protection."""
    kind = resource.type.rpartition(":")[2]
    fits = (entry for entry in ADDITIVE if fnmatchcase(kind, entry.type) and fnmatchcase(path, entry.property))
    return next((entry for entry in fits if entry.applies(resource)), None)


def _text(inputs: Mapping[str, Any], path: str) -> str:
    value: Any = inputs
    for part in path.split("."):
        value = cast("Mapping[str, Any]", value).get(part) if isinstance(value, dict) else None
    return value if isinstance(value, str) else ""
