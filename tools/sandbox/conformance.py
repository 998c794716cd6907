"""Who may do what, asked of the running sandbox: every operation that matters, for every identity that matters.

`python -m sandbox.conformance` writes the table in `CONFORMANCE.md`. Google's half is decided by the
simulated IAM, Kubernetes' half by the API server itself (SubjectAccessReview), which asks the same IAM. A test
compares the file with a sandbox that was just brought up.
"""

import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import kubernetes.client
import kubernetes.config

from sandbox.cloud import names, seed
from sandbox.cloud.api import Cloud
from sandbox.cloud.credentials import sandbox_directory

DOCUMENT = Path(__file__).with_name("CONFORMANCE.md")

_ACCOUNTS = (
    "identity-preview",
    "identity-deploy",
    "platform-preview",
    "platform-deploy",
    "apps-shop-preview",
    "apps-shop-deploy",
    "app-storefront",
    "images-shop",
    "gke-nodes",
)
_PEOPLE = ("shop-developer", "database-administrator", "platform-engineer", "security-reviewer")


@dataclass(frozen=True)
class Operation:
    """Something that somebody may want to do on Google Cloud.

    Attributes:
        what: for people.
        permission: the permission that it needs.
        on: the full name of the resource that it is asked on.
    """

    what: str
    permission: str
    on: str


@dataclass(frozen=True)
class Request:
    """Something that somebody may want to do in the cluster.

    Attributes:
        what: for people.
        verb: Kubernetes' verb.
        resource: in the plural, with its subresource behind a slash.
        group: the API group; "" for the core.
        namespace: "" for the whole cluster.
    """

    what: str
    verb: str
    resource: str
    group: str = ""
    namespace: str = "storefront"


_INTRODUCTION = """\
# Who may do what

Made from a sandbox that was just brought up (`make conformance`); a test compares. A cell names what allows the
operation: a role in IAM, or a Role in the cluster (RBAC). An empty cell: it is refused.
"""
_PROJECT = names.project(seed.PROJECT)
_ATTEMPTS, _PAUSE = 5, 1.0  # seconds
_INSTANCE = f"//sqladmin.googleapis.com/projects/{seed.PROJECT}/instances/orders"


def _account(name: str) -> str:
    return names.service_account(f"{name}@{seed.PROJECT}.iam.gserviceaccount.com")


def _secret(name: str) -> str:
    return f"//secretmanager.googleapis.com/projects/{seed.PROJECT}/secrets/{name}"


def _audit_log() -> str:
    return f"//logging.googleapis.com/projects/{seed.PROJECT}/locations/{seed.REGION}/buckets/audit"


def _repository(team: str) -> str:
    location = f"projects/{seed.PROJECT}/locations/{seed.REGION}"
    return f"//artifactregistry.googleapis.com/{location}/repositories/{team}"


OPERATIONS = (
    Operation("create a service account", "iam.serviceAccounts.create", _PROJECT),
    Operation("create a service account key", "iam.serviceAccountKeys.create", _account("platform-deploy")),
    Operation("act as platform-deploy", "iam.serviceAccounts.getAccessToken", _account("platform-deploy")),
    Operation("let the cluster use the nodes' account", "iam.serviceAccounts.actAs", _account("gke-nodes")),
    Operation("grant a role on the project", "resourcemanager.projects.setIamPolicy", _PROJECT),
    Operation("change a custom role", "iam.roles.update", _PROJECT),
    Operation("enable an API", "serviceusage.services.enable", _PROJECT),
    Operation("read identity's contract", "secretmanager.versions.access", _secret("contract-identity")),
    Operation("publish identity's contract", "secretmanager.versions.add", _secret("contract-identity")),
    Operation("read platform's contract", "secretmanager.versions.access", _secret("contract-platform")),
    Operation("publish platform's contract", "secretmanager.versions.add", _secret("contract-platform")),
    Operation("destroy a contract's version", "secretmanager.versions.destroy", _secret("contract-platform")),
    Operation("create a network", "compute.networks.create", _PROJECT),
    Operation("delete a network", "compute.networks.delete", _PROJECT),
    Operation("create a cluster", "container.clusters.create", _PROJECT),
    Operation("delete a cluster", "container.clusters.delete", _PROJECT),
    Operation("reach the cluster's API server", "container.clusters.connect", _PROJECT),
    Operation("push an image", "artifactregistry.repositories.uploadArtifacts", _repository("shop")),
    Operation("push an image of another team", "artifactregistry.repositories.uploadArtifacts", _repository("billing")),
    Operation("pull an image", "artifactregistry.repositories.downloadArtifacts", _repository("shop")),
    Operation("say who pushes images", "artifactregistry.repositories.setIamPolicy", _repository("shop")),
    Operation("delete a repository of images", "artifactregistry.repositories.delete", _repository("shop")),
    Operation("read the locked audit log", "logging.views.access", _audit_log()),
    Operation("read a database's configuration", "cloudsql.instances.get", _INSTANCE),
    Operation("create a database instance", "cloudsql.instances.create", _PROJECT),
    Operation("change a database instance", "cloudsql.instances.update", _INSTANCE),
    Operation("delete a database instance", "cloudsql.instances.delete", _INSTANCE),
    Operation("delete a database", "cloudsql.databases.delete", _INSTANCE),
    Operation("create a database user", "cloudsql.users.create", _INSTANCE),
    Operation("delete a database user", "cloudsql.users.delete", _INSTANCE),
    Operation("log in to a database", "cloudsql.instances.login", _INSTANCE),
)
REQUESTS = (
    Request("create a namespace", "create", "namespaces", namespace=""),
    Request("delete a namespace", "delete", "namespaces", namespace=""),
    Request("create a ClusterRole", "create", "clusterroles", "rbac.authorization.k8s.io", ""),
    Request("change the app's quota", "patch", "resourcequotas"),
    Request("change who may do what in the app's namespace", "patch", "rolebindings", "rbac.authorization.k8s.io"),
    Request("deploy the app", "patch", "deployments", "apps"),
    Request("look at the app's pods", "list", "pods"),
    Request("read the app's logs", "get", "pods/log"),
    Request("open a shell in a pod", "create", "pods/exec"),
    Request("read secrets in the app's namespace", "list", "secrets"),
    Request("deploy into another namespace", "patch", "deployments", "apps", "default"),
    Request("look at another namespace's pods", "list", "pods", namespace="default"),
)


