"""Refusals of the API server in an app's namespace: unrestricted pods, too many objects, and the wrong identity.

Every refusal is tried; where the object itself must not appear, as a dry run, which passes the same checks.
"""

import copy
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from e2e.harness import Sandbox
from e2e.tenants import BILLING, IDENTITIES, SHOP, TEAMS, Api
from sandbox.plugins.kubernetes.errors import ApiError
from sandbox.plugins.protocol import Properties
from waiting import eventually, sparing

POD: Properties = {
    "apiVersion": "v1",
    "kind": "Pod",
    "metadata": {"name": "probe"},
    "spec": {
        "securityContext": {"runAsNonRoot": True, "runAsUser": 65532, "seccompProfile": {"type": "RuntimeDefault"}},
        "containers": [
            {
                "name": "probe",
                "image": "registry.example/probe@sha256:" + "0" * 64,
                "securityContext": {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}},
            }
        ],
    },
}
Change = Callable[[dict[str, Any], dict[str, Any]], object]
VIOLATIONS: dict[str, tuple[Change, str]] = {
    "privileged": (
        lambda _, c: c["securityContext"].update(privileged=True, allowPrivilegeEscalation=True),
        "privileged",
    ),
    "escalation": (lambda _, c: c["securityContext"].pop("allowPrivilegeEscalation"), "allowPrivilegeEscalation"),
    "root-user": (lambda p, _: p["securityContext"].update(runAsUser=0), "runAsUser=0"),
    "maybe-root": (lambda p, _: p["securityContext"].pop("runAsNonRoot"), "runAsNonRoot"),
    "container-root": (lambda _, c: c["securityContext"].update(runAsNonRoot=False), "runAsNonRoot"),
    "capabilities-kept": (lambda _, c: c["securityContext"].pop("capabilities"), "unrestricted capabilities"),
    "capability-added": (lambda _, c: c["securityContext"]["capabilities"].update(add=["NET_ADMIN"]), "NET_ADMIN"),
    "no-seccomp": (lambda p, _: p["securityContext"].pop("seccompProfile"), "seccompProfile"),
    "seccomp-off": (lambda _, c: c["securityContext"].update(seccompProfile={"type": "Unconfined"}), "seccompProfile"),
    "apparmor-off": (lambda _, c: c["securityContext"].update(appArmorProfile={"type": "Unconfined"}), "AppArmor"),
    "selinux-type": (lambda p, _: p["securityContext"].update(seLinuxOptions={"type": "spc_t"}), "seLinuxOptions"),
    "sysctl": (lambda p, _: p["securityContext"].update(sysctls=[{"name": "kernel.msgmax", "value": "1"}]), "sysctl"),
    "proc-unmasked": (
        lambda p, c: (p.update(hostUsers=False), c["securityContext"].update(procMount="Unmasked")),
        "procMount",
    ),
    "host-network": (lambda p, _: p.update(hostNetwork=True), "host namespaces"),
    "host-pid": (lambda p, _: p.update(hostPID=True), "host namespaces"),
    "host-ipc": (lambda p, _: p.update(hostIPC=True), "host namespaces"),
    "host-port": (lambda _, c: c.update(ports=[{"containerPort": 8080, "hostPort": 8080}]), "hostPort"),
    "host-path": (lambda p, _: p.update(volumes=[{"name": "h", "hostPath": {"path": "/"}}]), "hostPath"),
    "nfs": (lambda p, _: p.update(volumes=[{"name": "n", "nfs": {"server": "n", "path": "/"}}]), "restricted volume"),
    "probe-elsewhere": (
        lambda _, c: c.update(livenessProbe={"httpGet": {"port": 80, "host": "169.254.169.254"}}),
        "probe or lifecycle host",
    ),
}
CLAIM = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}}
EXCESSES: dict[str, tuple[str, Properties, str]] = {
    "load-balancer": (
        "services",
        {"spec": {"type": "LoadBalancer", "ports": [{"port": 80}]}},
        "services.loadbalancers",
    ),
    "node-port": ("services", {"spec": {"type": "NodePort", "ports": [{"port": 80}]}}, "services.nodeports"),
    "volume": ("persistentvolumeclaims", {"spec": CLAIM}, "persistentvolumeclaims"),
    "secret": ("secrets", {"stringData": {"a": "b"}}, "secrets"),
}


