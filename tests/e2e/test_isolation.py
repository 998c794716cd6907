"""Isolation of an app and its team: every forbidden access is tried, and its refusal and message are checked.

The table in apps/README.md is the list: each row is tried here, and each attempt here has its row. The sandbox filters
no packet, so of the network it is proved that no policy opens the way; the rest is refused by who would refuse it.
"""

import copy
import re
from collections.abc import Callable
from typing import Any

import pytest

from e2e.harness import NAMESPACES, PROJECT, Sandbox, acting_as
from e2e.tenants import BILLING, IDENTITIES, SHOP, Api
from e2e.test_namespaces import POD, inside
from policy_pack import catalog
from policy_pack.rule import Resource, violations
from sandbox.cloud.errors import ApiError as CloudError
from sandbox.plugins.kubernetes.errors import ApiError
from sandbox.plugins.protocol import Properties
from toolchain.environments import CHECKOUT
from unit.apps import deployment

REPORTS = "reports"
METADATA_SERVER = ("169.254.169.254/32", 80)
_ROW = re.compile(r"^\| (?P<attempt>[^|]+) \| (?P<who>[^|]+) \| `(?P<said>[^`]+)` \|$", re.MULTILINE)
_RBAC = "/apis/rbac.authorization.k8s.io/v1"


def _refused_by_api_server(attempt: Callable[[], object]) -> str:
    with pytest.raises(ApiError) as caught:
        attempt()
    assert caught.value.status == 403
    return str(caught.value)


def _refused_by_google(sandbox: Sandbox, attempt: Callable[[Any], object]) -> str:
    with sandbox.cloud() as cloud, pytest.raises(CloudError) as caught:
        attempt(cloud)
    assert caught.value.status == "PERMISSION_DENIED"
    return str(caught.value)


def _refused_by_pack(kind: str, inputs: Properties) -> str:
    resource = Resource(f"urn:pulumi:{SHOP}-sandbox::apps::{kind}::probe", kind, "probe", inputs)
    rules = [rule for rule in catalog.RULES if rule.concerns(kind)]
    return "\n".join(f"{rule.name}: {message}" for rule in rules for message in violations(rule, resource))


def _pod(change: Callable[[dict[str, Any]], object]) -> Properties:
    pod = copy.deepcopy(POD)
    change(pod["spec"])
    return {**pod, "metadata": {"name": "probe", "namespace": SHOP}}


def _privileged(spec: dict[str, Any]) -> None:
    spec["containers"][0]["securityContext"].update(privileged=True, allowPrivilegeEscalation=True)


def _host_path(spec: dict[str, Any]) -> None:
    spec["volumes"] = [{"name": "node", "hostPath": {"path": "/"}}]


def _pod_as_team(sandbox: Sandbox, change: Callable[[dict[str, Any]], object]) -> str:
    """A team has a right to Deployments, whose pods are made for it: so it is no missing right that refuses them."""
    return _refused_by_api_server(lambda: Api(sandbox).post(inside(SHOP, "pods"), _pod(change), dry_run=True))


def _as_team(sandbox: Sandbox, path: str, body: Properties) -> str:
    team = Api(sandbox, IDENTITIES["apps-billing-deploy"])
    return _refused_by_api_server(lambda: team.apply(path, body, dry_run=False))


def _config_map() -> Properties:
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "probe"}}


def _cluster_role() -> Properties:
    rules = [{"apiGroups": [""], "resources": ["secrets"], "verbs": ["get"]}]
    named = {"metadata": {"name": "probe"}, "rules": rules}
    return {"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRole", **named}


def _closed(sandbox: Sandbox, namespace: str, way: tuple[str, int]) -> str:
    """Decision of a namespace's network policies on egress."""
    address, port = way
    policies = Api(sandbox).get(inside(namespace, "networkpolicies", "networking.k8s.io"))["items"]
    opened = [
        policy["metadata"]["name"]
        for policy in policies
        for rule in policy["spec"].get("egress", [])
        if address in [peer.get("ipBlock", {}).get("cidr") for peer in rule.get("to", [])]
        and port in [each["port"] for each in rule.get("ports", [])]
    ]
    denied = [policy for policy in policies if policy["spec"]["podSelector"] == {} and not policy["spec"].get("egress")]
    assert denied, "nothing is denied that no policy opens"
    return f"{', '.join(opened) or 'no policy'} in {namespace} opens {address} on port {port}"


def _database(sandbox: Sandbox) -> tuple[str, int]:
    """Address of the storefront's database, and the port of the proxy there."""
    offered = sandbox.outputs(NAMESPACES)["contract"]["apps"][SHOP]["databases"]["orders"]
    return f"{offered['privateIp']}/32", 3307


