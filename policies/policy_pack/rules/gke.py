"""Rules on GKE clusters: access to the control plane, accounts of nodes, and images that the cluster admits.

Settings that Autopilot fixes itself are not checked on Autopilot clusters; rules on nodes of Standard clusters are in
gke_nodes.py.
"""

from collections.abc import Iterator
from ipaddress import ip_network

from engine.inputs import at, is_open, items, named, shown
from policy_pack.demands import absent, demand
from policy_pack.rule import Resource, Severity, of, rule

CLUSTER = "gcp:container/cluster:Cluster"
WIDEST_PREFIX = 16
# What the provider refuses beside enableAutopilot, and what its descriptions and Google's comparison exclude.
STANDARD_ONLY = (
    "addonsConfig.slurmOperatorConfig.enabled",
    "autopilotClusterPolicyConfig",
    "defaultMaxPodsPerNode",
    "enableIntranodeVisibility",
    "enableShieldedNodes",
    "enableTpu",
    "networkPolicy",
    "nodeConfig",
    "nodePools",
    "removeDefaultNodePool",
)
AUTOPILOT_ONLY = ("allowNetAdmin",)
COMPONENTS = ("SYSTEM_COMPONENTS", "WORKLOADS", "APISERVER")
_HARDENING = "https://cloud.google.com/kubernetes-engine/docs/how-to/hardening-your-cluster"


def is_autopilot(resource: Resource) -> bool:
    """Return whether Google manages the nodes."""
    return resource.inputs.get("enableAutopilot") is True


@rule(
    "gke-private-nodes",
    of(CLUSTER),
    Severity.HIGH,
    references=["CIS GKE 5.6.5", "CKV_GCP_25", "CKV_GCP_64"],
    remediation="Set private_cluster_config.enable_private_nodes to true.",
    url="https://cloud.google.com/kubernetes-engine/docs/concepts/network-isolation",
)
def private_nodes(resource: Resource) -> Iterator[str]:
    """Nodes have no public addresses."""
    risk = "every node gets a public address."
    yield from demand(resource.inputs, "privateClusterConfig.enablePrivateNodes", True, risk)


@rule(
    "gke-control-plane-closed",
    of(CLUSTER),
    Severity.CRITICAL,
    references=["CIS GKE 5.6.3", "CIS GKE 5.6.4", "CKV_GCP_18", "CKV_GCP_20"],
    remediation="Use the DNS endpoint alone, which IAM guards; or authorized networks that are narrow.",
    url=f"{_HARDENING}#restrict_network_access_to_the_control_plane",
)
def control_plane_closed(resource: Resource) -> Iterator[str]:
    """The control plane is reachable by its DNS endpoint or from listed networks, never from the whole internet."""
    endpoints = "controlPlaneEndpointsConfig"
    if at(resource.inputs, f"{endpoints}.ipEndpointsConfig.enabled") is not False:
        blocks = items(at(resource.inputs, "masterAuthorizedNetworksConfig.cidrBlocks"))
        if not blocks:
            yield (
                "its control plane answers on an address of the internet to everybody. Set "
                f"{endpoints}.ipEndpointsConfig.enabled to false, or list masterAuthorizedNetworksConfig.cidrBlocks."
            )
        for block in blocks:
            cidr = at(block, "cidrBlock")
            if not isinstance(cidr, str) or ip_network(cidr, strict=False).prefixlen < WIDEST_PREFIX:
                yield f"the authorized network {named(cidr)} is too wide to name anybody. Narrow it, or remove it."
        path = "masterAuthorizedNetworksConfig.gcpPublicCidrsAccessEnabled"
        yield from absent(resource.inputs, path, "every machine on Google Cloud, of whomever, reaches it.")
    for key in ("enableK8sTokensViaDns", "enableK8sCertsViaDns"):
        path = f"{endpoints}.dnsEndpointConfig.{key}"
        yield from absent(resource.inputs, path, "a credential that IAM does not know gets in.")


