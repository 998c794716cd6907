"""Google Kubernetes Engine: clusters and node pools. A cluster's own API server is real and decides its content.

The simulation has one control plane, so a project can have one cluster; its address and certificate authority are
settings of the store.
"""

import base64
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import ClassVar

from sandbox.cloud import directory, names
from sandbox.cloud.errors import ApiError, invalid, not_found
from sandbox.cloud.references import relative, value_at
from sandbox.cloud.resources import Call, Collection, Method, new_etag, now, stable_number
from sandbox.cloud.services import agents, gkemaintenance, kms, nodegroups, ranges
from sandbox.cloud.store import Json, StoredResource

ENDPOINT_SETTING = "kubernetes.endpoint"  # host:port of the cluster's API server
CA_SETTING = "kubernetes.ca"  # path of its certificate authority, PEM
DEFAULT_POOL = "default-pool"
VERSION = "1.34.4-gke.1000000"
# Newest first; by channel, of which each has its default.
CHANNELS: Mapping[str, tuple[str, ...]] = {
    "RAPID": ("1.35.2-gke.1000000", "1.35.1-gke.1000000", VERSION),
    "REGULAR": ("1.35.1-gke.1000000", VERSION),
    "STABLE": (VERSION,),
}
VERSIONS = CHANNELS["RAPID"]

_LINK = "https://container.googleapis.com/v1/"
# Arguments of one mode only: descriptions of gcp.container.Cluster (pulumi-gcp 10.2.0, read in November 2026), what the
# provider refuses beside enableAutopilot, and https://cloud.google.com/kubernetes-engine/docs/resources/autopilot-standard-feature-comparison.
# What the provider sends for every cluster (nodeConfig, enableIntraNodeVisibility) is not among them, nor is the pool
# that `gcloud container clusters create-auto` sends. The wording of Google's refusal was not found; that of the
# simulation names the field.
STANDARD_ONLY = (
    "addonsConfig.slurmOperatorConfig.enabled",
    "autopilot.clusterPolicyConfig",
    "defaultMaxPodsConstraint",
    "enableKubernetesAlpha",
    "enableTpu",
    "networkPolicy.enabled",
    "nodePools",
)
AUTOPILOT_ONLY = ("autopilot.workloadPolicyConfig.allowNetAdmin",)


