"""Access to the cluster as the caller's own Google identity, without a credential in any file or state."""

import pulumi_kubernetes as k8s

from apps_layer.kit.kubeconfig import kubeconfig
from apps_layer.upstream import Cluster


def provider(cluster: Cluster) -> k8s.Provider:
    """Deploys into a cluster of the platform's contract."""
    return k8s.Provider(
        cluster.name,
        kubeconfig=kubeconfig(cluster.name, cluster.server),
        # Another kubeconfig of the same cluster must not replace what is in it.
        cluster_identifier=f"{cluster.location}/{cluster.name}",
        enable_server_side_apply=True,
        # A creation is then an apply, which names its object: RBAC allows it by name, and a repeated one succeeds.
        upsert_existing_objects=True,
        # A field that a person or another controller changed is taken back by the next update that declares it.
        enable_patch_force=True,
    )