@pytest.fixture(scope="module")
def admin(tenants: Sandbox) -> Api:
    """The cluster's administrator: what refuses it is no missing right."""
    return Api(tenants)


@pytest.fixture
def as_identity(tenants: Sandbox) -> Callable[[str], Api]:
    """The API server as an identity."""
    return lambda name: Api(tenants, IDENTITIES[name])


def inside(namespace: str, kind: str, group: str = "") -> str:
    """The path of a kind in a namespace."""
    return f"{f'/apis/{group}' if group else '/api'}/v1/namespaces/{namespace}/{kind}"


def forbidden(attempt: Callable[[], object], *said: str) -> None:
    with pytest.raises(ApiError) as caught:
        attempt()
    assert caught.value.status == 403, caught.value
    assert [part for part in said if part not in str(caught.value)] == [], caught.value


def test_a_restricted_pod_is_let_in_without_a_token_of_the_default_account(admin: Api) -> None:
    pod = admin.post(inside(SHOP, "pods"), POD, dry_run=True)["spec"]
    elsewhere = admin.post(inside("default", "pods"), POD, dry_run=True)["spec"]

    assert pod["serviceAccountName"] == "default"
    assert pod.get("volumes", []) == []
    assert pod["containers"][0]["resources"]["limits"] == {"memory": "256Mi"}
    assert [volume["name"][:15] for volume in elsewhere["volumes"]] == ["kube-api-access"]


@pytest.mark.parametrize("violation", VIOLATIONS)
def test_a_pod_that_is_not_restricted_is_refused(admin: Api, violation: str) -> None:
    change, said = VIOLATIONS[violation]
    pod = copy.deepcopy(POD)
    change(pod["spec"], pod["spec"]["containers"][0])

    forbidden(
        lambda: admin.post(inside(SHOP, "pods"), pod, dry_run=True), 'violates PodSecurity "restricted:v1.34"', said
    )


@pytest.mark.parametrize("excess", EXCESSES)
def test_what_the_quota_has_no_room_for_is_refused_to_anybody(admin: Api, excess: str) -> None:
    kind, content, said = EXCESSES[excess]
    body = {"metadata": {"name": "probe"}, **content}

    forbidden(lambda: admin.post(inside(SHOP, kind), body, dry_run=True), "exceeded quota: quota", f"limited: {said}=0")


@pytest.mark.parametrize(
    ("requests", "said"), [({"cpu": "4"}, "limited: requests.cpu=4"), ({"memory": "8Gi"}, "limits.memory=8Gi")]
)
def test_a_pod_that_exceeds_the_quota_is_refused(admin: Api, requests: dict[str, str], said: str) -> None:
    pod = copy.deepcopy(POD)
    limits = {name: amount for name, amount in requests.items() if name == "memory"}
    pod["spec"]["containers"][0]["resources"] = {"requests": requests, "limits": limits}

    forbidden(lambda: admin.post(inside(SHOP, "pods"), pod, dry_run=True), "exceeded quota: quota", said)


def test_a_team_opens_no_way_in_from_outside(as_identity: Callable[[str], Api]) -> None:
    for name in ("shop-developer", "apps-shop-deploy"):
        service = {"metadata": {"name": "probe"}, "spec": {"type": "LoadBalancer", "ports": [{"port": 80}]}}
        forbidden(lambda: as_identity(name).post(inside(SHOP, "services"), service), "exceeded quota: quota")  # noqa: B023 - called at once


def _everywhere_else() -> Iterator[tuple[str, str]]:
    for name, identity in TEAMS.items():
        for namespace in (SHOP, BILLING, "kube-system", "default"):
            if namespace not in identity.inside:
                yield name, namespace


