"""The kubernetes plugin against a real API server: decisions that only it can make, and their report to the user."""

import base64
import copy
import dataclasses
import json
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import cast

import pytest

from e2e.kubernetes_objects import DEPLOYMENT, NAMESPACE, create, provider_for, requesting, resource, web
from sandbox.plugins.kubernetes.cluster import Cluster
from sandbox.plugins.kubernetes.kinds import Kind
from sandbox.plugins.kubernetes.provider import KubernetesProvider
from sandbox.plugins.protocol import UNKNOWN, Properties, ProviderError, Resource
from waiting import eventually


@dataclass(frozen=True)
class Kubectl:
    """`kubectl` of the cluster's administrator in a namespace."""

    binary: Path
    sandbox: Path
    namespace: str

    def __call__(self, *arguments: str) -> str:
        config = str(self.sandbox / "pki" / "admin.kubeconfig")
        command = [str(self.binary), "kubectl", "--kubeconfig", config, "--namespace", self.namespace, *arguments]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout

    def config_of_new_account(self, name: str) -> str:
        """Make a service account without any rights; its kubeconfig."""
        self("create", "serviceaccount", name)
        content = json.loads(self("config", "view", "--raw", "--output", "json"))
        content["users"][0]["user"] = {"token": self("create", "token", name).strip()}
        return json.dumps(content)


@pytest.fixture(scope="module")
def kube_reader(kube_sandbox: Path, kube_binary: Path) -> KubernetesProvider:
    """A user that may read and nothing else, as a preview's identity."""
    kubectl = Kubectl(kube_binary, kube_sandbox, "default")
    config = kubectl.config_of_new_account("reader")
    kubectl("create", "clusterrolebinding", "reader", "--clusterrole=view", "--serviceaccount=default:reader")
    return provider_for(config)


def test_a_field_that_is_no_longer_stated_is_removed(kube_admin: KubernetesProvider, kube_namespace: str) -> None:
    settings: Properties = {"metadata": {"name": "a", "namespace": kube_namespace}, "data": {"k": "v", "old": "x"}}
    _, outputs = create(kube_admin, "core/v1:ConfigMap", settings)
    settings["data"] = {"k": "v"}
    inputs, _ = kube_admin.check(resource("core/v1:ConfigMap"), {}, settings, b"")
    after = kube_admin.update(resource("core/v1:ConfigMap"), {}, outputs, inputs, preview=False)
    assert after["data"] == {"k": "v"}


def test_a_refresh_of_an_untouched_object_finds_its_inputs(kube_admin: KubernetesProvider, kube_namespace: str) -> None:
    inputs = web(kube_namespace, containers=requesting("1000m"))
    identifier, outputs = create(kube_admin, DEPLOYMENT, inputs)
    assert kube_admin.read(resource(DEPLOYMENT, identifier), inputs, outputs)[1] == inputs


def test_an_invalid_object_is_refused_in_the_preview(kube_admin: KubernetesProvider, kube_namespace: str) -> None:
    wrong = web(kube_namespace)
    wrong["spec"]["replicaz"] = 3
    with pytest.raises(ProviderError, match=r"previewing Deployment .*spec\.replicaz: field not declared in schema"):
        create(kube_admin, DEPLOYMENT, wrong, preview=True)


def test_a_preview_changes_nothing(kube_admin: KubernetesProvider, kube_namespace: str) -> None:
    create(kube_admin, DEPLOYMENT, web(kube_namespace), preview=True)
    assert kube_admin.read(resource(DEPLOYMENT, f"{kube_namespace}/web"), {}, {"kind": "Deployment"})[0] == ""


def test_a_reader_may_preview_and_is_refused_by_name_when_it_creates(
    kube_reader: KubernetesProvider, kube_namespace: str
) -> None:
    create(kube_reader, DEPLOYMENT, web(kube_namespace), preview=True)
    with pytest.raises(ProviderError) as caught:
        create(kube_reader, DEPLOYMENT, web(kube_namespace))
    message = str(caught.value)
    assert 'User "system:serviceaccount:default:reader" cannot patch resource "deployments"' in message
    assert "\n" not in message