def _login(cloud: Any) -> None:
    instance = f"//cloudsql.googleapis.com/{PROJECT}/instances/orders"
    cloud.iam.require(acting_as(f"app-{REPORTS}").member, "cloudsql.instances.login", instance)


def _read_secret(cloud: Any) -> None:
    name = f"{PROJECT}/secrets/app-{REPORTS}-signing-key/versions/latest"
    cloud.call("secretmanager.projects.secrets.versions.access", name, acting_as(f"app-{SHOP}"), {})


ATTEMPTS: dict[tuple[str, str], Callable[[Sandbox], str]] = {
    ("another team's namespace", "API server, RBAC"): lambda sandbox: _as_team(
        sandbox, inside(SHOP, "configmaps/probe"), _config_map()
    ),
    ("a ClusterRole", "policy pack, in the plan"): lambda _: _refused_by_pack(
        "kubernetes:rbac.authorization.k8s.io/v1:ClusterRole", _cluster_role()
    ),
    ("a ClusterRole", "API server, RBAC"): lambda sandbox: _as_team(
        sandbox, f"{_RBAC}/clusterroles/probe", _cluster_role()
    ),
    ("a privileged pod", "policy pack, in the plan"): lambda _: _refused_by_pack(
        "kubernetes:core/v1:Pod", _pod(_privileged)
    ),
    ("a privileged pod", "API server, Pod Security"): lambda sandbox: _pod_as_team(sandbox, _privileged),
    ("a hostPath volume", "policy pack, in the plan"): lambda _: _refused_by_pack(
        "kubernetes:core/v1:Pod", _pod(_host_path)
    ),
    ("a hostPath volume", "API server, Pod Security"): lambda sandbox: _pod_as_team(sandbox, _host_path),
    ("another app's secret", "the program, before a plan"): lambda _: deployment.refused(
        deployment.WEB + "secrets: [signing-key]"
    ),
    ("another app's secret", "Google Cloud, IAM"): lambda sandbox: _refused_by_google(sandbox, _read_secret),
    ("any Kubernetes Secret", "API server, RBAC"): lambda sandbox: _refused_by_api_server(
        lambda: Api(sandbox, IDENTITIES["apps-billing-deploy"]).get(inside(BILLING, "secrets"))
    ),
    ("the metadata server", "network policies"): lambda sandbox: _closed(sandbox, BILLING, METADATA_SERVER),
    ("the metadata server", "API server, Pod Security"): lambda sandbox: _pod_as_team(
        sandbox, lambda spec: spec.update(hostNetwork=True)
    ),
    ("another app's database", "the program, before a plan"): lambda _: deployment.refused(
        deployment.CRON + "database: orders", stack="reports-sandbox"
    ),
    ("another app's database", "Google Cloud, IAM"): lambda sandbox: _refused_by_google(sandbox, _login),
    ("another app's database", "network policies"): lambda sandbox: _closed(sandbox, REPORTS, _database(sandbox)),
}
ROWS = {
    (match["attempt"], match["who"]): match["said"]
    for match in _ROW.finditer((CHECKOUT / "apps" / "README.md").read_text(encoding="utf-8"))
}


def test_the_table_lists_what_is_tried_and_nothing_else() -> None:
    assert set(ROWS) == set(ATTEMPTS)


@pytest.mark.parametrize("attempt", ATTEMPTS, ids=", ".join)
def test_an_attempt_is_refused_by_whom_and_as_the_table_says(tenants: Sandbox, attempt: tuple[str, str]) -> None:
    told = ATTEMPTS[attempt](tenants)
    place = 0
    for part in ROWS[attempt].split("…"):
        place = told.find(part, place)
        assert place >= 0, f"{part!r} is not in:\n{told}"


def test_what_an_app_is_offered_is_open_to_it(tenants: Sandbox) -> None:
    """The other side of the proofs: the same questions have another answer where the answer should be another."""
    assert _closed(tenants, SHOP, _database(tenants)).startswith(f"{SHOP} in")
    assert _closed(tenants, REPORTS, METADATA_SERVER).startswith("allow-identity in")
    with tenants.cloud() as cloud:
        instance = f"//cloudsql.googleapis.com/{PROJECT}/instances/orders"
        assert cloud.iam.decide(acting_as(f"app-{SHOP}").member, "cloudsql.instances.login", instance).allowed
        secret = f"//secretmanager.googleapis.com/{PROJECT}/secrets/app-{REPORTS}-signing-key"
        assert cloud.iam.decide(acting_as(f"app-{REPORTS}").member, "secretmanager.versions.access", secret).allowed
