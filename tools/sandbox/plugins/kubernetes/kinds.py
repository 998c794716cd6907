"""Kinds, as far as they are known without a cluster: type tokens, scope, and fields that cannot change in place.

The rules of replacement are the rules of the vendor's plugin, as far as the API server still enforces them.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, cast

from sandbox.plugins.protocol import Properties, ProviderError

_TOKEN = re.compile(r"kubernetes:(?P<group>[a-z0-9.\-]+)/(?P<version>v[a-z0-9]+):(?P<kind>[A-Z]\w*)")
_NOT_OBJECTS = re.compile(r"\w+(Patch|List)")
_NOT_KINDS = ("helm.sh", "yaml", "kustomize")  # the SDK's components, which look like API groups

CLUSTER_SCOPED = frozenset({
    "APIService", "CSIDriver", "CSINode", "CertificateSigningRequest", "ClusterRole", "ClusterRoleBinding",
    "CustomResourceDefinition", "FlowSchema", "IngressClass", "MutatingWebhookConfiguration", "Namespace", "Node",
    "PersistentVolume", "PriorityClass", "PriorityLevelConfiguration", "RuntimeClass", "StorageClass",
    "ValidatingAdmissionPolicy", "ValidatingAdmissionPolicyBinding", "ValidatingWebhookConfiguration",
    "VolumeAttachment",
})  # fmt: skip

# Property paths of a kind that the API server refuses to change, or that the vendor's plugin replaces for.
_FIXED: dict[str, tuple[str, ...]] = {
    "ClusterRoleBinding": ("roleRef",),
    "ConfigMap": ("data", "binaryData", "immutable"),
    "DaemonSet": ("spec.selector",),
    "Deployment": ("spec.selector",),
    "IngressClass": ("spec.controller",),
    "Job": ("spec.selector", "spec.template", "spec.completionMode", "spec.podFailurePolicy", "spec.manualSelector"),
    "PersistentVolumeClaim": (
        "spec.accessModes", "spec.dataSource", "spec.dataSourceRef", "spec.selector", "spec.storageClassName",
        "spec.volumeMode", "spec.volumeName",
    ),
    "Pod": ("spec",),
    "PriorityClass": ("value", "preemptionPolicy"),
    "ReplicaSet": ("spec.selector",),
    "RoleBinding": ("roleRef",),
    "RuntimeClass": ("handler",),
    "Secret": ("type", "data", "stringData", "immutable"),
    "Service": ("spec.clusterIP", "spec.clusterIPs"),
    "StatefulSet": ("spec.selector", "spec.serviceName", "spec.podManagementPolicy", "spec.volumeClaimTemplates"),
    "StorageClass": ("parameters", "provisioner", "reclaimPolicy", "volumeBindingMode"),
}  # fmt: skip
_ALWAYS_FIXED = ("kind", "metadata.name", "metadata.namespace")

# A provider option turns off the replacement of these kinds: then the object is updated in place.
_MUTABLE_BY_OPTION = {"ConfigMap": "enableConfigMapMutable", "Secret": "enableSecretMutable"}

# Fields that can change in a running pod.
_POD_MUTABLE = re.compile(
    r"spec\.((init)?[cC]ontainers\[\d+\]\.image|activeDeadlineSeconds|tolerations|terminationGracePeriodSeconds)(\b|$)"
)


@dataclass(frozen=True)
class Kind:
    """A kind as objects name it: `apiVersion` such as "apps/v1" or "v1", and `kind` such as "Deployment"."""

    api_version: str
    kind: str

    def __str__(self) -> str:
        return f"{self.api_version}/{self.kind}"

    @property
    def path(self) -> str:
        """URL path at which the API server describes the resources of this API version."""
        return f"/apis/{self.api_version}" if "/" in self.api_version else f"/api/{self.api_version}"


def kind_of(token: str, inputs: Properties) -> Kind:
    """Return the kind of a resource: from its inputs, else from its type token.

    Raises:
        ProviderError: the token's kind is not supported by this plugin.
    """
    match = _TOKEN.fullmatch(token)
    if match is None or match["group"] in _NOT_KINDS or _NOT_OBJECTS.fullmatch(match["kind"]):
        raise ProviderError(
            f"the sandbox's kubernetes plugin does not support {token}, so nothing was changed; declare the objects "
            "themselves, each by its own kind"
        )
    group, version = match["group"], match["version"]
    version_of_token = version if group == "core" else f"{group}/{version}"
    return Kind(str(inputs.get("apiVersion") or version_of_token), str(inputs.get("kind") or match["kind"]))


def fixed_paths(kind: Kind, paths: Iterable[str], options: Properties) -> frozenset[str]:
    """Return the changed property paths that cannot change in place."""
    rules = _ALWAYS_FIXED + _FIXED.get(kind.kind, ())
    option = _MUTABLE_BY_OPTION.get(kind.kind)
    if option and options.get(option):
        rules = (*_ALWAYS_FIXED, "type", "immutable")
    return frozenset(path for path in paths if _covered(path, rules) and not _mutable(kind, path))


def _covered(path: str, rules: Iterable[str]) -> bool:
    return any(path == rule or path.startswith((f"{rule}.", f"{rule}[")) for rule in rules)


def _mutable(kind: Kind, path: str) -> bool:
    return kind.kind == "Pod" and _POD_MUTABLE.match(path) is not None


def metadata(value: Properties) -> Properties:
    """Return an object's metadata; {} while it is unknown."""
    content: Any = value.get("metadata")
    return cast("Properties", content) if isinstance(content, dict) else {}


def annotation(value: Properties, name: str) -> str:
    """Return an annotation's value, or ""."""
    annotations: Any = metadata(value).get("annotations")
    return str(cast("Properties", annotations).get(name, "")) if isinstance(annotations, dict) else ""
