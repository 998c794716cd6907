"""The GKE cluster: Autopilot, private nodes, reached by its DNS endpoint only.

Every value that Autopilot leaves open is set here, none is an option; what Autopilot itself enforces, and why it was
chosen, is in decisions/0003-autopilot.md. "CIS" is the CIS benchmark for GKE. The times of maintenance are in
cluster_maintenance.py; the set-up inside the cluster is in namespaces/, and the workloads are the apps'.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
import pulumi_gcp as gcp
import pulumi_kubernetes as k8s

from platform_layer.cluster import cluster_maintenance
from platform_layer.cluster.cluster_settings import ClusterSettings
from platform_layer.kit.kubeconfig import kubeconfig
from platform_layer.network.network import POD_RANGE, SERVICE_RANGE, Network

CONTROL_PLANE = ("APISERVER", "SCHEDULER", "CONTROLLER_MANAGER")


@dataclass(frozen=True)
class ClusterArgs:
    """Arguments of Cluster.

    Attributes:
        project: the project's ID.
        region: of the control plane and the nodes.
        domain: of the organisation, whose group gke-security-groups holds the groups that RBAC may name.
        node_service_account: the address of the nodes' account.
        key: resource name of the key that encrypts Kubernetes' secrets.
        network: of the nodes.
        settings: versions and maintenance.
        notices: ID of the topic for notices of upgrades.
        after: resources that nodes need to start, and that guard them.
    """

    project: str
    region: str
    domain: str
    node_service_account: str
    key: str
    network: Network
    settings: ClusterSettings
    notices: pulumi.Input[str]
    after: Sequence[pulumi.Resource] = ()


class Cluster(pulumi.ComponentResource):
    """The cluster. `server` is the URL of its API; `provider` deploys into it as the caller's own Google identity."""

    def __init__(self, name: str, args: ClusterArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("prodfirst:platform:Cluster", name, None, opts)
        self.name = name
        self.location = args.region
        self._cluster = self._create(name, args)
        self.cluster_id = self._cluster.id
        self.server = self._cluster.control_plane_endpoints_config.apply(_server)
        self.provider = k8s.Provider(
            name,
            kubeconfig=self.server.apply(lambda url: kubeconfig(name, url)),
            # Another kubeconfig of the same cluster must not replace what is in it.
            cluster_identifier=self._cluster.id,
            enable_server_side_apply=True,
            # A creation is then an apply, which names its object: RBAC allows it by name, and a repeated one succeeds.
            upsert_existing_objects=True,
            # A field that a person or another controller changed is taken back by the next update that declares it.
            enable_patch_force=True,
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
            # Autopilot's pools are Google's. The provider would ask for their instance groups at each read, by a
            # permission that no account of the layer needs otherwise, and fail after the creation without it.
            skip_node_pool_refresh=True,
            # Nodes
            network=args.network.network_id,
            subnetwork=args.network.subnetwork_id,
            ip_allocation_policy=gcp.container.ClusterIpAllocationPolicyArgs(
                cluster_secondary_range_name=POD_RANGE, services_secondary_range_name=SERVICE_RANGE
            ),
            private_cluster_config=gcp.container.ClusterPrivateClusterConfigArgs(enable_private_nodes=True),
            cluster_autoscaling=_nodes_as(args.node_service_account),
            node_pool_auto_config=_closed_kubelet(),
            # Access
            control_plane_endpoints_config=_dns_endpoint_only(),
            anonymous_authentication_config=gcp.container.ClusterAnonymousAuthenticationConfigArgs(
                mode="LIMITED"  # to the health checks (CIS 2.1.1)
            ),
            authenticator_groups_config=gcp.container.ClusterAuthenticatorGroupsConfigArgs(
                security_group=f"gke-security-groups@{args.domain}"  # CIS 5.8.2
            ),
            master_auth=gcp.container.ClusterMasterAuthArgs(
                client_certificate_config=gcp.container.ClusterMasterAuthClientCertificateConfigArgs(
                    issue_client_certificate=False  # CIS 2.1.1: a certificate cannot be revoked
                )
            ),
            enable_legacy_abac=False,  # CIS 5.8.3
            # Grants to everybody who is, or is not, authenticated (CIS 4.1.8 to 4.1.10).
            rbac_binding_config=gcp.container.ClusterRbacBindingConfigArgs(
                enable_insecure_binding_system_unauthenticated=False,
                enable_insecure_binding_system_authenticated=False,
            ),
            # Workloads
            binary_authorization=gcp.container.ClusterBinaryAuthorizationArgs(
                evaluation_mode="PROJECT_SINGLETON_POLICY_ENFORCE"  # CIS 5.10.4; the policy: image_policy.py
            ),
            # A Service could otherwise take over addresses of others (CVE-2020-8554).
            service_external_ips_config=gcp.container.ClusterServiceExternalIpsConfigArgs(enabled=False),
            enable_kubernetes_alpha=False,  # CIS 5.10.2: such a cluster ends after 30 days
            addons_config=_addons(),
            gateway_api_config=gcp.container.ClusterGatewayApiConfigArgs(channel="CHANNEL_STANDARD"),
            # Data
            database_encryption=gcp.container.ClusterDatabaseEncryptionArgs(
                state="ENCRYPTED",
                key_name=args.key,  # CIS 5.3.1
            ),
            # Versions
            release_channel=gcp.container.ClusterReleaseChannelArgs(channel=args.settings.release_channel),  # CIS 5.5.4
            min_master_version=args.settings.minimum_version,
            maintenance_policy=cluster_maintenance.policy(args.settings),
            notification_config=gcp.container.ClusterNotificationConfigArgs(
                pubsub=gcp.container.ClusterNotificationConfigPubsubArgs(enabled=True, topic=args.notices)
            ),
            # Logs and metrics
            logging_config=gcp.container.ClusterLoggingConfigArgs(  # CIS 5.7.1
                enable_components=["SYSTEM_COMPONENTS", "WORKLOADS", *CONTROL_PLANE]
            ),
            monitoring_config=gcp.container.ClusterMonitoringConfigArgs(
                enable_components=["SYSTEM_COMPONENTS", *CONTROL_PLANE],
                managed_prometheus=gcp.container.ClusterMonitoringConfigManagedPrometheusArgs(enabled=True),
            ),
            security_posture_config=gcp.container.ClusterSecurityPostureConfigArgs(
                mode="BASIC",
                # Google has ended scanning in the cluster; images are scanned in the registry (registry.py).
                vulnerability_mode="VULNERABILITY_DISABLED",
            ),
            cost_management_config=gcp.container.ClusterCostManagementConfigArgs(enabled=True),
            resource_labels={"layer": "platform"},
            deletion_protection=True,
            opts=pulumi.ResourceOptions(parent=self, protect=True, depends_on=list(args.after)),
        )


def _server(config: gcp.container.outputs.ClusterControlPlaneEndpointsConfig) -> str:
    """The URL of the cluster's API.

    Raises:
        pulumi.RunError: the cluster has no DNS endpoint.
    """
    endpoint = config.dns_endpoint_config and config.dns_endpoint_config.endpoint
    if not endpoint:
        raise pulumi.RunError(
            "The cluster has no DNS endpoint, so nothing can be set up in it. Look at its control plane networking "
            "(gcloud container clusters describe), enable the DNS endpoint, and refresh this stack."
        )
    return f"https://{endpoint}"


def _nodes_as(account: str) -> gcp.container.ClusterClusterAutoscalingArgs:
    """The nodes' own account (CIS 5.2.1); its scope is wide because IAM, not the scope, says what it may do."""
    defaults = gcp.container.ClusterClusterAutoscalingAutoProvisioningDefaultsArgs(
        service_account=account, oauth_scopes=["https://www.googleapis.com/auth/cloud-platform"]
    )
    return gcp.container.ClusterClusterAutoscalingArgs(auto_provisioning_defaults=defaults)


def _closed_kubelet() -> gcp.container.ClusterNodePoolAutoConfigArgs:
    """No kubelet answers without authentication (CIS 4.2.4)."""
    kubelet = gcp.container.ClusterNodePoolAutoConfigNodeKubeletConfigArgs(
        insecure_kubelet_readonly_port_enabled="FALSE"
    )
    return gcp.container.ClusterNodePoolAutoConfigArgs(node_kubelet_config=kubelet)


def _dns_endpoint_only() -> gcp.container.ClusterControlPlaneEndpointsConfigArgs:
    """Only the DNS endpoint, which IAM guards (container.clusters.connect): no list of networks can go stale.

    It takes Google identities alone: neither a Kubernetes token nor a certificate opens it.
    """
    return gcp.container.ClusterControlPlaneEndpointsConfigArgs(
        dns_endpoint_config=gcp.container.ClusterControlPlaneEndpointsConfigDnsEndpointConfigArgs(
            allow_external_traffic=True, enable_k8s_tokens_via_dns=False, enable_k8s_certs_via_dns=False
        ),
        ip_endpoints_config=gcp.container.ClusterControlPlaneEndpointsConfigIpEndpointsConfigArgs(enabled=False),
    )


def _addons() -> gcp.container.ClusterAddonsConfigArgs:
    return gcp.container.ClusterAddonsConfigArgs(
        # The agent of backup.py.
        gke_backup_agent_config=gcp.container.ClusterAddonsConfigGkeBackupAgentConfigArgs(enabled=True),
        # The Gateway's controller, and the apps' autoscaling.
        http_load_balancing=gcp.container.ClusterAddonsConfigHttpLoadBalancingArgs(disabled=False),
        horizontal_pod_autoscaling=gcp.container.ClusterAddonsConfigHorizontalPodAutoscalingArgs(disabled=False),
    )
