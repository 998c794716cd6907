"""The admission policy on the names of routes, on a real API server: a namespace has its own name, and no other."""

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from e2e.kubernetes_objects import create, resource
from sandbox.plugins.kubernetes.provider import KubernetesProvider
from sandbox.plugins.protocol import Properties, ProviderError
from unit.platform_.deployment import deploy
from unit.pulumi_mocks import PROJECT, Engine
from waiting import eventually, sparing

DOMAIN = "apps.example.com"
GROUP = "gateway.networking.k8s.io"
ROUTE = f"{GROUP}/v1:HTTPRoute"
ADMISSION = "admissionregistration.k8s.io/v1:ValidatingAdmissionPolicy"
RBAC = "rbac.authorization.k8s.io/v1:ClusterRole"
OPERATOR = f"platform-deploy@{PROJECT}.iam.gserviceaccount.com"


@pytest.fixture(scope="module")
def declared() -> Engine:
    """The objects that the program of the platform declares for a Gateway."""
    return deploy(gateway={"domain": DOMAIN})


@pytest.fixture(scope="module", autouse=True)
def _policy(kube_admin: KubernetesProvider, declared: Engine) -> None:
    for kind, name in (
        (RBAC, "route-names-operator"),
        (f"{RBAC}Binding", "route-names-operator"),
        (ADMISSION, "route-names"),
        (f"{ADMISSION}Binding", "route-names"),
    ):
        create(kube_admin, kind, declared.of(f"kubernetes:{kind}")[name].inputs)
    _await_refusal(kube_admin)


def _await_refusal(admin: KubernetesProvider) -> None:
    """The API server takes a moment to hear of a new policy."""

    def refused() -> bool:
        try:
            create(admin, ROUTE, route("default", ["wait.example.com"]), preview=True)
        except ProviderError:
            return True
        return False

    eventually(sparing(refused))


def route(namespace: str, names: list[str] | None, version: str = "v1") -> Properties:
    """A route with these names, or with none."""
    spec: dict[str, Any] = {"parentRefs": [{"name": "public", "namespace": "platform-gateway"}]}
    return {
        "apiVersion": f"{GROUP}/{version}",
        "kind": "HTTPRoute",
        "metadata": {"name": "web", "namespace": namespace},
        "spec": spec if names is None else spec | {"hostnames": names},
    }


def test_an_app_takes_the_name_of_its_own_namespace(kube_admin: KubernetesProvider, kube_namespace: str) -> None:
    create(kube_admin, ROUTE, route(kube_namespace, [f"{kube_namespace}.{DOMAIN}"]))


@pytest.mark.parametrize("version", ["v1", "v1beta1"])
@pytest.mark.parametrize(
    "names",
    [
        None,
        [],
        [f"other.{DOMAIN}"],
        [f"*.{DOMAIN}"],
        ["{own}", f"other.{DOMAIN}"],
        ["www.{own}"],
        ["{own}", "{own}"],
    ],
    ids=str,
)
def test_every_other_name_is_refused_whoever_asks(
    kube_admin: KubernetesProvider, kube_namespace: str, names: list[str] | None, version: str
) -> None:
    own = f"{kube_namespace}.{DOMAIN}"
    chosen = None if names is None else [name.format(own=own) for name in names]
    with pytest.raises(ProviderError, match=rf"a route may have no name but <its namespace>\.{DOMAIN}"):
        create(kube_admin, f"{GROUP}/{version}:HTTPRoute", route(kube_namespace, chosen, version))


def test_a_route_cannot_change_to_another_name(kube_admin: KubernetesProvider, kube_namespace: str) -> None:
    own = route(kube_namespace, [f"{kube_namespace}.{DOMAIN}"])
    identifier, outputs = create(kube_admin, ROUTE, own)
    one = resource(ROUTE, identifier)
    inputs, _ = kube_admin.check(one, own, route(kube_namespace, [f"other.{DOMAIN}"]), b"")
    with pytest.raises(ProviderError, match="a route may have no name but"):
        kube_admin.update(one, {}, outputs, inputs, preview=False)


@pytest.fixture
def as_operator(kube_sandbox: Path, kube_binary: Path) -> Any:
    """`kubectl apply --server-side` of an object, as platform-deploy; the error it ends with."""
    config = str(kube_sandbox / "pki" / "admin.kubeconfig")

    def apply(manifest: Properties) -> str:
        options = ["--as", OPERATOR, "apply", "--server-side", "--force-conflicts", "--filename", "-"]
        command = [str(kube_binary), "kubectl", "--kubeconfig", config, *options]
        done = subprocess.run(command, input=json.dumps(manifest), capture_output=True, text=True, check=False)
        return done.stderr

    return apply


@pytest.mark.parametrize("kind", ["ValidatingAdmissionPolicy", "ValidatingAdmissionPolicyBinding"])
def test_the_platforms_ci_writes_this_policy_and_no_other(declared: Engine, as_operator: Any, kind: str) -> None:
    head = {"apiVersion": "admissionregistration.k8s.io/v1", "kind": kind}
    own = head | declared.of(f"kubernetes:admissionregistration.k8s.io/v1:{kind}")["route-names"].inputs
    other = own | {"metadata": {"name": "prodfirst-other"}}

    assert as_operator(own) == ""
    assert "forbidden" in as_operator(other)
