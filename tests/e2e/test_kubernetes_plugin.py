"""The kubernetes plugin against a real API server: what only that can decide, and how it is told to the user."""

import base64
import itertools
import json
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import pytest

from sandbox import servers
from sandbox.plugins.kubernetes.cluster import Cluster
from sandbox.plugins.kubernetes.kinds import Kind
from sandbox.plugins.kubernetes.progress import Progress
from sandbox.plugins.kubernetes.provider import KubernetesProvider
from sandbox.plugins.protocol import UNKNOWN, InitFailedError, Properties, ProviderError, Resource
from sandbox.tools import kubernetes as tools

NAMESPACE = "core/v1:Namespace"
DEPLOYMENT = "apps/v1:Deployment"
JOB = "batch/v1:Job"
NUMBERS = itertools.count(1)


@pytest.fixture(scope="module")
def kube_binary() -> Path:
    found = tools.find()
    if found is None:
        pytest.fail("the control plane is not built; `make tools` builds it")
    return found.path


@pytest.fixture(scope="module")
def kube_sandbox(kube_binary: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    folder = tmp_path_factory.mktemp("cluster") / "sandbox"
    servers.start(folder, kube_binary)
    try:
        servers.wait_ready(folder)
        yield folder
    finally:
        servers.stop(folder)


@pytest.fixture(scope="module")
def kube_admin(kube_sandbox: Path) -> KubernetesProvider:
    return provider_for(str(kube_sandbox / "pki" / "admin.kubeconfig"))


@pytest.fixture(scope="module")
def kube_reader(kube_sandbox: Path, kube_binary: Path) -> KubernetesProvider:
    """A user that may read and nothing else, as a preview's identity."""
    config = str(kube_sandbox / "pki" / "admin.kubeconfig")

    def kubectl(*arguments: str) -> str:
        command = [str(kube_binary), "kubectl", "--kubeconfig", config, *arguments]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout

    kubectl("create", "serviceaccount", "reader", "--namespace", "default")
    kubectl("create", "clusterrolebinding", "reader", "--clusterrole=view", "--serviceaccount=default:reader")
    content = json.loads(kubectl("config", "view", "--raw", "--output", "json"))
    content["users"][0]["user"] = {"token": kubectl("create", "token", "reader", "--namespace", "default").strip()}
    return provider_for(json.dumps(content))


@pytest.fixture
def kube_namespace(kube_admin: KubernetesProvider) -> str:
    name = f"t-{next(NUMBERS)}"
    create(kube_admin, NAMESPACE, {"metadata": {"name": name}})
    return name


def silent(urn: str, message: str) -> None:
    """Progress that nobody watches."""


def provider_for(kubeconfig: str, progress: Progress = silent) -> KubernetesProvider:
    made = KubernetesProvider(progress)
    made.configure({"kubeconfig": kubeconfig})
    return made


def resource(token: str, identifier: str = "") -> Resource:
    return Resource(f"urn:pulumi:s::p::kubernetes:{token}::thing", f"kubernetes:{token}", "thing", identifier)


def create(provider: KubernetesProvider, token: str, news: Properties, *, preview: bool = False) -> Any:
    inputs, failures = provider.check(resource(token), {}, news, b"seed")
    assert failures == []
    return provider.create(resource(token), inputs, preview=preview)


def web(namespace: str, timeout: int = 60, **pod: Any) -> Properties:
    labels = {"app": "web"}
    spec = {"containers": [{"name": "web", "image": "registry.example.com/web:1"}], **pod}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {
            "name": "web",
            "namespace": namespace,
            "annotations": {"pulumi.com/timeoutSeconds": str(timeout)},
        },
        "spec": {
            "replicas": 2,
            "selector": {"matchLabels": labels},
            "template": {"metadata": {"labels": labels}, "spec": spec},
        },
    }


def requesting(cpu: str) -> list[Properties]:
    return [{"name": "web", "image": "x", "resources": {"requests": {"cpu": cpu}}}]


def test_a_deployment_is_recorded_when_it_is_available(kube_admin: KubernetesProvider, kube_namespace: str) -> None:
    identifier, outputs = create(kube_admin, DEPLOYMENT, web(kube_namespace))
    assert identifier == f"{kube_namespace}/web"
    assert outputs["status"]["availableReplicas"] == 2


def test_an_update_waits_for_the_new_pods(kube_admin: KubernetesProvider, kube_namespace: str) -> None:
    _, outputs = create(kube_admin, DEPLOYMENT, web(kube_namespace))
    changed = web(kube_namespace, containers=[{"name": "web", "image": "registry.example.com/web:2"}])
    after = kube_admin.update(resource(DEPLOYMENT), {}, outputs, changed, preview=False)
    assert after["status"]["observedGeneration"] == 2
    assert after["status"]["updatedReplicas"] == 2


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


