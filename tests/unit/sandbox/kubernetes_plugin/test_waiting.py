"""Messages while an object is awaited."""

import threading
from typing import cast

import pytest

from sandbox.plugins.kubernetes import waiting
from sandbox.plugins.kubernetes.cluster import Cluster
from sandbox.plugins.kubernetes.kinds import Kind
from sandbox.plugins.kubernetes.waiting import NotReadyError, Waiter
from sandbox.plugins.protocol import Properties

DEPLOYMENT: Properties = {
    "kind": "Deployment",
    "metadata": {"name": "web", "namespace": "shop", "annotations": {waiting.TIMEOUT: "0.3"}},
    "spec": {"replicas": 1, "selector": {"matchLabels": {"app": "web"}}},
    "status": {"updatedReplicas": 1, "replicas": 1},
}
POD: Properties = {
    "metadata": {"name": "web-1"},
    "status": {"conditions": [{"type": "PodScheduled", "status": "False", "message": "Insufficient memory"}]},
}


class _Full:
    """A cluster without room."""

    def get(self, kind: Kind, namespace: str, name: str) -> Properties:
        del kind, namespace, name
        return DEPLOYMENT

    def list(self, kind: Kind, namespace: str, **selectors: str) -> list[Properties]:
        del namespace, selectors
        return [POD] if kind.kind == "Pod" else []


def test_a_long_wait_says_which_pod_is_kept_by_what(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(waiting, "_PATIENCE", 0.0)
    monkeypatch.setattr(waiting, "_QUIET", 0.0)
    told: list[str] = []
    waiter = Waiter(cast("Cluster", _Full()), told.append, threading.Event())

    with pytest.raises(NotReadyError):
        waiter.until_ready(Kind("apps/v1", "Deployment"), DEPLOYMENT)

    expected = "waiting for pods to become available: 0 of 1 are; pod web-1 is not scheduled: Insufficient memory"
    assert told == [expected]
