"""A kubeconfig without a credential: each caller authenticates as the Google identity that it already has."""

import json

PLUGIN = "gke-gcloud-auth-plugin"


def kubeconfig(name: str, server: str) -> str:
    """A kubeconfig for a cluster's DNS endpoint, whose certificate is publicly trusted.

    Args:
        name: of the cluster, for people.
        server: URL of the DNS endpoint.
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
