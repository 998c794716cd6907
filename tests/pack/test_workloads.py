"""Pods are found in every kind of resource, and one that cannot be read is refused."""

import re
from typing import Any

import pytest

from pack.analyzer import UNKNOWN_ARRAY, UNKNOWN_OBJECT, Analyzer, Inputs, secret
from pack.cases import changed
from pack.cases.apps import METADATA, around, container, pod

KINDS = [
    "kubernetes:core/v1:Pod",
    "kubernetes:core/v1:PodTemplate",
    "kubernetes:core/v1:ReplicationController",
    "kubernetes:apps/v1:Deployment",
    "kubernetes:apps/v1:DeploymentPatch",
    "kubernetes:apps/v1:DeploymentList",
    "kubernetes:apps/v1:ReplicaSet",
    "kubernetes:apps/v1:StatefulSet",
    "kubernetes:apps/v1:DaemonSet",
    "kubernetes:batch/v1:Job",
    "kubernetes:batch/v1:CronJob",
    "kubernetes:argoproj.io/v1alpha1:Rollout",
]
DEPLOYMENT = "kubernetes:apps/v1:Deployment"


@pytest.mark.parametrize("kind", KINDS)
def test_a_restricted_pod_is_accepted(analyzer: Analyzer, kind: str) -> None:
    assert analyzer.check(kind, around(kind, pod())) == []


@pytest.mark.parametrize("kind", KINDS)
def test_a_privileged_container_is_refused_in_every_kind(analyzer: Analyzer, kind: str) -> None:
    spec = pod()
    spec["containers"][0]["securityContext"]["privileged"] = True
    [finding] = analyzer.check(kind, around(kind, spec))
    assert finding.policy == "workload-not-privileged"
    assert finding.mandatory
    assert "containers[0].securityContext.privileged is true: the container is root on its node" in finding.message


def test_an_annotation_that_keeps_a_pod_on_its_node_is_found_in_a_list(analyzer: Analyzer) -> None:
    kind = "kubernetes:apps/v1:DeploymentList"
    inputs = around(kind, pod())
    held = {"annotations": {"cluster-autoscaler.kubernetes.io/safe-to-evict": "false"}}
    inputs["items"][0]["spec"]["template"]["metadata"] = held
    [finding] = analyzer.check(kind, inputs)
    assert finding.policy == "workload-movable"
    assert re.search(r"(^|\s)items\[0\]\.spec\.template\.metadata\.annotations\[", finding.message)


def test_a_job_in_a_list_that_deletes_itself_is_refused(analyzer: Analyzer) -> None:
    kind = "kubernetes:batch/v1:JobList"
    [job] = around(kind, pod())["items"]
    ending = changed(job, "spec.ttlSecondsAfterFinished", 60)
    inputs = {"metadata": METADATA, "items": [{"spec": UNKNOWN_OBJECT}, ending]}
    [message] = [found.message for found in analyzer.check(kind, inputs) if found.policy == "workload-history-kept"]
    assert "items[1].spec.ttlSecondsAfterFinished is set: the Job deletes itself" in message


@pytest.mark.parametrize("decoy", [[], [container()], "none"])
@pytest.mark.parametrize("place", ["spec", "spec.template", "spec.jobTemplate.spec"])
def test_containers_that_nothing_runs_hide_no_pod(analyzer: Analyzer, place: str, decoy: Any) -> None:
    spec = pod()
    spec["containers"][0]["securityContext"]["privileged"] = True
    kind = "kubernetes:batch/v1:CronJob"
    inputs = changed(around(kind, spec), f"{place}.containers", decoy)
    assert "workload-not-privileged" in {finding.policy for finding in analyzer.check(kind, inputs)}


@pytest.mark.parametrize("containers", ["initContainers", "containers", "ephemeralContainers"])
def test_every_list_of_containers_is_looked_at(analyzer: Analyzer, containers: str) -> None:
    spec = pod()
    extra = container()
    extra["securityContext"]["privileged"] = True
    spec.setdefault(containers, []).append(extra)
    [finding] = analyzer.check(DEPLOYMENT, around(DEPLOYMENT, spec))
    assert f"spec.template.spec.{containers}[{len(spec[containers]) - 1}]" in finding.message


@pytest.mark.parametrize(
    "inputs",
    [
        {"spec": UNKNOWN_OBJECT},
        {"spec": secret({"template": {"spec": pod()}})},
        {"spec": {"template": UNKNOWN_OBJECT}},
        {"spec": {"template": {"spec": UNKNOWN_OBJECT}}},
        {"spec": {"template": {"spec": {"containers": UNKNOWN_ARRAY}}}},
        {"spec": {"template": {"spec": {**pod(), "initContainers": UNKNOWN_ARRAY}}}},
        {"spec": {"template": {"spec": {**pod(), "containers": [UNKNOWN_OBJECT]}}}},
    ],
)
def test_a_pod_that_a_preview_cannot_show_is_refused(analyzer: Analyzer, inputs: Inputs) -> None:
    found = analyzer.check(DEPLOYMENT, {"metadata": METADATA, **inputs})
    assert {finding.policy for finding in found} == {"workload-readable"}
    assert all(finding.mandatory and "Write it out" in finding.message for finding in found)
