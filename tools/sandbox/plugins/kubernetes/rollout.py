"""Readiness of existing objects: one rule per kind, evaluated on the object alone.

Workloads have the rules of `kubectl rollout status`, other kinds the rules of the vendor's plugin. A kind without a
rule is ready as soon as it exists.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, cast

from sandbox.plugins.protocol import Properties


@dataclass(frozen=True)
class Verdict:
    """Readiness of an object: ready if nothing is awaited; `failed` means that waiting is pointless."""

    waiting_for: str = ""
    failed: bool = False


READY = Verdict()

_MINUTE = 60.0
_DEFAULT_TIMEOUT = 10 * _MINUTE
_TIMEOUTS = {"PersistentVolumeClaim": 5 * _MINUTE, "Namespace": 5 * _MINUTE}


def judge(live: Properties) -> Verdict:
    """Evaluate whether an object is ready, as the API server last described it."""
    rule = _RULES.get(str(live.get("kind", "")))
    return rule(_Object(live)) if rule else READY


def default_timeout(kind: str) -> float:
    """Return how long a kind may take, in seconds, if its annotations do not set a timeout."""
    return _TIMEOUTS.get(kind, _DEFAULT_TIMEOUT)


class _Object:
    """View of an object whose fields may be absent."""

    def __init__(self, live: Properties) -> None:
        self.spec = cast("Properties", live.get("spec") or {})
        self.status = cast("Properties", live.get("status") or {})
        self.generation = int(live.get("metadata", {}).get("generation") or 0)

    def count(self, name: str) -> int:
        return int(self.status.get(name) or 0)

    def condition(self, name: str) -> Properties:
        """Return a condition of the status; empty if it is not reported."""
        conditions = cast("list[Properties]", self.status.get("conditions") or [])
        return next((condition for condition in conditions if condition.get("type") == name), dict[str, Any]())

    def holds(self, name: str) -> bool:
        return self.condition(name).get("status") == "True"

    @property
    def observed(self) -> bool:
        return self.count("observedGeneration") >= self.generation

    @property
    def desired(self) -> int:
        replicas: Any = self.spec.get("replicas")
        return 1 if replicas is None else int(replicas)


_UNOBSERVED = Verdict("its controller to see the change")


def _deployment(live: _Object) -> Verdict:
    if not live.observed:
        return _UNOBSERVED
    progress = live.condition("Progressing")
    if progress.get("reason") == "ProgressDeadlineExceeded":
        return Verdict(f"its rollout, which exceeded its progress deadline: {progress.get('message', '')}", failed=True)
    updated, available, total = live.count("updatedReplicas"), live.count("availableReplicas"), live.count("replicas")
    refused = live.condition("ReplicaFailure")
    because = f" ({refused.get('message')})" if refused.get("status") == "True" else ""
    if updated < live.desired:
        return Verdict(f"new pods: {updated} of {live.desired} exist{because}")
    if total > updated:
        return Verdict(f"old pods to end: {total - updated} left")
    if available < updated:
        return Verdict(f"pods to become available: {available} of {updated} are{because}")
    return READY


def _stateful_set(live: _Object) -> Verdict:
    if live.spec.get("updateStrategy", {}).get("type") == "OnDelete":
        return READY
    if not live.observed:
        return _UNOBSERVED
    ready = live.count("readyReplicas")
    if ready < live.desired:
        return Verdict(f"pods to become ready: {ready} of {live.desired} are")
    rolling = cast("Properties", live.spec.get("updateStrategy", {}).get("rollingUpdate") or {})
    partition = int(rolling.get("partition") or 0)
    if partition:
        updated, desired = live.count("updatedReplicas"), live.desired - partition
        return Verdict(f"pods to be updated: {updated} of {desired} are") if updated < desired else READY
    if live.status.get("updateRevision") != live.status.get("currentRevision"):
        return Verdict(f"pods to be updated: {live.count('updatedReplicas')} of {live.desired} are")
    return READY


def _daemon_set(live: _Object) -> Verdict:
    if live.spec.get("updateStrategy", {}).get("type") == "OnDelete":
        return READY
    if not live.observed:
        return _UNOBSERVED
    desired = live.count("desiredNumberScheduled")
    updated, available = live.count("updatedNumberScheduled"), live.count("numberAvailable")
    if updated < desired:
        return Verdict(f"new pods: {updated} of {desired} exist")
    if available < desired:
        return Verdict(f"pods to become available: {available} of {desired} are")
    return READY


def _job(live: _Object) -> Verdict:
    if live.spec.get("suspend") or live.holds("Complete"):
        return READY
    failure = live.condition("Failed")
    if failure.get("status") == "True":
        return Verdict(f"completion, but the job failed: {failure.get('message', '')}", failed=True)
    return Verdict(f"completion: {live.count('succeeded')} pods succeeded, {live.count('active')} are active")


def _pod(live: _Object) -> Verdict:
    phase = live.status.get("phase", "Pending")
    if phase == "Succeeded" or live.holds("Ready"):
        return READY
    if phase == "Failed":
        return Verdict(f"readiness, but the pod failed: {live.status.get('message', '')}", failed=True)
    return Verdict(f"readiness; its phase is {phase}")


def _service(live: _Object) -> Verdict:
    if live.spec.get("type") == "LoadBalancer" and not live.status.get("loadBalancer", {}).get("ingress"):
        return Verdict("an address of its load balancer")
    return READY


def _claim(live: _Object) -> Verdict:
    phase = live.status.get("phase", "Pending")
    if phase == "Lost":
        return Verdict("a volume, but the one that it was bound to is lost", failed=True)
    return READY if phase == "Bound" else Verdict("a volume")


def _namespace(live: _Object) -> Verdict:
    phase = live.status.get("phase", "")
    return READY if phase == "Active" else Verdict(f"the namespace to be active; it is {phase or 'new'}")


def _definition(live: _Object) -> Verdict:
    refused = live.condition("NamesAccepted")
    if refused.get("status") == "False":
        return Verdict(f"its names, which are refused: {refused.get('message', '')}", failed=True)
    return READY if live.holds("Established") else Verdict("the new kind to be served")


_RULES: dict[str, Callable[[_Object], Verdict]] = {
    "CustomResourceDefinition": _definition,
    "DaemonSet": _daemon_set,
    "Deployment": _deployment,
    "Job": _job,
    "Namespace": _namespace,
    "PersistentVolumeClaim": _claim,
    "Pod": _pod,
    "Service": _service,
    "StatefulSet": _stateful_set,
}