@rule(
    "gke-authentication-by-google",
    of(CLUSTER),
    Severity.HIGH,
    references=["CIS GKE 5.8.1", "CIS GKE 5.8.2", "CIS GKE 5.8.3", *(f"CKV_GCP_{n}" for n in (7, 13, 19, 65))],
    remediation="No client certificate, no password, no ABAC, no anonymous requests; RBAC for Google Groups.",
    url="https://cloud.google.com/kubernetes-engine/docs/how-to/google-groups-rbac",
)
def authentication_by_google(resource: Resource) -> Iterator[str]:
    """The cluster authenticates callers by Google and knows their Google Groups in RBAC, and by nothing else."""
    path = "masterAuth.clientCertificateConfig.issueClientCertificate"
    yield from absent(resource.inputs, path, "a certificate cannot be taken back.")
    yield from absent(resource.inputs, "masterAuth.username", "a password opens the cluster.")
    yield from absent(resource.inputs, "masterAuth.password", "a password opens the cluster.")
    yield from absent(resource.inputs, "enableLegacyAbac", "every account of the project gets more than RBAC says.")
    group = at(resource.inputs, "authenticatorGroupsConfig.securityGroup")
    if not isinstance(group, str) or not group.startswith("gke-security-groups@"):
        yield (
            f"authenticatorGroupsConfig.securityGroup is {shown(group)}: RBAC can name single persons only. Set it to "
            "gke-security-groups@<domain>."
        )
    risk = "who has not logged in may ask the API for more than its health."
    yield from demand(resource.inputs, "anonymousAuthenticationConfig.mode", "LIMITED", risk)
    for key in ("enableInsecureBindingSystemAuthenticated", "enableInsecureBindingSystemUnauthenticated"):
        risk = "a binding may give rights to anybody with a Google account."
        yield from demand(resource.inputs, f"rbacBindingConfig.{key}", False, risk)


@rule(
    "gke-workload-identity",
    of(CLUSTER),
    Severity.HIGH,
    references=["CIS GKE 5.2.2", "CKV_GCP_69"],
    remediation="Use Autopilot, or set workload_identity_config.workload_pool to <project>.svc.id.goog.",
    url="https://cloud.google.com/kubernetes-engine/docs/concepts/workload-identity",
)
def workload_identity(resource: Resource) -> Iterator[str]:
    """Workloads act as accounts of their own, not as the account of their node."""
    pool = at(resource.inputs, "workloadIdentityConfig.workloadPool")
    if pool is None and is_autopilot(resource):
        return
    if not isinstance(pool, str) or not pool.endswith(".svc.id.goog"):
        yield (
            f"workloadIdentityConfig.workloadPool is {shown(pool)}: pods act as the account of their node. Set it to "
            "<project>.svc.id.goog."
        )


@rule(
    "gke-node-account",
    of(CLUSTER),
    Severity.HIGH,
    references=["CIS GKE 5.2.1", "CKV_GCP_30"],
    remediation="Set the service account of the identity layer's contract (gke-nodes).",
    url=f"{_HARDENING}#use_least_privilege_sa",
)
def node_account(resource: Resource) -> Iterator[str]:
    """Nodes run as an account of their own: Google's default account is an editor of the project."""
    if is_autopilot(resource):
        path = "clusterAutoscaling.autoProvisioningDefaults.serviceAccount"
    elif resource.inputs.get("removeDefaultNodePool") is True:
        return  # its node pools are resources of their own
    else:
        path = "nodeConfig.serviceAccount"
    account = at(resource.inputs, path)
    if not isinstance(account, str) or not account.endswith(".iam.gserviceaccount.com"):
        yield f"{path} is {shown(account)}: nodes, and what breaks out onto one, are editors. Name the nodes' account."