def test_a_plain_creation_refuses_what_exists_and_hands_its_fields_over(
    kube_sandbox: Path, kube_namespace: str
) -> None:
    plain = provider_for((kube_sandbox / "pki" / "admin.kubeconfig").read_text(), upserts=False)
    settings: Properties = {"metadata": {"name": "a", "namespace": kube_namespace}, "data": {"k": "v", "old": "x"}}
    _, outputs = create(plain, "core/v1:ConfigMap", settings)
    with pytest.raises(ProviderError, match=r'configmaps "a" already exists'):
        create(plain, "core/v1:ConfigMap", settings)
    create(plain, "core/v1:ConfigMap", settings, preview=True)

    settings["data"] = {"k": "v"}
    inputs, _ = plain.check(resource("core/v1:ConfigMap"), {}, settings, b"")
    assert plain.update(resource("core/v1:ConfigMap"), {}, outputs, inputs, preview=False)["data"] == {"k": "v"}


def test_the_account_that_kubernetes_makes_is_adopted_only_with_upsert(
    kube_admin: KubernetesProvider, kube_sandbox: Path, kube_namespace: str
) -> None:
    account: Properties = {
        "metadata": {"name": "default", "namespace": kube_namespace},
        "automountServiceAccountToken": False,
    }
    config = str(kube_sandbox / "pki" / "admin.kubeconfig")
    cluster, kind = Cluster(Path(config).read_text()), Kind("v1", "ServiceAccount")
    eventually(lambda: cluster.get(kind, kube_namespace, "default") is not None)
    with pytest.raises(ProviderError, match=r'serviceaccounts "default" already exists'):
        create(provider_for(Path(config).read_text(), upserts=False), "core/v1:ServiceAccount", account)

    assert create(kube_admin, "core/v1:ServiceAccount", account)[1]["automountServiceAccountToken"] is False


def test_only_an_apply_is_allowed_by_name(kube_sandbox: Path, kube_binary: Path, kube_namespace: str) -> None:
    kubectl = Kubectl(kube_binary, kube_sandbox, kube_namespace)
    config = kubectl.config_of_new_account("team")
    verbs = "--verb=create,patch,get"
    kubectl("create", "role", "team", verbs, "--resource=configmaps", "--resource-name=settings")
    kubectl("create", "rolebinding", "team", "--role=team", f"--serviceaccount={kube_namespace}:team")
    settings: Properties = {"metadata": {"name": "settings", "namespace": kube_namespace}, "data": {"k": "v"}}

    with pytest.raises(ProviderError, match='cannot create resource "configmaps"'):
        create(provider_for(config, upserts=False), "core/v1:ConfigMap", settings)
    assert create(provider_for(config), "core/v1:ConfigMap", settings)[0] == f"{kube_namespace}/settings"


def test_a_repeated_creation_is_taken_over(kube_admin: KubernetesProvider, kube_namespace: str) -> None:
    create(kube_admin, DEPLOYMENT, web(kube_namespace))
    assert create(kube_admin, DEPLOYMENT, web(kube_namespace))[0] == f"{kube_namespace}/web"


def test_a_field_of_another_manager_is_a_conflict_that_names_it(
    kube_admin: KubernetesProvider, kube_sandbox: Path, kube_namespace: str
) -> None:
    settings: Properties = {"metadata": {"name": "a", "namespace": kube_namespace}, "data": {"k": "theirs"}}
    other = Cluster(str(kube_sandbox / "pki" / "admin.kubeconfig"))
    body = {"apiVersion": "v1", "kind": "ConfigMap", **settings}
    other.apply(Kind("v1", "ConfigMap"), body, "somebody-else", force=False, dry_run=False)
    settings["data"] = {"k": "ours"}
    with pytest.raises(ProviderError, match=r'conflict with "somebody-else".*data\.k'):
        create(kube_admin, "core/v1:ConfigMap", settings)


