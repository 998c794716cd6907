"""The kubernetes plugin waits until a change is done, against a real API server, and tells what holds it up."""

import re
from pathlib import Path
from typing import Any

import pytest

from e2e.kubernetes_objects import DEPLOYMENT, NAMESPACE, create, provider_for, requesting, resource, web
from sandbox.plugins.kubernetes.cluster import Cluster
from sandbox.plugins.kubernetes.kinds import Kind
from sandbox.plugins.kubernetes.provider import KubernetesProvider
from sandbox.plugins.protocol import InitFailedError, Properties, ProviderError

JOB = "batch/v1:Job"


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


def test_a_pod_that_cannot_be_scheduled_is_named_with_the_reason(
    kube_admin: KubernetesProvider, kube_namespace: str
) -> None:
    with pytest.raises(InitFailedError) as caught:
        create(kube_admin, DEPLOYMENT, web(kube_namespace, timeout=8, containers=requesting("999")))
    assert caught.value.resource_id == f"{kube_namespace}/web"
    assert "Deployment web is not ready after 8 s" in caught.value.reasons[0]
    assert re.search(r"pod web-\w+-\w+ is not scheduled: .*Insufficient cpu", str(caught.value))


def test_pods_beyond_the_quota_are_named_with_the_reason(kube_admin: KubernetesProvider, kube_namespace: str) -> None:
    quota = {"metadata": {"name": "q", "namespace": kube_namespace}, "spec": {"hard": {"pods": "1"}}}
    create(kube_admin, "core/v1:ResourceQuota", quota)
    with pytest.raises(InitFailedError, match=r'pods "web-\w+-\w+" is forbidden: exceeded quota: q, requested: pods=1'):
        create(kube_admin, DEPLOYMENT, web(kube_namespace, timeout=8))


def test_pods_that_pod_security_refuses_are_named_with_the_reason(kube_admin: KubernetesProvider) -> None:
    strict = {"pod-security.kubernetes.io/enforce": "restricted"}
    create(kube_admin, NAMESPACE, {"metadata": {"name": "strict", "labels": strict}})
    with pytest.raises(InitFailedError, match=r'pods "web-\w+-\w+" is forbidden: violates PodSecurity'):
        create(kube_admin, DEPLOYMENT, web("strict", timeout=8))


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
