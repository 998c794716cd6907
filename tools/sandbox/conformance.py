"""Conformance tables of access: relevant operations by identity, as the running sandbox decides them.

`python -m sandbox.conformance` prints the tables. Their columns are the existing accounts and people, their rows
operations on deployed resources; one app and one datastore represent all. The simulated IAM decides the table of Google
Cloud, and with the users of the datastore who logs in to it. The API server itself decides the table of Kubernetes
(SubjectAccessReview), and asks the same IAM.
"""

import sys
import time
from collections.abc import Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import kubernetes.client
import kubernetes.config
from kubernetes.client.exceptions import ApiException
from urllib3.exceptions import HTTPError

from sandbox.cloud import names, tenant
from sandbox.cloud.api import Cloud
from sandbox.cloud.credentials import sandbox_directory
from sandbox.cloud.errors import ApiError
from sandbox.cloud.iam import Caller
from sandbox.cloud.store import StoredResource
from sandbox.sql import login

_ATTEMPTS, _PAUSE = 5, 1.0  # seconds
_TEAM = "prodfirst/team"  # the label of an app's namespace
# Order of the accounts' columns: by layer first, then apps, then accounts that run or build something.
_KINDS = ("identity-", "platform-", "storage-", "apps-", "app-", "images-", "")


@dataclass(frozen=True)
class Operation:
    """An operation on Google Cloud: a row of the first table.

    Attributes:
        title: the operation's name for people.
        permission: the permission that it requires.
        on: the full name of the resource on which it is required.
    """

    title: str
    permission: str
    on: str


@dataclass(frozen=True)
class Request:
    """A request to the cluster: a row of the second table.

    Attributes:
        title: the request's name for people.
        verb: Kubernetes' verb.
        resource: the resource in the plural, with its subresource behind a slash.
        group: the API group; "" for the core.
        namespace: "" for the whole cluster.
    """

    title: str
    verb: str
    resource: str
    group: str = ""
    namespace: str = ""


@dataclass(frozen=True)
class DeployedResources:
    """Deployed resources that the tables are about; None for a missing resource.

    Attributes:
        project: the project's ID.
        accounts: the IDs of the project's own service accounts, without Google's agents.
        people: the tenant's people, as policies name them.
        instance: the full name of the first datastore.
        audit_log: the full name of the locked log.
        repository: the full name of the image repository of the app's team.
        other_repository: the full name of another team's repository; a made-up one without another team.
        app: the app that represents all, which is its namespace.
    """

    project: str
    accounts: tuple[str, ...]
    people: tuple[str, ...]
    instance: str | None
    audit_log: str | None
    repository: str | None
    other_repository: str | None
    app: str | None

    def columns(self) -> dict[str, str]:
        """Return the policy members by short name; of the apps' accounts only the account of `app`."""
        shown = (account for account in self.accounts if not account.startswith("app-") or account == f"app-{self.app}")
        accounts = {account: f"serviceAccount:{self._email(account)}" for account in sorted(shown, key=_order)}
        return {**accounts, **{member.partition(":")[2].partition("@")[0]: member for member in self.people}}

    def account(self, name: str) -> str | None:
        """Return the full name of an account."""
        return names.service_account(self._email(name)) if name in self.accounts else None

    def secret(self, name: str) -> str:
        """Return the full name of a secret."""
        return f"//secretmanager.googleapis.com/projects/{self.project}/secrets/{name}"

    def _email(self, name: str) -> str:
        return f"{name}@{self.project}.iam.gserviceaccount.com"


def _order(account: str) -> tuple[int, str, bool]:
    kind = next(place for place, prefix in enumerate(_KINDS) if account.startswith(prefix))
    return kind, account.removesuffix("-preview").removesuffix("-deploy"), account.endswith("-deploy")


def deployed(cloud: Cloud, apps: dict[str, str]) -> DeployedResources:
    """Return the deployed resources.

    Args:
        cloud: the simulated cloud.
        apps: team by namespace.
    """
    project = tenant.own_project(cloud.store)
    instance = next(iter(_names(cloud, "sql.instances")), None)
    users = [names.split(user)[1] for user in _names(cloud, "sql.users")] if instance else []
    logging_in = (app for app in apps if any(f"/users/app-{app}@" in user for user in users))
    app = next(logging_in, min(apps, default=None))
    repositories = _names(cloud, "artifactregistry.projects.locations.repositories")
    own = next((name for name in repositories if app and name.endswith(f"/{apps[app]}")), None)
    beside = f"{own.rpartition('/')[0]}/another-team" if own else None
    accounts = (name.rpartition("/")[2].partition("@") for name in _names(cloud, "iam.projects.serviceAccounts"))
    return DeployedResources(
        project,
        tuple(name for name, _, place in accounts if place == f"{project}.iam.gserviceaccount.com"),
        tuple(tenant.people(cloud.store)),
        instance,
        next((name for name in _names(cloud, "logging.projects.locations.buckets") if name.endswith("/audit")), None),
        own,
        next((name for name in repositories if name != own), beside),
        app,
    )