def test_the_number_of_pods_goes_from_the_program_to_an_autoscaler_and_back_without_a_pod_less(
    kube_admin: KubernetesProvider, kube_sandbox: Path, kube_namespace: str
) -> None:
    config = (kube_sandbox / "pki" / "admin.kubeconfig").read_text()
    cluster, url = Cluster(config), f"/apis/apps/v1/namespaces/{kube_namespace}/deployments/web/scale"
    scaled = dataclasses.replace(resource(DEPLOYMENT), ignored=("spec.replicas",))
    inputs = web(kube_namespace)
    inputs["metadata"]["annotations"]["pulumi.com/skipAwait"] = "true"
    state = create(kube_admin, DEPLOYMENT, inputs)[1]

    def updated(of: Resource, replicas: int, provider: KubernetesProvider = kube_admin) -> int:
        news = copy.deepcopy(inputs)
        news["spec"]["replicas"] = replicas
        return provider.update(of, {}, state, news, preview=False)["spec"]["replicas"]

    assert updated(scaled, 1) == 2  # the first update with the autoscaler keeps what the program had set
    cluster.request("PATCH", url, {"spec": {"replicas": 5}}, {}, "application/merge-patch+json")
    assert updated(scaled, 1) == 5
    with pytest.raises(ProviderError, match=r"conflict with .*spec\.replicas"):
        updated(resource(DEPLOYMENT), 3)
    assert updated(resource(DEPLOYMENT), 3, provider_for(config, forces=True)) == 3


def test_a_kind_of_a_custom_definition_works(kube_admin: KubernetesProvider, kube_namespace: str) -> None:
    names = {"plural": "widgets", "singular": "widget", "kind": "Widget"}
    schema = {"openAPIV3Schema": {"type": "object", "x-kubernetes-preserve-unknown-fields": True}}
    versions = [{"name": "v1", "served": True, "storage": True, "schema": schema}]
    definition = {
        "metadata": {"name": "widgets.example.com"},
        "spec": {"group": "example.com", "scope": "Namespaced", "names": names, "versions": versions},
    }
    widget: Properties = {"metadata": {"name": "w", "namespace": kube_namespace}, "spec": {"size": 3}}
    # Before the definition exists a preview cannot ask, and says what it knows.
    assert create(kube_admin, "example.com/v1:Widget", widget, preview=True)[1]["spec"] == {"size": 3}
    create(kube_admin, "apiextensions.k8s.io/v1:CustomResourceDefinition", definition)
    assert create(kube_admin, "example.com/v1:Widget", widget)[0] == f"{kube_namespace}/w"


def test_a_secret_in_plain_text_is_stored_encoded(kube_admin: KubernetesProvider, kube_namespace: str) -> None:
    secret = {"metadata": {"name": "s", "namespace": kube_namespace}, "stringData": {"password": "made-up"}}
    identifier, outputs = create(kube_admin, "core/v1:Secret", secret)
    assert base64.b64decode(outputs["data"]["password"]) == b"made-up"
    assert kube_admin.read(resource("core/v1:Secret", identifier), secret, outputs)[1] == secret


def test_unknown_values_never_reach_the_api_server(kube_admin: KubernetesProvider, kube_namespace: str) -> None:
    outputs = create(kube_admin, DEPLOYMENT, web(kube_namespace, serviceAccountName=UNKNOWN), preview=True)[1]
    assert cast("Properties", outputs)["spec"]["template"]["spec"]["serviceAccountName"] == UNKNOWN


def test_a_cluster_that_is_down_is_named_with_the_remedy() -> None:
    content = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": "c", "cluster": {"server": "https://localhost:1"}}],
        "users": [{"name": "u", "user": {"token": "none"}}],
        "contexts": [{"name": "c", "context": {"cluster": "c", "user": "u"}}],
        "current-context": "c",
    }
    with pytest.raises(ProviderError, match=r"https://localhost:1 does not answer: .*refused; check that the cluster"):
        create(provider_for(json.dumps(content)), NAMESPACE, {"metadata": {"name": "x"}})


def test_a_credential_plugin_that_fails_is_named_with_its_words(kube_sandbox: Path, tmp_path: Path) -> None:
    program = tmp_path / "gke-gcloud-auth-plugin"
    program.write_text("#!/bin/sh\necho no identity here >&2\nexit 3\n")
    program.chmod(0o700)
    execution = {"apiVersion": "client.authentication.k8s.io/v1beta1", "command": str(program)}
    content = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": "c", "cluster": {"server": "https://localhost:1"}}],
        "users": [{"name": "u", "user": {"exec": {**execution, "interactiveMode": "Never"}}}],
        "contexts": [{"name": "c", "context": {"cluster": "c", "user": "u"}}],
        "current-context": "c",
    }
    with pytest.raises(ProviderError, match=r"credential plugin failed: .*no identity here"):
        create(provider_for(json.dumps(content)), NAMESPACE, {"metadata": {"name": "x"}})