def members() -> dict[str, str]:
    """The table's columns: short name to policy member."""
    accounts = {name: f"serviceAccount:{name}@{seed.PROJECT}.iam.gserviceaccount.com" for name in _ACCOUNTS}
    return {**accounts, **{name: f"user:{name}@example.com" for name in _PEOPLE}}


def _cloud_row(cloud: Cloud, operation: Operation) -> list[str]:
    decisions = (cloud.iam.decide(member, operation.permission, operation.on) for member in members().values())
    return [decision.grant.role.rpartition("/")[2] if decision.grant else "" for decision in decisions]


class Cluster:
    """Asks the API server as its administrator what others may do."""

    def __init__(self, directory: Path) -> None:
        config: Any = kubernetes.config  # the client carries no types
        client: Any = kubernetes.client
        settings = client.Configuration()
        config.load_kube_config(str(directory / "pki" / "admin.kubeconfig"), client_configuration=settings)
        self._api = client.AuthorizationV1Api(client.ApiClient(settings))

    def cell(self, member: str, groups: Iterable[str], request: Request) -> str:
        """Why a member may do something; "" when it may not.

        Raises `RuntimeError` when the API server could not find out: on a busy machine IAM may answer too late, and
        that is no refusal.
        """
        resource, _, subresource = request.resource.partition("/")
        attributes = {
            "verb": request.verb,
            "group": request.group,
            "resource": resource,
            "subresource": subresource,
            "namespace": request.namespace,
        }
        email = member.partition(":")[2]
        subject = {"user": email, "groups": [*groups, "system:authenticated"], "resourceAttributes": attributes}
        review = {"apiVersion": "authorization.k8s.io/v1", "kind": "SubjectAccessReview", "spec": subject}
        status: Any = None
        for _ in range(_ATTEMPTS):
            status = self._api.create_subject_access_review(review).status
            if status.allowed:
                return "RBAC" if str(status.reason).startswith("RBAC") else str(status.reason).rpartition("/")[2]
            if not status.evaluation_error:
                return ""
            time.sleep(_PAUSE)
        raise RuntimeError(f"whether {email} may {request.what} is not known: {status.evaluation_error}")


def table(directory: Path) -> str:
    """The document as Markdown, from a sandbox that is up."""
    cloud = Cloud(directory / "cloud.db")
    cluster = Cluster(directory)
    columns = members()
    lines = [_INTRODUCTION]
    header = ["", *(f"`{name}`" for name in columns)]
    rule = "|".join(["---"] * len(header))
    google = [[operation.what, *_cloud_row(cloud, operation)] for operation in OPERATIONS]
    kubernetes_rows: list[list[str]] = []
    for request in REQUESTS:
        row = [request.what]
        for member in columns.values():
            groups = [group.partition(":")[2] for group in cloud.store.groups_of(member)]
            row.append(cluster.cell(member, groups, request))
        kubernetes_rows.append(row)
    cloud.store.close()
    for title, rows in (("On Google Cloud", google), ("In the cluster", kubernetes_rows)):
        lines += [f"## {title}", "", f"|{'|'.join(header)}|", f"|{rule}|"]
        lines += [f"|{'|'.join(row)}|" for row in rows]
        lines.append("")
    return "\n".join(lines)


if __name__ == "__main__":
    DOCUMENT.write_text(table(sandbox_directory()), encoding="utf-8")
    print(f"written: {DOCUMENT}")