def _names(cloud: Cloud, kind: str) -> list[str]:
    """Return the full names of the resources of a kind."""
    return [stored.name for stored in cloud.store.find(kind, f"//{cloud.collection(kind).service}/")]


def operations(resources: DeployedResources) -> Iterator[Operation]:
    """Yield the rows of the first table, without rows about missing resources."""
    project = names.project(resources.project)
    identity, network, platform, storage = (
        resources.secret(f"contract-{name}") for name in ("identity", "network", "platform", "storage")
    )
    deployer, nodes = resources.account("platform-deploy"), resources.account("gke-nodes")
    databases = resources.account("storage-deploy")
    own, other, instance = resources.repository, resources.other_repository, resources.instance
    rows = (
        ("create a service account", "iam.serviceAccounts.create", project),
        ("create a service account key", "iam.serviceAccountKeys.create", deployer),
        ("act as platform-deploy", "iam.serviceAccounts.getAccessToken", deployer),
        ("act as storage-deploy", "iam.serviceAccounts.getAccessToken", databases),
        ("let the cluster use the nodes' account", "iam.serviceAccounts.actAs", nodes),
        ("grant a role on the project", "resourcemanager.projects.setIamPolicy", project),
        ("change a custom role", "iam.roles.update", project),
        ("enable an API", "serviceusage.services.enable", project),
        ("read identity's contract", "secretmanager.versions.access", identity),
        ("publish identity's contract", "secretmanager.versions.add", identity),
        ("read the network's contract", "secretmanager.versions.access", network),
        ("publish the network's contract", "secretmanager.versions.add", network),
        ("read platform's contract", "secretmanager.versions.access", platform),
        ("publish platform's contract", "secretmanager.versions.add", platform),
        ("read the datastores' contract", "secretmanager.versions.access", storage),
        ("publish the datastores' contract", "secretmanager.versions.add", storage),
        ("destroy a contract's version", "secretmanager.versions.destroy", platform),
        ("create a network", "compute.networks.create", project),
        ("delete a network", "compute.networks.delete", project),
        ("create a cluster", "container.clusters.create", project),
        ("delete a cluster", "container.clusters.delete", project),
        ("reach the cluster's API server", "container.clusters.connect", project),
        ("push an image", "artifactregistry.repositories.uploadArtifacts", own),
        ("push an image of another team", "artifactregistry.repositories.uploadArtifacts", other),
        ("pull an image", "artifactregistry.repositories.downloadArtifacts", own),
        ("say who pushes images", "artifactregistry.repositories.setIamPolicy", own),
        ("delete a repository of images", "artifactregistry.repositories.delete", own),
        ("read the locked audit log", "logging.views.access", resources.audit_log),
        ("read a database's configuration", "cloudsql.instances.get", instance),
        ("create a database instance", "cloudsql.instances.create", project),
        ("change a database instance", "cloudsql.instances.update", instance),
        ("delete a database instance", "cloudsql.instances.delete", instance),
        ("delete a database", "cloudsql.databases.delete", instance),
        ("create a database user", "cloudsql.users.create", instance),
        ("delete a database user", "cloudsql.users.delete", instance),
        ("connect to a database instance", "cloudsql.instances.connect", instance),
        ("log in to a database", "cloudsql.instances.login", instance),
        ("send SQL over Google's API", "cloudsql.instances.executeSql", instance),
        ("copy a database instance", "cloudsql.instances.clone", instance),
        ("export rows to a bucket", "cloudsql.instances.export", instance),
        ("import rows from a bucket", "cloudsql.instances.import", instance),
        ("back a database instance up", "cloudsql.backupRuns.create", instance),
        ("restore a backup over a database instance", "cloudsql.instances.restoreBackup", instance),
    )
    return (Operation(title, permission, on) for title, permission, on in rows if on)


_RBAC = "rbac.authorization.k8s.io"