def test_a_pod_that_cannot_be_scheduled_is_named_with_the_reason(
    kube_admin: KubernetesProvider, kube_namespace: str
) -> None:
    with pytest.raises(InitFailedError) as caught:
        create(kube_admin, DEPLOYMENT, web(kube_namespace, timeout=2, containers=requesting("999")))
    assert caught.value.resource_id == f"{kube_namespace}/web"
    assert "Deployment web is not ready after 2 s" in caught.value.reasons[0]
    assert re.search(r"pod web-\w+-\w+ is not scheduled: .*Insufficient cpu", str(caught.value))


def test_pods_beyond_the_quota_are_named_with_the_reason(kube_admin: KubernetesProvider, kube_namespace: str) -> None:
    quota = {"metadata": {"name": "q", "namespace": kube_namespace}, "spec": {"hard": {"pods": "1"}}}
    create(kube_admin, "core/v1:ResourceQuota", quota)
    with pytest.raises(InitFailedError, match=r'pods "web-\w+-\w+" is forbidden: exceeded quota: q, requested: pods=1'):
        create(kube_admin, DEPLOYMENT, web(kube_namespace, timeout=3))


def test_pods_that_pod_security_refuses_are_named_with_the_reason(kube_admin: KubernetesProvider) -> None:
    strict = {"pod-security.kubernetes.io/enforce": "restricted"}
    create(kube_admin, NAMESPACE, {"metadata": {"name": "strict", "labels": strict}})
    with pytest.raises(InitFailedError, match=r'pods "web-\w+-\w+" is forbidden: violates PodSecurity'):
        create(kube_admin, DEPLOYMENT, web("strict", timeout=3))


def job(namespace: str, **spec: Any) -> Properties:
    """A job of a pod with an init container, a sidecar and work."""
    helpers = [{"name": "prepare", "image": "x"}, {"name": "proxy", "image": "x", "restartPolicy": "Always"}]
    pod = {"restartPolicy": "Never", "initContainers": helpers, "containers": [{"name": "work", "image": "x"}]}
    return {"metadata": {"name": "nightly", "namespace": namespace}, "spec": {**spec, "template": {"spec": pod}}}


def test_a_job_is_recorded_when_it_is_complete_and_says_meanwhile_what_it_does(
    kube_sandbox: Path, kube_namespace: str
) -> None:
    shown: list[str] = []

    def watch(urn: str, message: str) -> None:
        shown.append(message)

    watched = provider_for(str(kube_sandbox / "pki" / "admin.kubeconfig"), watch)

    _, outputs = create(watched, JOB, job(kube_namespace))

    assert outputs["status"]["succeeded"] == 1
    assert "waiting for completion: 0 pods succeeded, 1 are active" in shown


def test_a_job_that_misses_its_deadline_is_told_as_failed(kube_admin: KubernetesProvider, kube_namespace: str) -> None:
    with pytest.raises(InitFailedError, match=r"Job nightly is not ready: .*the job failed: .*longer than specified"):
        create(kube_admin, JOB, job(kube_namespace, activeDeadlineSeconds=1))


def test_a_scheduled_job_is_not_waited_for(kube_admin: KubernetesProvider, kube_namespace: str) -> None:
    declared = job(kube_namespace)
    declared["spec"] = {"schedule": "* * * * *", "jobTemplate": {"spec": declared["spec"]}}
    _, outputs = create(kube_admin, "batch/v1:CronJob", declared)
    assert "lastScheduleTime" not in outputs.get("status", {})


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


def test_a_deletion_returns_when_everything_is_gone(
    kube_admin: KubernetesProvider, kube_sandbox: Path, kube_namespace: str
) -> None:
    identifier, outputs = create(kube_admin, DEPLOYMENT, web(kube_namespace))
    kube_admin.delete(resource(DEPLOYMENT, identifier), outputs)
    cluster = Cluster(str(kube_sandbox / "pki" / "admin.kubeconfig"))
    assert cluster.get(Kind("apps/v1", "Deployment"), kube_namespace, "web") is None
    assert cluster.list(Kind("apps/v1", "ReplicaSet"), kube_namespace) == []


def test_a_finalizer_that_holds_an_object_is_named(kube_admin: KubernetesProvider, kube_namespace: str) -> None:
    annotations = {"pulumi.com/timeoutSeconds": "1"}
    held: Properties = {
        "metadata": {
            "name": "held",
            "namespace": kube_namespace,
            "finalizers": ["example.com/hold"],
            "annotations": annotations,
        }
    }
    identifier, outputs = create(kube_admin, "core/v1:ConfigMap", held)
    with pytest.raises(ProviderError, match=r"not gone after 1 s: its finalizers .*example\.com/hold were not removed"):
        kube_admin.delete(resource("core/v1:ConfigMap", identifier), outputs)
    held["metadata"]["finalizers"] = []
    inputs, _ = kube_admin.check(resource("core/v1:ConfigMap"), {}, held, b"")
    kube_admin.update(resource("core/v1:ConfigMap"), {}, outputs, inputs, preview=False)
    kube_admin.delete(resource("core/v1:ConfigMap", identifier), outputs)


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
