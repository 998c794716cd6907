"""Types that protect or restrict: a later environment that lacks one is a finding although an earlier one has it.

Being in an earlier environment alone is otherwise no finding: a change goes there first. Both tables give the reason.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any, cast

from compare.values import Resource, Values

# What a guard is about: a name of the resources that it applies to, and their kind. None: the whole project.
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
    """Whether a network policy has no rule: one with rules only opens what another one closes."""
    spec = cast("Mapping[str, Any]", resource.inputs.get("spec") or {})
    return not spec.get("ingress") and not spec.get("egress")


@dataclass(frozen=True)
class Guard:
    """A type of resource that protects or restricts others.

    Attributes:
        type: a pattern of type tokens.
        reason: what its absence means.
        target: what it applies to.
        applies: which resources of the type are guards; all by default.
    """

    type: str
    reason: str
    target: Callable[[Resource], Target | None] = _project
    applies: Callable[[Resource], bool] = _any


GUARDS = (
    Guard("gcp:iam/denyPolicy:DenyPolicy", "permissions that it denies can be granted"),
    Guard("gcp:iam/*AccessBoundary*:*", "principals reach more than its boundary"),
    Guard("gcp:orgpolicy/policy:Policy", "what it forbids is allowed"),
    Guard("gcp:*/iAMAuditConfig:IAMAuditConfig", "accesses that it logs leave no trace"),
    Guard("gcp:*/iamAuditConfig:IamAuditConfig", "accesses that it logs leave no trace"),
    Guard("gcp:logging/*BucketConfig:*", "logs are kept for the shorter time of the default"),
    Guard("gcp:logging/*Sink:*", "the logs that it collects are not kept apart"),
    Guard("gcp:logging/metric:Metric", "nothing counts what it counts, so no alert sees it"),
    Guard("gcp:monitoring/alertPolicy:AlertPolicy", "nobody is told of what it watches"),
    Guard("gcp:monitoring/notificationChannel:NotificationChannel", "nobody is told"),
    Guard("gcp:monitoring/uptimeCheckConfig:UptimeCheckConfig", "nobody is told when it is down"),
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
    """Items of lists and maps of which fewer mean less access, or nothing for protection.

    Attributes:
        type: a pattern of the type's last part.
        property: a pattern of the path of the list, or of the map's item.
        reason: why fewer are no loss of protection.
        empty_is_all: whether no item at all means every one, so that the last item must not be missing.
        applies: in which resources of the type; in all by default.
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
    """The guard that a resource is; None for what protects and restricts nothing."""
    return next((each for each in GUARDS if fnmatchcase(resource.type, each.type) and each.applies(resource)), None)


def missed(resource: Resource, earlier: Values, later: Values) -> Guard | None:
    """The guard that a later environment lacks, if what it guards is there; None otherwise.

    What a guard applies to is its target, where the program declares that; else what the components around it make
    beside guards, such as a datastore; else the whole project.

    Args:
        resource: of the earlier environment, and not of the later one.
        earlier: what the earlier one declares.
        later: what the later one declares.
    """
    found = guard(resource)
    if found is None:
        return None
    target = found.target(resource)
    if target is not None and target in set(_targets(earlier.values())):
        present = target in set(_targets(later.values()))
    else:
        guarded = {each for other in earlier.values() if guard(other) is None for each in other.components}
        there = {each for other in later.values() for each in other.components}
        present = there.issuperset(guarded.intersection(resource.components))
    return found if present else None


def _targets(resources: Iterable[Resource]) -> Iterator[Target]:
    for resource in resources:
        kind = resource.type.rpartition(":")[2]
        yield kind, _text(resource.inputs, "name") or _text(resource.inputs, "metadata.name") or resource.name


def additive(resource: Resource, path: str) -> Additive | None:
    """Reason why the items of a property are additive; None where fewer may mean less protection."""
    kind = resource.type.rpartition(":")[2]
    fits = (each for each in ADDITIVE if fnmatchcase(kind, each.type) and fnmatchcase(path, each.property))
    return next((each for each in fits if each.applies(resource)), None)


def _text(inputs: Mapping[str, Any], path: str) -> str:
    value: Any = inputs
    for part in path.split("."):
        value = cast("Mapping[str, Any]", value).get(part) if isinstance(value, dict) else None
    return value if isinstance(value, str) else ""