@pytest.mark.parametrize(("name", "namespace"), list(_everywhere_else()))
def test_a_team_does_nothing_in_a_namespace_that_is_not_its_own(
    as_identity: Callable[[str], Api], name: str, namespace: str
) -> None:
    api = as_identity(name)
    settings = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "probe"}}

    forbidden(lambda: api.post(inside(namespace, "configmaps"), settings), f'in the namespace "{namespace}"')
    forbidden(lambda: api.apply(inside(namespace, "configmaps/probe"), settings, dry_run=False), "cannot patch")
    forbidden(lambda: api.get(inside(namespace, "pods")), "cannot list")
    forbidden(lambda: api.delete(inside(namespace, "pods/probe")), "cannot delete")
    forbidden(lambda: api.delete(f"/api/v1/namespaces/{namespace}"), "cannot delete")


def policy(name: str) -> Properties:
    """A network policy that admits all ingress."""
    metadata = {"name": name}
    spec: Properties = {"podSelector": {}, "policyTypes": ["Ingress"], "ingress": [{}]}
    return {"apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy", "metadata": metadata, "spec": spec}


@pytest.mark.parametrize("name", ["shop-developer", "apps-shop-deploy", "apps-shop-preview", "platform-engineer"])
def test_nobody_of_the_teams_opens_what_closes_a_namespace(as_identity: Callable[[str], Api], name: str) -> None:
    api, policies = as_identity(name), inside(SHOP, "networkpolicies", "networking.k8s.io")

    for guard in ("default-deny", "allow-dns", "allow-identity"):
        forbidden(lambda: api.delete(f"{policies}/{guard}"), "cannot delete")  # noqa: B023 - called at once
        forbidden(lambda: api.apply(f"{policies}/{guard}", policy(guard)), "cannot patch")  # noqa: B023 - the same
    forbidden(lambda: api.post(policies, policy("more")), "cannot create")
    forbidden(lambda: api.apply(f"{policies}/more", policy("more")), "cannot patch")
    forbidden(lambda: api.apply(inside(SHOP, "serviceaccounts/default"), {"automountServiceAccountToken": True}))
    forbidden(lambda: api.delete(inside(SHOP, "resourcequotas/quota")), "cannot delete")


@pytest.mark.parametrize("name", ["shop-developer", "apps-shop-deploy"])
def test_a_team_writes_the_policy_and_the_account_of_its_app(as_identity: Callable[[str], Api], name: str) -> None:
    api = as_identity(name)
    account = {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": SHOP, "labels": {"a": "b"}}}

    applied = api.apply(f"{inside(SHOP, 'networkpolicies', 'networking.k8s.io')}/{SHOP}", policy(SHOP))
    assert applied["metadata"]["name"] == SHOP
    assert api.apply(inside(SHOP, f"serviceaccounts/{SHOP}"), account)["metadata"]["labels"]["a"] == "b"


@pytest.mark.parametrize("name", ["namespaces-deploy", "platform-deploy"])
def test_the_platforms_own_identities_delete_no_namespace_and_nothing_that_guards_one(
    as_identity: Callable[[str], Api], name: str
) -> None:
    api = as_identity(name)

    for path in (
        f"/api/v1/namespaces/{SHOP}",
        inside(SHOP, "resourcequotas/quota"),
        inside(SHOP, "limitranges/defaults"),
        inside(SHOP, "serviceaccounts/default"),
        inside(SHOP, "networkpolicies/default-deny", "networking.k8s.io"),
    ):
        forbidden(lambda: api.delete(path), "cannot delete")  # noqa: B023 - called at once


def test_an_app_without_anything_of_google_runs_and_has_no_way_to_a_token(admin: Api) -> None:
    policies = inside(BILLING, "networkpolicies", "networking.k8s.io")
    assert "egress" not in admin.get(f"{policies}/allow-identity")["spec"]
    assert "annotations" not in admin.get(inside(BILLING, f"serviceaccounts/{BILLING}"))["metadata"]
    deployment = inside(BILLING, f"deployments/{BILLING}", "apps")
    eventually(sparing(lambda: bool(admin.get(deployment)["status"].get("availableReplicas"))))
