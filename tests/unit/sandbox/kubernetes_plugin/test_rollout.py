"""Readiness, kind by kind: each case starts from a ready object and breaks one thing."""

import copy
from typing import Any

import pytest

from sandbox.plugins.kubernetes.rollout import READY, judge
from sandbox.plugins.protocol import Properties

READY_OBJECTS: dict[str, Properties] = {
    "Deployment": {
        "spec": {"replicas": 2},
        "status": {"observedGeneration": 3, "replicas": 2, "updatedReplicas": 2, "availableReplicas": 2},
    },
    "StatefulSet": {
        "spec": {"replicas": 2},
        "status": {"observedGeneration": 3, "readyReplicas": 2, "updateRevision": "b", "currentRevision": "b"},
    },
    "DaemonSet": {
        "spec": {},
        "status": {
            "observedGeneration": 3,
            "desiredNumberScheduled": 2,
            "updatedNumberScheduled": 2,
            "numberAvailable": 2,
        },
    },
    "Job": {"spec": {}, "status": {"conditions": [{"type": "Complete", "status": "True"}]}},
    "Pod": {"spec": {}, "status": {"phase": "Running", "conditions": [{"type": "Ready", "status": "True"}]}},
    "Service": {"spec": {"type": "LoadBalancer"}, "status": {"loadBalancer": {"ingress": [{"ip": "192.0.2.1"}]}}},
    "PersistentVolumeClaim": {"spec": {}, "status": {"phase": "Bound"}},
    "Namespace": {"spec": {}, "status": {"phase": "Active"}},
    "CustomResourceDefinition": {"spec": {}, "status": {"conditions": [{"type": "Established", "status": "True"}]}},
}

BREAKS: list[tuple[str, str, Any, str]] = [
    ("Deployment", "status.observedGeneration", 2, "controller to see the change"),
    ("Deployment", "status.updatedReplicas", 1, "1 of 2 exist"),
    ("Deployment", "status.replicas", 3, "old pods to end: 1 left"),
    ("Deployment", "status.availableReplicas", 0, "0 of 2 are"),
    ("StatefulSet", "status.observedGeneration", 2, "controller to see the change"),
    ("StatefulSet", "status.readyReplicas", 1, "1 of 2 are"),
    ("StatefulSet", "status.currentRevision", "a", "to be updated"),
    ("DaemonSet", "status.updatedNumberScheduled", 1, "1 of 2 exist"),
    ("DaemonSet", "status.numberAvailable", 1, "1 of 2 are"),
    ("Job", "status.conditions", [], "completion"),
    ("Pod", "status.conditions", [], "its phase is Running"),
    ("Service", "status.loadBalancer", {}, "load balancer"),
    ("PersistentVolumeClaim", "status.phase", "Pending", "a volume"),
    ("Namespace", "status.phase", "Terminating", "it is Terminating"),
    ("CustomResourceDefinition", "status.conditions", [], "new kind to be served"),
]

FAILURES: list[tuple[str, str, Any, str]] = [
    (
        "Deployment",
        "status.conditions",
        [{"type": "Progressing", "status": "False", "reason": "ProgressDeadlineExceeded", "message": "too slow"}],
        "too slow",
    ),
    ("Job", "status.conditions", [{"type": "Failed", "status": "True", "message": "backoff limit"}], "backoff limit"),
    ("Pod", "status", {"phase": "Failed", "message": "evicted"}, "evicted"),
    ("PersistentVolumeClaim", "status.phase", "Lost", "is lost"),
    (
        "CustomResourceDefinition",
        "status.conditions",
        [{"type": "NamesAccepted", "status": "False", "message": "plural taken"}],
        "plural taken",
    ),
]


def ready(kind: str) -> Properties:
    return {"kind": kind, "metadata": {"name": "x", "generation": 3}, **copy.deepcopy(READY_OBJECTS[kind])}


def broken(kind: str, path: str, value: Any) -> Properties:
    made = ready(kind)
    *folders, leaf = path.split(".")
    place = made
    for folder in folders:
        place = place[folder]
    place[leaf] = value
    return made


@pytest.mark.parametrize("kind", READY_OBJECTS)
def test_a_ready_object_is_ready(kind: str) -> None:
    assert judge(ready(kind)) == READY


@pytest.mark.parametrize(("kind", "path", "value", "awaited"), BREAKS)
def test_one_missing_thing_is_awaited_by_name(kind: str, path: str, value: Any, awaited: str) -> None:
    verdict = judge(broken(kind, path, value))
    assert awaited in verdict.waiting_for
    assert not verdict.failed


@pytest.mark.parametrize(("kind", "path", "value", "why"), FAILURES)
def test_a_failure_ends_the_wait_with_its_reason(kind: str, path: str, value: Any, why: str) -> None:
    verdict = judge(broken(kind, path, value))
    assert why in verdict.waiting_for
    assert verdict.failed


def test_a_deployment_without_a_count_wants_one_pod() -> None:
    deployment = broken("Deployment", "spec", {})
    assert judge(deployment) == READY
    deployment["status"] |= {"replicas": 0, "updatedReplicas": 0, "availableReplicas": 0}
    assert "0 of 1 exist" in judge(deployment).waiting_for


def test_pods_that_the_api_server_refuses_are_named_while_waiting() -> None:
    deployment = broken("Deployment", "status.availableReplicas", 0)
    refused = {"type": "ReplicaFailure", "status": "True", "reason": "FailedCreate", "message": "exceeded quota"}
    deployment["status"]["conditions"] = [refused]
    assert "exceeded quota" in judge(deployment).waiting_for


def test_a_partition_leaves_older_pods_alone() -> None:
    stateful = broken("StatefulSet", "status.currentRevision", "a")
    stateful["spec"]["updateStrategy"] = {"rollingUpdate": {"partition": 1}}
    stateful["status"]["updatedReplicas"] = 1
    assert judge(stateful) == READY


def test_a_suspended_job_is_not_awaited() -> None:
    assert judge({"kind": "Job", "metadata": {}, "spec": {"suspend": True}, "status": {}}) == READY


def test_a_service_inside_the_cluster_is_ready_at_once() -> None:
    assert judge(broken("Service", "spec", {"type": "ClusterIP"})) == READY


def test_a_kind_without_a_rule_is_ready_at_once() -> None:
    assert judge({"kind": "Role", "metadata": {}}) == READY
