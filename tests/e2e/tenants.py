"""Two teams with an app each in one cluster, and the API server as each identity that may reach it sees it."""

import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import yaml

from e2e.harness import Ran, Sandbox, acting_as
from identity_layer import grants
from identity_layer.foundation.custom_roles import ROLES
from platform_layer.cluster import cluster_readers
from platform_layer.namespaces import team_roles
from platform_layer.namespaces.rbac import Rule
from sandbox.cloud import roles
from sandbox.cloud.iam import Caller
from sandbox.plugins.kubernetes.cluster import Cluster
from sandbox.plugins.protocol import Properties

SHOP, BILLING = "storefront", "invoices"  # the namespaces of the two teams' apps


@dataclass(frozen=True)
class Identity:
    """A principal that may reach the cluster.

    Attributes:
        name: its name for people.
        caller: the account of its token.
        groups: its Google groups.
        inside: its permissions by the Roles, by namespace; "" for the whole cluster.
        roles: its roles from the identity layer, which count in the whole cluster, since IAM and RBAC are a union.
    """

    name: str
    caller: Caller
    groups: tuple[str, ...]
    inside: dict[str, tuple[Rule, ...]]
    roles: frozenset[str]

    @property
    def address(self) -> str:
        """Its name in Kubernetes."""
        return self.caller.member.partition(":")[2]

    def rules(self, namespace: str) -> tuple[Rule, ...]:
        """Permissions by RBAC in a namespace."""
        return self.inside.get(namespace, ()) + (self.inside.get("", ()) if namespace else ())

    def permissions(self) -> frozenset[str]:
        """Permissions by IAM in all namespaces."""
        held = (ROLES[role].permissions if role in ROLES else roles.permissions_of(role) for role in self.roles)
        return frozenset[str]().union(*held)


def _people(name: str, group: str, inside: dict[str, tuple[Rule, ...]], held: frozenset[str]) -> Identity:
    return Identity(name, Caller(f"user:{name}@example.com"), (f"{group}@example.com",), inside, held)


def _ci(name: str, inside: dict[str, tuple[Rule, ...]], held: frozenset[str]) -> Identity:
    return Identity(name, acting_as(name), (), inside, held)


def _identities() -> Iterator[Identity]:
    user = grants.CAPABILITIES["cluster-user"].roles
    for team, namespace in (("shop", SHOP), ("billing", BILLING)):
        developer, viewer = team_roles.developer(namespace, namespace), team_roles.viewer()
        yield _people(f"{team}-developer", f"{team}-team", {namespace: developer}, user)
        yield _ci(f"apps-{team}-deploy", {namespace: developer}, grants.APP_CI.roles)
        yield _ci(f"apps-{team}-preview", {namespace: viewer}, grants.APP_CI.roles)
    readable = {"": cluster_readers.RULES[cluster_readers.PLATFORM]}
    yield _ci("platform-deploy", {}, grants.FOUNDATION["platform-deploy"].roles)
    yield _ci("platform-preview", readable, grants.FOUNDATION["platform-preview"].roles)
    for account in ("storage-deploy", "storage-preview", "namespaces-deploy", "namespaces-preview"):
        yield _ci(account, {}, grants.FOUNDATION[account].roles)
    yield _people("platform-engineer", "platform-team", readable, grants.CAPABILITIES["platform-reader"].roles)
    reviewed = {"": cluster_readers.RULES[cluster_readers.SECURITY]}
    yield _people("security-reviewer", "security-team", reviewed, grants.CAPABILITIES["security-reader"].roles)


IDENTITIES = {identity.name: identity for identity in _identities()}
TEAMS = {name: identity for name, identity in IDENTITIES.items() if name.startswith(("shop", "billing", "apps-"))}


def edit(file: Path, change: Callable[[dict[str, Any]], object]) -> None:
    """Change a YAML file as a person would in an editor."""
    content: dict[str, Any] = yaml.safe_load(file.read_text())
    change(content)
    file.write_text(yaml.safe_dump(content))