@rule(
    "gke-arguments-of-its-mode",
    of(CLUSTER),
    Severity.LOW,
    remediation="Remove the argument, or create the cluster in the other mode.",
    url="https://cloud.google.com/kubernetes-engine/docs/resources/autopilot-standard-feature-comparison",
)
def arguments_of_its_mode(resource: Resource) -> Iterator[str]:
    """The cluster has no argument of the other mode, which the provider or Google's API refuses at the update."""
    autopilot = is_autopilot(resource)
    mode, paths = ("an Autopilot", STANDARD_ONLY) if autopilot else ("a Standard", AUTOPILOT_ONLY)
    for path in paths:
        yield from absent(resource.inputs, path, f"Google refuses it on {mode} cluster.")


@rule(
    "gke-images-checked",
    of(CLUSTER),
    Severity.HIGH,
    references=["CIS GKE 5.10.4", "CKV_GCP_66"],
    remediation="Set binary_authorization.evaluation_mode to PROJECT_SINGLETON_POLICY_ENFORCE.",
    url="https://cloud.google.com/binary-authorization/docs/overview",
)
def images_checked(resource: Resource) -> Iterator[str]:
    """The cluster runs only images that the project's Binary Authorization policy admits."""
    modes = ("PROJECT_SINGLETON_POLICY_ENFORCE", "POLICY_BINDINGS_AND_PROJECT_SINGLETON_POLICY_ENFORCE")
    yield from demand(
        resource.inputs, "binaryAuthorization.evaluationMode", modes, "it runs any image of the internet."
    )


@rule(
    "gke-secrets-encrypted",
    of(CLUSTER),
    Severity.HIGH,
    references=["CIS GKE 5.3.1"],
    remediation="Set database_encryption to ENCRYPTED with the key of the identity layer's contract.",
    url="https://cloud.google.com/kubernetes-engine/docs/how-to/encrypting-secrets",
)
def secrets_encrypted(resource: Resource) -> Iterator[str]:
    """Kubernetes' secrets are encrypted with our own key inside of etcd."""
    yield from demand(resource.inputs, "databaseEncryption.state", "ENCRYPTED", "a copy of etcd shows all secrets.")
    key = at(resource.inputs, "databaseEncryption.keyName")
    if not isinstance(key, str) or "/cryptoKeys/" not in key:
        yield f"databaseEncryption.keyName is {shown(key)}. Set it to the key of the identity layer's contract."


@rule(
    "gke-kept-up-to-date",
    of(CLUSTER),
    Severity.MEDIUM,
    references=["CIS GKE 5.5.4", "CIS GKE 5.10.2", "CKV_GCP_70"],
    remediation="Choose REGULAR, STABLE or EXTENDED, and no alpha features.",
    url="https://cloud.google.com/kubernetes-engine/docs/concepts/release-channels",
)
def kept_up_to_date(resource: Resource) -> Iterator[str]:
    """The cluster gets security fixes automatically, and has no alpha features."""
    channels = ("REGULAR", "STABLE", "EXTENDED")
    yield from demand(resource.inputs, "releaseChannel.channel", channels, "nobody upgrades it by themselves.")
    yield from absent(resource.inputs, "enableKubernetesAlpha", "such a cluster gets no fixes, and ends after 30 days.")


@rule(
    "gke-observed",
    of(CLUSTER),
    Severity.MEDIUM,
    references=["CIS GKE 5.7.1", "CKV_GCP_1", "CKV_GCP_8"],
    remediation=f"Enable the components {', '.join(COMPONENTS)}, and managed Prometheus.",
    url="https://cloud.google.com/kubernetes-engine/docs/how-to/config-logging-monitoring",
)
def observed(resource: Resource) -> Iterator[str]:
    """Control plane and workloads write logs and metrics."""
    logged = items(at(resource.inputs, "loggingConfig.enableComponents"))
    for component in COMPONENTS:
        if component not in logged:
            yield f"loggingConfig.enableComponents has no {component}: an investigation finds nothing. Add it."
    path, risk = "monitoringConfig.managedPrometheus.enabled", "nobody sees a failure coming."
    if not items(at(resource.inputs, "monitoringConfig.enableComponents")):
        yield f"monitoringConfig.enableComponents is not set: {risk} Add SYSTEM_COMPONENTS."
    if not (at(resource.inputs, path) is None and is_autopilot(resource)):
        yield from demand(resource.inputs, path, True, risk)
    for key in ("logging", "monitoring"):
        if resource.inputs.get(f"{key}Service") not in (None, f"{key}.googleapis.com/kubernetes"):
            yield f"{key}Service is not Google's: {risk} Leave it out."


