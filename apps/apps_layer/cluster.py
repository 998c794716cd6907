"""The way into the cluster: as the caller's own Google identity, without a credential in any file or state."""

import json

import pulumi_kubernetes as k8s

from apps_layer.upstream import Cluster

PLUGIN = "gke-gcloud-auth-plugin"


def provider(cluster: Cluster) -> k8s.Provider:
    """Deploys into a cluster of the platform's contract."""
    return k8s.Provider(
        cluster.name,
        kubeconfig=kubeconfig(cluster),
        # Another kubeconfig of the same cluster must not replace what is in it.
        cluster_identifier=f"{cluster.location}/{cluster.name}",
        enable_server_side_apply=True,
    )


def kubeconfig(cluster: Cluster) -> str:
    """A kubeconfig for the cluster's DNS endpoint, whose certificate is publicly trusted."""
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
    name = cluster.name
    document = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": name, "cluster": {"server": cluster.server}}],
        "users": [{"name": name, "user": user}],
        "contexts": [{"name": name, "context": {"cluster": name, "user": name}}],
        "current-context": name,
    }
    return json.dumps(document, sort_keys=True)