def add_team(checkout: Path, team: str, group: str, apps: dict[str, Any]) -> None:
    """Write the stack files of a further team in the sandbox, like the first team's."""
    for begin in ("identity/Pulumi.team", "platform/Pulumi.namespaces"):
        of_team = checkout / f"{begin}-{team}-sandbox.yaml"
        shutil.copy(checkout / f"{begin}-shop-sandbox.yaml", of_team)

    def declare_apps(stack: dict[str, Any]) -> None:
        stack["config"] |= {"identity:team": {"name": team, "group": group}, "identity:apps": apps}

    def name(stack: dict[str, Any]) -> None:
        shared = {key: value for key, value in stack["config"].items() if key.startswith("gcp:")}
        stack["config"] = {**shared, "platform:team": team}

    edit(checkout / f"identity/Pulumi.team-{team}-sandbox.yaml", declare_apps)
    edit(checkout / f"platform/Pulumi.namespaces-{team}-sandbox.yaml", name)


def declare(checkout: Path) -> None:
    """Declare a second team beside the first, with an app of its own that uses nothing of Google."""

    add_team(checkout, "billing", "billing-team@example.com", {BILLING: {}})
    apps = checkout / "apps"
    copied = (apps / f"Pulumi.{SHOP}-sandbox.yaml").read_text().replace(f"shop/{SHOP}", f"billing/{BILLING}")
    (apps / f"Pulumi.{BILLING}-sandbox.yaml").write_text(copied.replace(SHOP, BILLING))
    entry = apps / "entries" / f"{BILLING}.yaml"
    shutil.copy(entry.with_name(f"{SHOP}.yaml"), entry)
    edit(entry, lambda declared: (declared.pop("database"), declared.update(team="billing")))


def settle(sandbox: Sandbox) -> Ran:
    """Bring up the second team and its app.

    Args:
        sandbox: its checkout declares them; nothing but the other team's layers is up in it.

    Returns:
        The preview of the second app before anything of it existed.
    """
    for layer in ("identity", "platform"):
        sandbox.run("up", "--layer", layer).succeeded()
    plan = sandbox.run("preview", "--app", BILLING).succeeded()
    sandbox.run("up", "--app", BILLING).succeeded()
    return plan


def admit(sandbox: Sandbox) -> None:
    """Put a developer into the second team's group: servers that start know the people of the tests' own checkout."""
    with sandbox.cloud() as cloud:
        cloud.store.add_membership("group:billing-team@example.com", "user:billing-developer@example.com")


class Api:
    """The API server of a sandbox, as one identity or, without any, as its administrator."""

    def __init__(self, sandbox: Sandbox, identity: Identity | None = None) -> None:
        admin = yaml.safe_load((sandbox.path / "pki" / "admin.kubeconfig").read_text())
        if identity is not None:
            with sandbox.cloud() as cloud:
                token, _ = cloud.issue_token(identity.caller)
            admin["users"][0]["user"] = {"token": token}
        self._cluster = Cluster(admin)

    def post(self, url: str, body: Properties, *, dry_run: bool = False) -> Properties:
        """Create; what the API server answers."""
        return self._cluster.request("POST", url, body, {"dryRun": "All"} if dry_run else None)

    def apply(self, url: str, body: Properties, *, dry_run: bool = True) -> Properties:
        """Apply server-side, as Pulumi does; dry by default."""
        query = {"fieldManager": "tests", "force": "true"} | ({"dryRun": "All"} if dry_run else {})
        return self._cluster.request("PATCH", url, body, query, "application/apply-patch+yaml")

    def merge(self, url: str, body: Properties) -> Properties:
        """Merge into what is there, lists by the names of their items, as kubectl does."""
        return self._cluster.request("PATCH", url, body, None, "application/strategic-merge-patch+json")

    def get(self, url: str) -> Properties:
        """Read."""
        return self._cluster.request("GET", url)

    def delete(self, url: str) -> Properties:
        """Delete, in earnest."""
        return self._cluster.request("DELETE", url)

    def status_of(self, kind: str, spec: Properties) -> dict[str, Any]:
        """The answer to a review of what somebody may do."""
        body = {"apiVersion": "authorization.k8s.io/v1", "kind": kind, "spec": spec}
        answer = self.post(f"/apis/authorization.k8s.io/v1/{kind.lower()}s", body)
        return cast("dict[str, Any]", answer["status"])
