"""Roles and bindings of a cluster, as its API server has them, without what access does not depend on."""

from collections.abc import Mapping
from typing import Any, Final

Json = dict[str, Any]

# Kinds, each with its name in addresses: https://kubernetes.io/docs/reference/kubernetes-api/authorization-resources.
KINDS: Final[Mapping[str, str]] = {
    "ClusterRole": "clusterroles",
    "ClusterRoleBinding": "clusterrolebindings",
    "Role": "roles",
    "RoleBinding": "rolebindings",
}
GROUP: Final = "apis/rbac.authorization.k8s.io/v1"
_ESSENTIAL = ("rules", "aggregationRule", "roleRef", "subjects")
_METADATA = ("name", "namespace", "labels")


def essential(kind: str, item: Json) -> Json:
    """A Role or binding of a list, which does not have its own kind in each item."""
    metadata: Json = item.get("metadata") or {}
    return {
        "kind": kind,
        "metadata": {key: metadata[key] for key in _METADATA if metadata.get(key)},
        **{key: item[key] for key in _ESSENTIAL if item.get(key)},
    }
