"""The pack's rules on Kubernetes workloads."""

from typing import Any

import pytest

from pack.analyzer import (
    DEPLOYMENT,
    REMOVED,
    UNKNOWN_ARRAY,
    UNKNOWN_BOOLEAN,
    UNKNOWN_OBJECT,
    Analyzer,
    Inputs,
    changed,
    deployment,
    pod,
)


def _around(kind: str, spec: Inputs) -> Inputs:
    """A resource of a kind with a pod's specification where that kind has it."""
    template = {"metadata": {}, "spec": spec}
    if kind.endswith(":Pod"):
        return {"spec": spec}
    if kind.endswith(":PodTemplate"):
        return {"template": template}
    if kind.endswith(":CronJob"):
        return {"spec": {"jobTemplate": {"spec": {"template": template}}}}
    if kind.endswith("List"):
        return {"items": [{"spec": {"template": template}}]}
    return {"spec": {"template": template}}


KINDS = [
    "kubernetes:core/v1:Pod",
    "kubernetes:core/v1:PodTemplate",
    "kubernetes:core/v1:ReplicationController",
    DEPLOYMENT,
    "kubernetes:apps/v1:DeploymentPatch",
    "kubernetes:apps/v1:DeploymentList",
    "kubernetes:apps/v1:ReplicaSet",
    "kubernetes:apps/v1:StatefulSet",
    "kubernetes:apps/v1:DaemonSet",
    "kubernetes:batch/v1:Job",
    "kubernetes:batch/v1:CronJob",
    "kubernetes:argoproj.io/v1alpha1:Rollout",
]


@pytest.mark.parametrize("kind", KINDS)
def test_an_unprivileged_pod_is_accepted(analyzer: Analyzer, kind: str) -> None:
    assert analyzer.check(kind, _around(kind, pod())) == []


@pytest.mark.parametrize("kind", KINDS)
def test_a_privileged_container_is_refused_in_every_kind(analyzer: Analyzer, kind: str) -> None:
    spec = pod()
    spec["containers"][0]["securityContext"]["privileged"] = True
    [finding] = analyzer.check(kind, _around(kind, spec))
    assert finding.policy == "workload-not-privileged"
    assert finding.mandatory
    assert "containers[0].securityContext.privileged is true: the container is root on its node" in finding.message


@pytest.mark.parametrize("containers", ["initContainers", "containers", "ephemeralContainers"])
def test_every_list_of_containers_is_looked_at(analyzer: Analyzer, containers: str) -> None:
    spec = pod()
    spec.setdefault(containers, []).append({"name": "extra", "securityContext": {"privileged": True}})
    place = f"spec.template.spec.{containers}[{len(spec[containers]) - 1}]"
    found = analyzer.check(DEPLOYMENT, deployment(spec))
    assert found
    assert all(place in finding.message for finding in found)


@pytest.mark.parametrize(
    ("path", "value", "words"),
    [
        ("hostNetwork", True, "hostNetwork is true"),
        ("hostPID", True, "hostPID is true"),
        ("hostIPC", True, "hostIPC is true"),
        ("volumes", [{"hostPath": {"path": "/"}}], "volumes[0] is a hostPath"),
        (
            "containers.0.securityContext.allowPrivilegeEscalation",
            True,
            "allowPrivilegeEscalation is true",
        ),
        ("containers.0.securityContext", REMOVED, "allowPrivilegeEscalation is not set"),
        (
            "containers.0.securityContext.capabilities",
            {"add": ["SYS_ADMIN"]},
            "capabilities.add names SYS_ADMIN",
        ),
        ("hostNetwork", UNKNOWN_BOOLEAN, "hostNetwork is a value that is only known after the update"),
        ("volumes", UNKNOWN_ARRAY, "volumes[0] is a hostPath (or not known)"),
        (
            "containers.0.securityContext.capabilities",
            UNKNOWN_OBJECT,
            "capabilities.add names a value that is only known after the update",
        ),
        ("containers.0.securityContext.privileged", UNKNOWN_BOOLEAN, "privileged is a value"),
    ],
)
def test_one_way_to_the_node_is_refused(analyzer: Analyzer, path: str, value: Any, words: str) -> None:
    [finding] = analyzer.check(DEPLOYMENT, deployment(changed(pod(), path, value)))
    assert finding.mandatory
    assert words in finding.message


@pytest.mark.parametrize(
    "inputs",
    [
        {"spec": UNKNOWN_OBJECT},
        {"spec": {"template": UNKNOWN_OBJECT}},
        {"spec": {"template": {"spec": UNKNOWN_OBJECT}}},
        {"spec": {"template": {"spec": {"containers": UNKNOWN_ARRAY}}}},
        {"spec": {"template": {"spec": {**pod(), "initContainers": UNKNOWN_ARRAY}}}},
        {"spec": {"template": {"spec": {"containers": [UNKNOWN_OBJECT]}}}},
    ],
)
def test_a_pod_that_a_preview_cannot_show_is_refused(analyzer: Analyzer, inputs: Inputs) -> None:
    findings = analyzer.check(DEPLOYMENT, inputs)
    assert findings
    assert all(finding.mandatory for finding in findings)


def test_a_release_whose_pods_nobody_sees_is_refused(analyzer: Analyzer) -> None:
    [finding] = analyzer.check("kubernetes:helm.sh/v3:Release", {"chart": "redis"})
    assert finding.mandatory
    assert "no policy sees them" in finding.message


def test_resources_without_pods_are_left_alone(analyzer: Analyzer) -> None:
    assert analyzer.check("kubernetes:core/v1:ConfigMap", {"data": {"spec": "anything"}}) == []
    assert analyzer.check("kubernetes:core/v1:Service", {"spec": {"ports": [{"port": 80}]}}) == []