class Clusters(Collection):
    """https://cloud.google.com/kubernetes-engine/docs/reference/rest/v1/projects.locations.clusters."""

    service = "container.googleapis.com"
    kind = "container.projects.locations.clusters"
    path = "projects/{project}/locations/{location}/clusters/{cluster}"
    permission = "container.clusters"
    update = "update"
    also = kms.USE | {"compute.subnetworks.use", "container.clusters.connect", "iam.serviceAccounts.actAs"}
    immutable = frozenset({"name", "network", "subnetwork", "ipAllocationPolicy"})

    def check(self, call: Call, body: Json) -> None:
        """Checks that the caller may use the nodes' account, and that the subnetwork exists."""
        email = value_at(body, "autoscaling.autoprovisioningNodePoolDefaults.serviceAccount")
        account = node_account(call, email or value_at(body, "nodeConfig.serviceAccount"))
        call.cloud.iam.require(call.caller.member, "iam.serviceAccounts.actAs", account)
        kms.require_usable(call, value_at(body, "databaseEncryption.keyName"), agents.email(call, self.service))
        _check_version(str(body.get("initialClusterVersion") or VERSION))
        _check_mode(body)
        if group := value_at(body, "authenticatorGroupsConfig.securityGroup"):
            _check_security_group(call, str(group))
        gkemaintenance.require_enough(body)
        topic = value_at(body, "notificationConfig.pubsub.topic")
        if topic and call.cloud.store.get(f"//pubsub.googleapis.com/{topic}") is None:
            raise not_found(topic)
        subnetwork = relative(str(body["subnetwork"]))
        full = f"//compute.googleapis.com/{subnetwork}"
        call.cloud.iam.require(call.caller.member, "compute.subnetworks.use", full)
        stored = call.cloud.store.get(full)
        if stored is None:
            raise not_found(subnetwork)
        ranges.require_for_cluster(body.get("ipAllocationPolicy") or {}, stored.body)

    def generate(self, call: Call) -> Json:
        """Returns endpoints and certificate authority of the single control plane."""
        project = f"//{self.service}/projects/{call.parameters['project']}/"
        if call.cloud.store.find(self.kind, project):
            message = "Insufficient quota: the simulation has one Kubernetes control plane, so one cluster."
            raise ApiError("RESOURCE_EXHAUSTED", message, "quotaExceeded")
        endpoint = call.cloud.store.setting(ENDPOINT_SETTING) or ""
        authority = Path(call.cloud.store.setting(CA_SETTING) or "")
        return {
            "id": stable_number(call.name, 32),
            "selfLink": f"{_LINK}{call.name}",
            "location": call.parameters["location"],
            "zone": call.parameters["location"],
            "endpoint": endpoint.partition(":")[0],
            "status": "RUNNING",
            "createTime": now(),
            "etag": new_etag(),
            "currentMasterVersion": _newest(str(call.body.get("initialClusterVersion") or VERSION)),
            "currentNodeVersion": VERSION,
            "masterAuth": {"clusterCaCertificate": _base64(authority) if authority.is_file() else ""},
            "controlPlaneEndpointsConfig": {"dnsEndpointConfig": {"endpoint": endpoint}},
            "networkConfig": {field: relative(str(call.body[field])) for field in ("network", "subnetwork")},
        }

    def regenerate(self, call: Call, stored: StoredResource) -> Json:
        """Returns a new etag, and the version to which the cluster is upgraded."""
        wanted = str(call.body.get("initialClusterVersion") or stored.generated["currentMasterVersion"])
        return {**stored.generated, "etag": new_etag(), "currentMasterVersion": _newest(wanted)}

    def on_update(self, call: Call) -> Json:
        """Changes the cluster, whose mode never changes."""
        before, after = self.stored(call).body, call.body
        if "autopilot" in after and value_at(after, "autopilot.enabled") != value_at(before, "autopilot.enabled"):
            raise invalid("Invalid value for field 'autopilot.enabled': it cannot be changed after creation.")
        return super().on_update(call)

    def on_create(self, call: Call) -> Json:
        """Creates the cluster, which begins with a node pool; in the Autopilot mode GKE alone changes that.

        A short name of the network or subnetwork stands for one of the cluster's project and region.
        """
        project, region = call.parameters["project"], "-".join(call.parameters["location"].split("-")[:2])
        parents = {"network": "global/networks", "subnetwork": f"regions/{region}/subnetworks"}
        expanded = {
            field: f"projects/{project}/{parent}/{call.body[field]}"
            for field, parent in parents.items()
            if "/" not in str(call.body.get(field, "/"))
        }
        call = replace(call, body={**call.body, **expanded})
        super().on_create(call)
        body: Json = {"name": DEFAULT_POOL, "config": call.body.get("nodeConfig", {}), "initialNodeCount": 1}
        name = f"{call.name}/nodePools/{DEFAULT_POOL}"
        state = {**_pool_state(name), "instanceGroupUrls": nodegroups.urls(call, name, body)}
        call.cloud.store.put(StoredResource(self.full(name), NodePools.kind, body, state))
        return self.on_get(call)

    def on_get(self, call: Call) -> Json:
        """Returns the cluster with its node pools."""
        return _with_pools(call, super().on_get(call))

    def on_list(self, call: Call) -> Json:
        """Returns the clusters below the parent, each with its node pools."""
        return {"items": [_with_pools(call, body) for body in super().on_list(call)["items"]]}

    def before_delete(self, call: Call, stored: StoredResource) -> None:
        """Deletes the cluster's node pools."""
        for pool in call.cloud.store.find(NodePools.kind, stored.name + "/nodePools/"):
            call.cloud.store.remove(pool.name)


def _with_pools(call: Call, cluster: Json) -> Json:
    name = str(cluster["selfLink"]).removeprefix(_LINK)
    pools = call.cloud.store.find(NodePools.kind, f"//{NodePools.service}/{name}/nodePools/")
    return {**cluster, "nodePools": [pool.body for pool in pools]}


def _check_version(version: str) -> None:
    """Refuses a version that GKE does not offer; a prefix of its numbers is accepted, as at Google."""
    _newest(version)


def _newest(version: str) -> str:
    """Returns the newest version that a version, or a prefix of its numbers, stands for."""
    for offered in VERSIONS:
        if version in ("latest", offered) or offered.startswith((f"{version}.", f"{version}-")):
            return offered
    raise invalid(f'Master version "{version}" is unsupported.')


def _check_security_group(call: Call, group: str) -> None:
    """Raises ApiError unless the group exists whose nested groups RBAC may name."""
    if not directory.has_group(call.cloud.store, group):
        message = f"Not found: GAIA email lookup: {group} does not exist or has been deleted."
        raise ApiError("NOT_FOUND", message, "notFound")


