"""GKE: changes of a cluster, each of which names the desired state of a part.

https://cloud.google.com/kubernetes-engine/docs/reference/rest/v1/ClusterUpdate
"""

from collections.abc import Callable, Mapping

from sandbox.cloud.resources import Change
from sandbox.cloud.store import Json
from sandbox.google import answers, changes
from sandbox.google.exchange import Exchange, not_simulated

_CLUSTERS = "container.projects.locations.clusters"
_POOLS = f"{_CLUSTERS}.nodePools"
# Field of an update -> field of the cluster, where it is not the same name after "desired".
_FIELDS: Mapping[str, str] = {
    "desiredAutopilotClusterPolicyConfig": "autopilot.clusterPolicyConfig",
    "desiredAutopilotWorkloadPolicyConfig": "autopilot.workloadPolicyConfig",
    "desiredClusterAutoscaling": "autoscaling",
    "desiredContainerdConfig": "nodePoolDefaults.nodeConfigDefaults.containerdConfig",
    "desiredDatapathProvider": "networkConfig.datapathProvider",
    "desiredDefaultSnatStatus": "networkConfig.defaultSnatStatus",
    "desiredDnsConfig": "networkConfig.dnsConfig",
    "desiredEnableFqdnNetworkPolicy": "networkConfig.enableFqdnNetworkPolicy",
    "desiredEnableMultiNetworking": "networkConfig.enableMultiNetworking",
    "desiredEnablePrivateEndpoint": "privateClusterConfig.enablePrivateEndpoint",
    "desiredGatewayApiConfig": "networkConfig.gatewayApiConfig",
    "desiredInTransitEncryptionConfig": "networkConfig.inTransitEncryptionConfig",
    "desiredIntraNodeVisibilityConfig.enabled": "networkConfig.enableIntraNodeVisibility",
    "desiredL4ilbSubsettingConfig.enabled": "networkConfig.enableL4ilbSubsetting",
    "desiredMasterVersion": "initialClusterVersion",
    "desiredNodePoolAutoConfigNetworkTags": "nodePoolAutoConfig.networkTags",
    "desiredNodePoolAutoConfigResourceManagerTags": "nodePoolAutoConfig.resourceManagerTags",
    "desiredPrivateIpv6GoogleAccess": "networkConfig.privateIpv6GoogleAccess",
    "desiredServiceExternalIpsConfig": "networkConfig.serviceExternalIpsConfig",
    "desiredStackType": "ipAllocationPolicy.stackType",
}
# Method -> field of its body and of the cluster.
_SETTERS: Mapping[str, str] = {
    "setAddons": "addonsConfig",
    "setLocations": "locations",
    "setMaintenancePolicy": "maintenancePolicy",
    "setResourceLabels": "resourceLabels",
    "setNetworkPolicy": "networkPolicy",
}


def _update(asked: Exchange) -> Json:
    """Changes the parts that the update names."""
    asked_for: Json = changes.without_nulls(asked.body.get("update") or {})
    cluster = asked.definition.api.schema({"$ref": "Cluster"})["properties"]
    paths: list[str] = []
    body: Json = {}
    for field, value in asked_for.items():
        name = field.removeprefix("desired")
        path = _FIELDS.get(field, f"{name[0].lower()}{name[1:]}")
        desired = value
        if f"{field}.enabled" in _FIELDS:
            path, desired = _FIELDS[f"{field}.enabled"], value.get("enabled", False)
        if path.split(".")[0] not in cluster:
            raise not_simulated(asked.request, f"{asked.definition.id}, {field}")
        paths.append(path)
        body = changes.merge_patch(body, _nested(path, desired))
    return _changed(asked, changes.masked(paths, body))


def _nested(path: str, value: object) -> object:
    for step in reversed(path.split(".")):
        value = {step: value}
    return value


def _setter(field: str) -> Callable[[Exchange], Json]:
    def set_field(asked: Exchange) -> Json:
        return _changed(asked, changes.masked([field], asked.body))

    return set_field


def _set_legacy_abac(asked: Exchange) -> Json:
    return _changed(asked, changes.masked(["legacyAbac"], {"legacyAbac": {"enabled": bool(asked.body.get("enabled"))}}))


def _changed(asked: Exchange, change: Change) -> Json:
    name = "/".join(asked.segments[:6])
    return answers.shaped(asked, name, asked.call(f"{_CLUSTERS}.update", name, change=change))


def _update_pool(asked: Exchange) -> Json:
    """Changes a node pool (https://cloud.google.com/kubernetes-engine/docs/reference/rest/v1/projects.locations.clusters.nodePools/update)."""
    pool = asked.definition.api.schema({"$ref": "NodePool"})["properties"]
    config = asked.definition.api.schema({"$ref": "NodeConfig"})["properties"]
    routing = ("name", "projectId", "zone", "clusterId", "nodePoolId", "etag")
    body: Json = {}
    for field, value in changes.without_nulls(asked.body).items():
        if field in pool and field not in routing:
            body[field] = value
        elif field in config:
            body.setdefault("config", {})[field] = value
        elif field == "nodeVersion":
            body["version"] = value
        elif field not in routing:
            raise not_simulated(asked.request, f"{asked.definition.id}, {field}")
    paths = [f"config.{field}" for field in body.get("config", {})] + [field for field in body if field != "config"]
    return _change_pool(asked, changes.masked(paths, body))


def _set_pool_size(asked: Exchange) -> Json:
    return _change_pool(asked, changes.fields_of({"initialNodeCount": asked.body.get("nodeCount", 0)}))


def _set_pool_field(field: str) -> Callable[[Exchange], Json]:
    def set_field(asked: Exchange) -> Json:
        return _change_pool(asked, changes.masked([field], asked.body))

    return set_field


def _change_pool(asked: Exchange, change: Change) -> Json:
    name = "/".join(asked.segments[:8])
    return answers.shaped(asked, name, asked.call(f"{_POOLS}.update", name, change=change))


HANDLERS: Mapping[str, Callable[[Exchange], Json]] = {
    f"{_CLUSTERS}.update": _update,
    f"{_CLUSTERS}.setLegacyAbac": _set_legacy_abac,
    **{f"{_CLUSTERS}.{verb}": _setter(field) for verb, field in _SETTERS.items()},
    f"{_POOLS}.update": _update_pool,
    f"{_POOLS}.setSize": _set_pool_size,
    f"{_POOLS}.setManagement": _set_pool_field("management"),
    f"{_POOLS}.setAutoscaling": _set_pool_field("autoscaling"),
}
