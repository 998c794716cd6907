"""Type tokens, and what cannot change in place."""

import pytest

from sandbox.plugins.kubernetes.kinds import Kind, fixed_paths, kind_of
from sandbox.plugins.protocol import ProviderError


@pytest.mark.parametrize(
    ("token", "expected"),
    [
        ("kubernetes:core/v1:Namespace", Kind("v1", "Namespace")),
        ("kubernetes:apps/v1:Deployment", Kind("apps/v1", "Deployment")),
        (
            "kubernetes:rbac.authorization.k8s.io/v1:RoleBinding",
            Kind("rbac.authorization.k8s.io/v1", "RoleBinding"),
        ),
        ("kubernetes:example.com/v1alpha1:Widget", Kind("example.com/v1alpha1", "Widget")),
    ],
)
def test_a_token_names_a_kind(token: str, expected: Kind) -> None:
    assert kind_of(token, {}) == expected


def test_the_inputs_decide_over_the_token() -> None:
    stated = {"apiVersion": "networking.k8s.io/v1", "kind": "Ingress"}
    assert kind_of("kubernetes:extensions/v1beta1:Ingress", stated) == Kind("networking.k8s.io/v1", "Ingress")


@pytest.mark.parametrize(
    "token",
    [
        "kubernetes:helm.sh/v3:Release",
        "kubernetes:yaml:ConfigFile",
        "kubernetes:kustomize:Directory",
        "kubernetes:apps/v1:DeploymentPatch",
        "kubernetes:apps/v1:DeploymentList",
    ],
)
def test_what_is_no_single_object_is_refused_by_name(token: str) -> None:
    with pytest.raises(ProviderError, match=f"does not support {token}, so nothing was changed; declare"):
        kind_of(token, {})


@pytest.mark.parametrize(
    ("kind", "path"),
    [
        ("Role", "metadata.name"),
        ("Role", "metadata.namespace"),
        ("Deployment", "spec.selector.matchLabels.app"),
        ("StatefulSet", "spec.volumeClaimTemplates[0].spec.accessModes[0]"),
        ("Job", "spec.template.spec.containers[0].image"),
        ("Service", "spec.clusterIP"),
        ("RoleBinding", "roleRef.name"),
        ("ClusterRoleBinding", "roleRef.kind"),
        ("PersistentVolumeClaim", "spec.storageClassName"),
        ("StorageClass", "provisioner"),
        ("Secret", "type"),
        ("Secret", "stringData.password"),
        ("ConfigMap", "data.key"),
        ("Pod", "spec.nodeName"),
    ],
)
def test_a_fixed_property_forces_a_replacement(kind: str, path: str) -> None:
    assert fixed_paths(Kind("v1", kind), [path], {}) == {path}


@pytest.mark.parametrize(
    ("kind", "path"),
    [
        ("Deployment", "spec.template.spec.containers[0].image"),
        ("Deployment", "spec.selectorless"),
        ("Service", "spec.ports[0].port"),
        ("RoleBinding", "subjects[0].name"),
        ("PersistentVolumeClaim", "spec.resources.requests.storage"),
        ("Pod", "spec.containers[0].image"),
        ("Pod", "spec.initContainers[1].image"),
        ("Role", "metadata.labels.app"),
    ],
)
def test_other_properties_change_in_place(kind: str, path: str) -> None:
    assert fixed_paths(Kind("v1", kind), [path], {}) == frozenset()


def test_an_option_lets_configuration_change_in_place() -> None:
    options = {"enableConfigMapMutable": True}
    assert fixed_paths(Kind("v1", "ConfigMap"), ["data.key"], options) == frozenset()
    assert fixed_paths(Kind("v1", "Secret"), ["data.key"], options) == {"data.key"}
