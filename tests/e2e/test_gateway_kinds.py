"""The API server's schemas of Gateways, routes and GKE's policies: the layers' objects fit, and mistakes do not."""

import copy
from collections.abc import Callable
from typing import Any

import pytest

from e2e.kubernetes_objects import create
from sandbox.plugins.kubernetes.provider import KubernetesProvider
from sandbox.plugins.protocol import Properties, ProviderError
from unit.apps import deployment as apps
from unit.platform_ import deployment as platform

GATEWAY = "gateway.networking.k8s.io/v1:Gateway"
ROUTE = "gateway.networking.k8s.io/v1:HTTPRoute"
HEALTH = "networking.gke.io/v1:HealthCheckPolicy"
TLS = "networking.gke.io/v1:GCPGatewayPolicy"
BACKEND = "networking.gke.io/v1:GCPBackendPolicy"
TARGET = {"group": "", "kind": "Service", "name": "web"}


@pytest.fixture(scope="module")
def declared() -> dict[str, Properties]:
    """One object of each kind that the layers declare."""
    engines = (
        platform.deploy(gateway={"domain": "apps.example.com"}),
        apps.deploy(apps.WEB, apps.open_platform(), public=True),
    )
    kinds = (GATEWAY, TLS, ROUTE, HEALTH)
    found = {
        kind: item.inputs for engine in engines for kind in kinds for item in engine.of(f"kubernetes:{kind}").values()
    }
    return {**found, BACKEND: {"spec": {"targetRef": TARGET, "default": {"timeoutSec": 40}}}}


def _object(kind: str, namespace: str, spec: Any) -> Properties:
    group, _, name = kind.partition(":")
    return {"apiVersion": group, "kind": name, "metadata": {"name": "web", "namespace": namespace}, "spec": spec}


@pytest.mark.parametrize("kind", [GATEWAY, ROUTE, HEALTH, TLS, BACKEND])
def test_what_the_layers_declare_is_valid(
    kube_admin: KubernetesProvider, kube_namespace: str, declared: dict[str, Properties], kind: str
) -> None:
    create(kube_admin, kind, _object(kind, kube_namespace, declared[kind]["spec"]))


def _port(spec: Any) -> None:
    spec["rules"][0]["backendRefs"][0]["port"] = 99999


def _portless(spec: Any) -> None:
    del spec["rules"][0]["backendRefs"][0]["port"]


def _path(spec: Any) -> None:
    spec["rules"][0]["matches"] = [{"path": {"type": "Prefix", "value": "/"}}]


def _tls(spec: Any) -> None:
    spec["listeners"][0]["protocol"] = "HTTP"
    spec["listeners"][0]["tls"] = {"mode": "Terminate"}


def _timeout(spec: Any) -> None:
    spec["default"]["timeoutSec"] = spec["default"]["checkIntervalSec"] + 1


def _named(spec: Any) -> None:
    spec["default"]["config"]["httpHealthCheck"]["portName"] = "http"


def _other(spec: Any) -> None:
    spec["default"]["config"]["type"] = "HTTPS"


def _untargeted(spec: Any) -> None:
    del spec["targetRef"]


def _affinity(spec: Any) -> None:
    spec["default"]["sessionAffinity"] = {"type": "STICKY"}


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ((ROUTE, _port), "less than or equal to 65535"),
        ((ROUTE, _portless), "Must have port for Service reference"),
        ((ROUTE, _path), 'Unsupported value: "Prefix"'),
        ((GATEWAY, _tls), "tls must not be specified for protocols"),
        ((HEALTH, _timeout), "timeoutSec is at most checkIntervalSec"),
        ((HEALTH, _named), "USE_FIXED_PORT has a port and no portName"),
        ((HEALTH, _other), "type HTTPS has httpsHealthCheck"),
        ((TLS, _untargeted), "spec.targetRef: Required value"),
        ((BACKEND, _affinity), 'Unsupported value: "STICKY"'),
    ],
)
def test_a_mistake_is_refused(
    kube_admin: KubernetesProvider,
    kube_namespace: str,
    declared: dict[str, Properties],
    wrong: tuple[str, Callable[[Any], None]],
    message: str,
) -> None:
    kind, mistake = wrong
    spec = copy.deepcopy(declared[kind]["spec"])
    mistake(spec)
    with pytest.raises(ProviderError, match=message):
        create(kube_admin, kind, _object(kind, kube_namespace, spec))
