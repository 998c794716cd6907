"""The GKE cluster: Autopilot, private nodes, reached by its DNS endpoint only.

Autopilot fixes what CIS asks of nodes (shielded, COS, Workload Identity, Dataplane V2), so none of that is set here.
What runs in the cluster is set up elsewhere: namespace.py and the apps.
"""

import json
from dataclasses import dataclass

import pulumi
import pulumi_gcp as gcp
import pulumi_kubernetes as k8s

from platform_layer.network import POD_RANGE, SERVICE_RANGE, Network

PLUGIN = "gke-gcloud-auth-plugin"


@dataclass(frozen=True)
class ClusterArgs:
    """Arguments of Cluster.

    Attributes:
        project: the project's ID.
        region: where the control plane and the nodes run.
        domain: of the organisation, whose group gke-security-groups holds the groups that RBAC may name.
        node_service_account: the address of the nodes' account.
        network: where the nodes live.
    """

    project: str
    region: str
    domain: str
    node_service_account: str
    network: Network


class Cluster(pulumi.ComponentResource):
    """The cluster. `server` is the URL of its API; `provider` deploys into it as the caller's own Google identity."""

    def __init__(self, name: str, args: ClusterArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("prodfirst:platform:Cluster", name, None, opts)
        self.name = name
        self.location = args.region
        self._cluster = self._create(name, args)
        self.server = self._cluster.control_plane_endpoints_config.apply(_server)
        self.provider = k8s.Provider(
            name,
            kubeconfig=self.server.apply(lambda server: kubeconfig(name, server)),
            # Another kubeconfig of the same cluster must not replace what is in it.
            cluster_identifier=self._cluster.id,
            enable_server_side_apply=True,
            opts=pulumi.ResourceOptions(parent=self),
        )
        self.register_outputs({"server": self.server})

    def _create(self, name: str, args: ClusterArgs) -> gcp.container.Cluster:
        return gcp.container.Cluster(
            name,
            name=name,
            project=args.project,
            location=args.region,
            enable_autopilot=True,
            network=args.network.network_id,
            subnetwork=args.network.subnetwork_id,
            ip_allocation_policy=gcp.container.ClusterIpAllocationPolicyArgs(
                cluster_secondary_range_name=POD_RANGE, services_secondary_range_name=SERVICE_RANGE
            ),
            private_cluster_config=gcp.container.ClusterPrivateClusterConfigArgs(enable_private_nodes=True),
            control_plane_endpoints_config=_dns_endpoint_only(),
            cluster_autoscaling=gcp.container.ClusterClusterAutoscalingArgs(
                auto_provisioning_defaults=gcp.container.ClusterClusterAutoscalingAutoProvisioningDefaultsArgs(
                    service_account=args.node_service_account,
                    oauth_scopes=["https://www.googleapis.com/auth/cloud-platform"],
                )
            ),
            authenticator_groups_config=gcp.container.ClusterAuthenticatorGroupsConfigArgs(
                security_group=f"gke-security-groups@{args.domain}"
            ),
            # Grants to everybody who is, or is not, authenticated (CIS GKE 4.1.8 to 4.1.10).
            rbac_binding_config=gcp.container.ClusterRbacBindingConfigArgs(
                enable_insecure_binding_system_unauthenticated=False,
                enable_insecure_binding_system_authenticated=False,
            ),
            release_channel=gcp.container.ClusterReleaseChannelArgs(channel="REGULAR"),
            maintenance_policy=_weekend_nights(),
            security_posture_config=gcp.container.ClusterSecurityPostureConfigArgs(mode="BASIC"),
            resource_labels={"layer": "platform"},
            deletion_protection=True,
            opts=pulumi.ResourceOptions(parent=self, protect=True),
        )


def _dns_endpoint_only() -> gcp.container.ClusterControlPlaneEndpointsConfigArgs:
    """Only the DNS endpoint, which IAM guards (container.clusters.connect): no list of networks can go stale."""
    return gcp.container.ClusterControlPlaneEndpointsConfigArgs(
        dns_endpoint_config=gcp.container.ClusterControlPlaneEndpointsConfigDnsEndpointConfigArgs(
            allow_external_traffic=True
        ),
        ip_endpoints_config=gcp.container.ClusterControlPlaneEndpointsConfigIpEndpointsConfigArgs(enabled=False),
    )


def _weekend_nights() -> gcp.container.ClusterMaintenancePolicyArgs:
    """Six hours on two days a week: the least that GKE accepts is 48 hours in 32 days."""
    return gcp.container.ClusterMaintenancePolicyArgs(
        recurring_window=gcp.container.ClusterMaintenancePolicyRecurringWindowArgs(
            start_time="2025-01-04T01:00:00Z", end_time="2025-01-04T07:00:00Z", recurrence="FREQ=WEEKLY;BYDAY=SA,SU"
        )
    )


def _server(config: gcp.container.outputs.ClusterControlPlaneEndpointsConfig) -> str:
    endpoint = config.dns_endpoint_config and config.dns_endpoint_config.endpoint
    if not endpoint:
        raise pulumi.RunError(
            "The cluster has no DNS endpoint, so nothing can be set up in it. Look at its control plane networking "
            "(gcloud container clusters describe), enable the DNS endpoint, and refresh this stack."
        )
    return f"https://{endpoint}"


def kubeconfig(name: str, server: str) -> str:
    """A kubeconfig without any credential: each caller authenticates as the Google identity that it already has.

    Args:
        name: of the cluster, for people.
        server: URL of the cluster's DNS endpoint, whose certificate is publicly trusted.
    """
    user = {
        "exec": {
            "apiVersion": "client.authentication.k8s.io/v1beta1",
            "command": PLUGIN,
            # Otherwise the plugin would use gcloud's own account instead of the one that the Google provider uses.
            "args": ["--use_application_default_credentials"],
            "installHint": f"{PLUGIN} is missing: gcloud components install {PLUGIN}",
            "provideClusterInfo": True,
            "interactiveMode": "Never",
        }
    }
    document = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": name, "cluster": {"server": server}}],
        "users": [{"name": name, "user": user}],
        "contexts": [{"name": name, "context": {"cluster": name, "user": name}}],
        "current-context": name,
    }
    return json.dumps(document, sort_keys=True)