def requests(app: str | None) -> list[Request]:
    """Return the rows of the second table; without an app only the rows that are not about an app."""
    of_app = app and (
        Request("change the app's quota", "patch", "resourcequotas", "", app),
        Request("change who may do what in the app's namespace", "patch", "rolebindings", _RBAC, app),
        Request("deploy the app", "patch", "deployments", "apps", app),
        Request("look at the app's pods", "list", "pods", "", app),
        Request("read the app's logs", "get", "pods/log", "", app),
        Request("open a shell in a pod", "create", "pods/exec", "", app),
        Request("read secrets in the app's namespace", "list", "secrets", "", app),
    )
    return [
        Request("create a namespace", "create", "namespaces"),
        Request("delete a namespace", "delete", "namespaces"),
        Request("create a ClusterRole", "create", "clusterroles", _RBAC),
        *(of_app or ()),
        Request("deploy into another namespace", "patch", "deployments", "apps", "default"),
        Request("look at another namespace's pods", "list", "pods", "", "default"),
    ]


def _cloud_row(cloud: Cloud, columns: Iterable[str], operation: Operation) -> list[str]:
    decisions = (cloud.iam.decide(member, operation.permission, operation.on) for member in columns)
    return [decision.grant.role.rpartition("/")[2] if decision.grant else "" for decision in decisions]


def _login_row(cloud: Cloud, columns: Iterable[str], instance: str | None) -> list[str]:
    """Return by what each member logs in to the databases of an instance; "" for a member that is no user of it."""
    stored = cloud.store.get(instance) if instance else None
    return [_login(cloud, stored, member) for member in columns]


def _login(cloud: Cloud, instance: StoredResource | None, member: str) -> str:
    if instance is None:
        return ""
    try:
        user = login.decide(cloud, instance, Caller(member))
    except ApiError:
        return ""
    return ", ".join(user.roles) or "its own user"


class Cluster:
    """Client of the API server that checks the access of others as the administrator."""

    def __init__(self, directory: Path) -> None:
        config: Any = kubernetes.config  # the client carries no types
        client: Any = kubernetes.client
        settings = client.Configuration()
        config.load_kube_config(str(directory / "pki" / "admin.kubeconfig"), client_configuration=settings)
        connection = client.ApiClient(settings)
        self._api = client.AuthorizationV1Api(connection)
        self._core = client.CoreV1Api(connection)

    def apps(self) -> dict[str, str]:
        """Return the team by namespace."""
        namespaces = self._core.list_namespace(label_selector=_TEAM).items
        return {str(namespace.metadata.name): str(namespace.metadata.labels[_TEAM]) for namespace in namespaces}

    def cell(self, member: str, groups: Iterable[str], request: Request) -> str:
        """Return the reason why a member may make a request; "" if it may not.

        Raises `RuntimeError` when the API server could not decide: on a busy machine IAM may answer too late, which is
        no refusal.
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
        raise RuntimeError(f"whether {email} may {request.title} is not known: {status.evaluation_error}")


def tables(directory: Path) -> str:
    """Return the tables as Markdown, from a running sandbox."""
    cluster, cloud = Cluster(directory), Cloud(directory / "cloud.db")
    with closing(cloud.store):
        resources = deployed(cloud, cluster.apps())
        columns = resources.columns()
        google = [[row.title, *_cloud_row(cloud, columns.values(), row)] for row in operations(resources)]
        logins = [["log in to the databases, as itself, by", *_login_row(cloud, columns.values(), resources.instance)]]
        groups = {
            member: [group.partition(":")[2] for group in cloud.store.groups_of(member)] for member in columns.values()
        }
    inside = [
        [row.title, *(cluster.cell(member, groups[member], row) for member in columns.values())]
        for row in requests(resources.app)
    ]
    heading = f"|{'|'.join(['', *(f'`{name}`' for name in columns)])}|\n|{'|'.join(['---'] * (len(columns) + 1))}|"
    return "\n".join(
        "\n".join([f"## {title}", "", heading, *(f"|{'|'.join(row)}|" for row in rows), ""])
        for title, rows in (("On Google Cloud", google), ("In the databases", logins), ("In the cluster", inside))
    )


def main() -> int:
    """Print the tables; return the exit code."""
    try:
        print(tables(sandbox_directory()), end="")
    except ApiError as error:
        print(f"error: {error.message}", file=sys.stderr)
    except (HTTPError, ApiException, kubernetes.config.ConfigException) as error:
        print(
            f"error: the sandbox's API server did not answer, so there is no table: {error}\nStart it with `make up`.",
            file=sys.stderr,
        )
    else:
        return 0
    return 1


if __name__ == "__main__":
    sys.exit(main())
