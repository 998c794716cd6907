"""The documented limits of objects are noticed: each fault alone, in an object that is right without it."""

from typing import Any

import pytest

from unit.limits import kubernetes
from unit.limits.values import Place

POD: dict[str, Any] = {
    "terminationGracePeriodSeconds": 30,
    "containers": [
        {
            "name": "shop",
            "env": [{"name": "PORT", "value": "8080"}],
            "ports": [{"containerPort": 8080}],
            "resources": {"requests": {"cpu": "100m", "memory": "1Gi"}, "limits": {"memory": "1Gi"}},
            "lifecycle": {"preStop": {"sleep": {"seconds": 15}}},
            "readinessProbe": {"periodSeconds": 5},
        }
    ],
    "initContainers": [{"name": "database-proxy"}],
}
CONTAINER = ("spec", "template", "spec", "containers", 0)
OBJECTS: dict[str, dict[str, Any]] = {
    "apps/v1:Deployment": {
        "metadata": {"name": "shop", "labels": {"app.kubernetes.io/name": "shop"}, "annotations": {"note": "x"}},
        "spec": {"replicas": 2, "template": {"spec": POD}},
    },
    "batch/v1:CronJob": {"metadata": {"name": "shop"}},
    "core/v1:Namespace": {"metadata": {"name": "shop"}},
    "core/v1:ConfigMap": {"metadata": {"name": "shop"}, "data": {"LOG_LEVEL": "info"}},
    "core/v1:ResourceQuota": {"metadata": {"name": "shop"}, "spec": {"hard": {"cpu": "4"}}},
    "networking.k8s.io/v1:NetworkPolicy": {"metadata": {"name": "shop"}, "spec": {"cidr": "10.0.0.0/8"}},
    "autoscaling/v2:HorizontalPodAutoscaler": {
        "metadata": {"name": "shop"},
        "spec": {"minReplicas": 2, "maxReplicas": 4},
    },
    "gateway.networking.k8s.io/v1:HTTPRoute": {"metadata": {"name": "shop"}, "spec": {"hostnames": ["shop.example"]}},
}
WRONG: list[tuple[str, tuple[str | int, ...], Any]] = [
    ("apps/v1:Deployment", ("metadata", "name"), "Shop"),
    ("apps/v1:Deployment", ("metadata", "name"), "s" * 254),
    ("apps/v1:Deployment", ("metadata", "labels"), {"name": "s" * 64}),
    ("apps/v1:Deployment", ("metadata", "labels"), {"n" * 64: "shop"}),
    ("apps/v1:Deployment", ("metadata", "annotations"), {"note": "x" * 2**18}),
    ("apps/v1:Deployment", ("spec", "replicas"), 2**31),
    ("apps/v1:Deployment", ("spec", "replicas"), -1),
    ("apps/v1:Deployment", ("spec", "note"), "x" * 3 * 2**19),
    ("apps/v1:Deployment", (*CONTAINER, "name"), "s" * 64),
    ("apps/v1:Deployment", (*CONTAINER, "name"), "database-proxy"),
    ("apps/v1:Deployment", (*CONTAINER, "env"), [{"name": "2ND"}]),
    ("apps/v1:Deployment", (*CONTAINER, "ports"), [{"containerPort": 65536}]),
    ("apps/v1:Deployment", (*CONTAINER, "resources", "limits"), {"memory": "1023Mi"}),
    ("apps/v1:Deployment", (*CONTAINER, "resources", "limits"), {"memory": "1 Gi"}),
    ("apps/v1:Deployment", (*CONTAINER, "lifecycle"), {"preStop": {"sleep": {"seconds": 31}}}),
    ("apps/v1:Deployment", (*CONTAINER, "readinessProbe"), {"periodSeconds": 0}),
    ("batch/v1:CronJob", ("metadata", "name"), "s" * 53),
    ("core/v1:Namespace", ("metadata", "name"), "s" * 64),
    ("core/v1:Namespace", ("metadata", "name"), "shop.front"),
    ("core/v1:ConfigMap", ("data",), {"A" * 254: "info"}),
    ("core/v1:ConfigMap", ("data",), {"A": "x" * 2**20}),
    ("core/v1:ResourceQuota", ("spec", "hard"), {"cpu": "four"}),
    ("networking.k8s.io/v1:NetworkPolicy", ("spec", "cidr"), "10.0.0.1/8"),
    ("autoscaling/v2:HorizontalPodAutoscaler", ("spec", "minReplicas"), 5),
    ("gateway.networking.k8s.io/v1:HTTPRoute", ("spec", "hostnames"), [f"{'s' * 64}.example"]),
]


@pytest.mark.parametrize("kind", OBJECTS)
def test_a_right_object_has_no_problem(kind: str) -> None:
    assert list(kubernetes.problems(f"kubernetes:{kind}", OBJECTS[kind])) == []


@pytest.mark.parametrize(("kind", "path", "value"), WRONG, ids=range(len(WRONG)))
def test_a_fault_is_noticed(kind: str, path: tuple[str | int, ...], value: Any) -> None:
    assert list(kubernetes.problems(f"kubernetes:{kind}", Place(path).put(OBJECTS[kind], value)))
