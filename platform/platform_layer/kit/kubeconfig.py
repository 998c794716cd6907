"""How the cluster is reached: its DNS endpoint, and a kubeconfig without any credential in it."""

import json

import pulumi
import pulumi_gcp as gcp

PLUGIN = "gke-gcloud-auth-plugin"


def server(config: gcp.container.outputs.ClusterControlPlaneEndpointsConfig) -> str:
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


def kubeconfig(name: str, url: str) -> str:
    """A kubeconfig without any credential: each caller authenticates as the Google identity that it already has.

    Args:
        name: of the cluster, for people.
        url: of the cluster's DNS endpoint, whose certificate is publicly trusted.
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
        "clusters": [{"name": name, "cluster": {"server": url}}],
        "users": [{"name": name, "user": user}],
        "contexts": [{"name": name, "context": {"cluster": name, "user": name}}],
        "current-context": name,
    }
    return json.dumps(document, sort_keys=True)