@rule(
    "gke-traffic-controlled",
    of(CLUSTER),
    Severity.HIGH,
    references=["CIS GKE 5.6.1", "CIS GKE 5.6.2", "CIS GKE 5.6.7", "CKV_GCP_12", "CKV_GCP_23", "CKV_GCP_61"],
    remediation="Use Autopilot or Dataplane V2, and intranode visibility; refuse external IPs of Services.",
    url="https://cloud.google.com/kubernetes-engine/docs/concepts/dataplane-v2",
)
def traffic_controlled(resource: Resource) -> Iterator[str]:
    """Network policies are enforced, traffic inside a node is logged, and no Service takes over a foreign address."""
    yield from absent(
        resource.inputs, "serviceExternalIpsConfig.enabled", "a Service takes over addresses of others (CVE-2020-8554)."
    )
    if not isinstance(at(resource.inputs, "ipAllocationPolicy"), dict):
        yield "ipAllocationPolicy is not set: pods have no addresses of their own in the network. Set its ranges."
    if is_autopilot(resource):
        return
    risk = "a NetworkPolicy is accepted and does nothing."
    yield from demand(resource.inputs, "datapathProvider", "ADVANCED_DATAPATH", risk)
    risk = "traffic between pods of one node leaves no trace."
    yield from demand(resource.inputs, "enableIntranodeVisibility", True, risk)


@rule(
    "gke-no-way-around",
    of(CLUSTER),
    Severity.MEDIUM,
    references=["CIS GKE 5.10.1", "CIS K8s 4.2.4", "CKV_GCP_5"],
    remediation="Close the kubelet's read-only port, and leave dashboard and Cloud Run add-ons out.",
    url=_HARDENING,
)
def no_way_around(resource: Resource) -> Iterator[str]:
    """No other endpoint than the API server gives access: no read-only kubelet, no dashboard."""
    ports = {
        path: at(resource.inputs, path)
        for path in (
            "nodePoolAutoConfig.nodeKubeletConfig.insecureKubeletReadonlyPortEnabled",
            "nodePoolDefaults.nodeConfigDefaults.insecureKubeletReadonlyPortEnabled",
        )
    }
    for path, port in ports.items():
        if port not in (None, "FALSE"):
            yield f"{path} is {shown(port)}: whoever reaches a node reads its pods. Set it to FALSE."
    if "FALSE" not in ports.values():
        yield "the kubelet's read-only port is not closed. Set insecureKubeletReadonlyPortEnabled to FALSE."
    for addon in ("kubernetesDashboard", "cloudrunConfig"):
        config = at(resource.inputs, f"addonsConfig.{addon}")
        if config is not None and at(config, "disabled") is not True:
            yield f"addonsConfig.{addon} is on, with rights of its own in the cluster. Remove it."


@rule(
    "gke-survives-a-zone",
    of(CLUSTER),
    Severity.MEDIUM,
    remediation="Name a region as location, not a zone; enable the agent of Backup for GKE.",
    url="https://cloud.google.com/kubernetes-engine/docs/concepts/regional-clusters",
)
def survives_a_zone(resource: Resource) -> Iterator[str]:
    """The control plane survives the loss of a zone, and the cluster's content can be restored."""
    location = resource.inputs.get("location")
    if not is_open(location) or not isinstance(location, str) or location.count("-") != 1:
        yield f"location is {named(location)}, and not a region: with the zone goes the control plane. Name a region."
    risk = "what is lost in the cluster is lost."
    yield from demand(resource.inputs, "addonsConfig.gkeBackupAgentConfig.enabled", True, risk)