def _check_mode(body: Json) -> None:
    """Refuses an argument of the other mode."""
    autopilot = bool(value_at(body, "autopilot.enabled"))
    body = body | {"nodePools": [pool for pool in body.get("nodePools", ()) if pool.get("name") != DEFAULT_POOL]}
    fields, modes = (STANDARD_ONLY, "a Standard") if autopilot else (AUTOPILOT_ONLY, "an Autopilot")
    for field in fields:
        if value_at(body, field):
            raise invalid(f"Invalid value for field 'cluster.{field}': it can only be set on {modes} cluster.")


class NodePools(Collection):
    """https://cloud.google.com/kubernetes-engine/docs/reference/rest/v1/projects.locations.clusters.nodePools.

    A pool is a declaration only: the sandbox runs the node of its single control plane.
    """

    service = "container.googleapis.com"
    kind = "container.projects.locations.clusters.nodePools"
    path = "projects/{project}/locations/{location}/clusters/{cluster}/nodePools/{pool}"
    permission = "container.clusters"
    update = "update"
    immutable = frozenset({"name"})
    permissions: ClassVar[Mapping[str, tuple[str, ...]]] = {
        "create": ("container.clusters.update",),
        "delete": ("container.clusters.update",),
        "list": ("container.clusters.get",),
    }

    def check(self, call: Call, body: Json) -> None:
        """Checks that the cluster exists and is not of the Autopilot mode, and that the caller may use the account."""
        name = call.name.partition("/nodePools/")[0]
        cluster = call.cloud.store.get(self.full(name))
        if cluster is None:
            raise not_found(name)
        _require_standard(cluster.body)
        account = node_account(call, value_at(body, "config.serviceAccount"))
        call.cloud.iam.require(call.caller.member, "iam.serviceAccounts.actAs", account)

    def before_delete(self, call: Call, stored: StoredResource) -> None:
        """Refuses a pool that Autopilot keeps."""
        cluster = call.cloud.store.get(stored.name.partition("/nodePools/")[0])
        _require_standard(cluster.body if cluster else {})

    def generate(self, call: Call) -> Json:
        """Returns links and state, and the groups of nodes in the pool's zones."""
        return {**_pool_state(call.name), "instanceGroupUrls": nodegroups.urls(call, call.name, call.body)}

    def regenerate(self, call: Call, stored: StoredResource) -> Json:
        """Returns the groups of the zones after the change."""
        declared = {**stored.declared, **call.body}
        return {**stored.generated, "instanceGroupUrls": nodegroups.urls(call, call.name, declared)}


def _require_standard(cluster: Json) -> None:
    """Refuses a change of node pools where Autopilot keeps them, in Google's words."""
    if value_at(cluster, "autopilot.enabled"):
        raise invalid("Autopilot node pools cannot be accessed or modified.")


def _pool_state(name: str) -> Json:
    return {
        "selfLink": f"{_LINK}{name}",
        "status": "RUNNING",
        "version": VERSION,
        "etag": new_etag(),
    }


class ServerConfigs(Collection):
    """https://cloud.google.com/kubernetes-engine/docs/reference/rest/v1/projects.locations/getServerConfig."""

    service = "container.googleapis.com"
    kind = "container.projects.locations"
    path = "projects/{project}/locations/{location}/serverConfig"
    permission = "container.clusters"

    def methods(self) -> list[Method]:
        """Returns the method that lists GKE's versions, with the permission to list clusters."""
        permissions = ("container.clusters.list",)
        return [Method(f"{self.kind}.getServerConfig", self, permissions, self.on_get_config, on_parent=True)]

    def on_get_config(self, call: Call) -> Json:
        """Returns the versions of the simulation."""
        del call
        channels = [
            {"channel": name, "defaultVersion": VERSION, "validVersions": list(versions)}
            for name, versions in CHANNELS.items()
        ]
        return {
            "defaultClusterVersion": VERSION,
            "validMasterVersions": list(VERSIONS),
            "validNodeVersions": list(VERSIONS),
            "validImageTypes": ["COS_CONTAINERD"],
            "channels": channels,
        }


def node_account(call: Call, email: str | None) -> str:
    """Returns the full name of the nodes' service account; the default is Compute Engine's.

    Raises:
        ApiError: INVALID_ARGUMENT when the account does not exist.
    """
    if not email or email == "default":
        number = call.cloud.store.setting("project.number")
        account = f"{number}-compute@developer.gserviceaccount.com"
        return f"//iam.googleapis.com/projects/{call.parameters['project']}/serviceAccounts/{account}"
    full = names.service_account(email)
    if call.cloud.store.get(full) is None:
        raise invalid(f"Service account '{email}' does not exist.")
    return full


def _base64(path: Path) -> str:
    return base64.b64encode(path.read_bytes()).decode()
