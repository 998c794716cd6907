"""A document of access for many apps: teams, accounts, secrets, namespaces and jobs, as the layers make them."""

from iam.decide import Access
from iam.document import (
    Binding,
    Cluster,
    Condition,
    Denial,
    Document,
    Grant,
    Principal,
    Project,
    Resource,
    Role,
    Rule,
)
from iam.impersonation import Graph
from iam.rbac import SUBRESOURCES, VERBS

PROJECT = "//cloudresourcemanager.googleapis.com/projects/p"
_CLUSTER = "//container.googleapis.com/projects/p/locations/r/clusters/main"
_POOL = "principalSet://iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/github"
_RUNS = (
    "cloudprofiler.agent", "cloudsql.client", "cloudsql.instanceUser", "cloudtrace.agent", "errorreporting.writer",
    "monitoring.metricWriter",
)  # fmt: skip
_RULES = (
    Rule(
        groups=("apps",), resources=("deployments", "replicasets"), verbs=("create", "get", "list", "patch", "update")
    ),
    Rule(groups=("",), resources=("configmaps", "pods", "pods/log", "services"), verbs=("get", "list", "watch")),
    Rule(groups=("",), resources=("secrets",), verbs=("get",), names=("one",)),
)


def _email(name: str) -> str:
    return f"serviceAccount:{name}@p.iam.gserviceaccount.com"


def _account(name: str) -> str:
    return f"//iam.googleapis.com/projects/p/serviceAccounts/{name}@p.iam.gserviceaccount.com"


class Made:
    """The parts of a document.

    Args:
        apps: how many; each five belong to a team.
        permissions: what each role contains, about as many as Google's larger roles do.
    """

    def __init__(self, apps: int, permissions: int = 120) -> None:
        self.principals: dict[str, Principal] = {}
        self.resources = [Resource(id=PROJECT, name="project"), _within(_CLUSTER, "cluster main")]
        self.grants: list[Grant] = []
        self.bindings: list[Binding] = []
        self.cluster_roles: dict[str, tuple[Rule, ...] | None] = {}
        self._many = permissions
        for layer in ("identity", "platform"):
            self._pipeline(layer)
        self.grant(_email("identity-deploy"), "projects/p/roles/identityDeploy", PROJECT)
        self.grant(_email("platform-deploy"), "projects/p/roles/platformClusterSetup", PROJECT)
        self.grant("group:admins@example.com", "roles/iam.serviceAccountTokenCreator", PROJECT)
        for number in range(apps):
            if number % 5 == 0:
                self._team(f"team-{number // 5:03}")
            self._app(f"app-{number:03}", f"team-{number // 5:03}")

    def grant(self, who: str, role: str, on: str, condition: Condition | None = None) -> None:
        """One grant, by a resource that a state declares."""
        kind, _, name = who.partition(":")
        short = name.partition("@")[0]
        word = "group" if kind == "group" else "account"
        known = Principal(id=who, kind=word, name=f"{word} {short}")
        self.principals.setdefault(who, known)
        urn = f"urn:pulumi:prod::identity::gcp:projects/iAMMember:IAMMember::{short}-{role.rpartition('/')[2]}"
        self.grants.append(Grant(principal=who, role=role, resource=on, condition=condition, declared=urn))

    def _pipeline(self, of: str) -> None:
        for kind in ("deploy", "preview"):
            name = f"{of}-{kind}"
            self.resources.append(_within(_account(name), f"account {name}"))
            job = f"{_POOL}/attribute.job/{kind}.yml:environment:{of}-prod:refs/heads/main"
            self.grant(job, "roles/iam.workloadIdentityUser", _account(name))
            self.grant(_email(name), f"projects/p/roles/{kind}er", PROJECT)

    def _team(self, name: str) -> None:
        self._pipeline(f"apps-{name}")
        group = f"group:{name}@example.com"
        for role in ("logging.viewer", "monitoring.viewer", "container.clusterViewer"):
            self.grant(group, f"roles/{role}", PROJECT)
        self.grant(group, "roles/iam.serviceAccountTokenCreator", _account(f"apps-{name}-preview"))
        people = [f"user:{name}-{number}@example.com" for number in range(6)]
        found = self.principals[group].model_copy(update={"members": tuple(people)})
        self.principals[group] = found
        for each in people:
            self.principals[each] = Principal(id=each, kind="user", name=f"person {each[5:]}", is_in=(group,))

    def _app(self, app: str, team: str) -> None:
        account = f"app-{app}"
        self.resources.append(_within(_account(account), f"account {account}"))
        for role in _RUNS:
            self.grant(_email(account), f"roles/{role}", PROJECT)
        for name in ("key", "token"):
            secret = f"//secretmanager.googleapis.com/projects/p/secrets/app-{app}-{name}"
            self.resources.append(_within(secret, f"secret app-{app}-{name}"))
            self.grant(_email(account), "roles/secretmanager.secretAccessor", secret)
            self.grant(f"group:{team}@example.com", "roles/secretmanager.secretVersionAdder", secret)
        workload = f"serviceAccount:p.svc.id.goog[{app}/{app}]"
        self.grant(workload, "roles/iam.workloadIdentityUser", _account(account))
        self.principals[workload] = Principal(id=workload, kind="workload", name=f"workload {app}/{app}")
        self.resources.append(_within(f"{_CLUSTER}/k8s/namespaces/{app}", f"namespace {app}", _CLUSTER))
        self.cluster_roles[f"Role {app}/deployer"] = _RULES
        for who in (_email(f"apps-{team}-deploy"), f"group:{team}@example.com"):
            self.bindings.append(Binding(principal=who, role=f"Role {app}/deployer", namespace=app, name="deployer"))

    def access(self) -> Access:
        """All of it, with the edges between principals."""
        escalating = {
            "projects/p/roles/identityDeploy": ("iam.serviceAccounts.setIamPolicy",),
            "projects/p/roles/platformClusterSetup": ("container.clusterRoles.bind",),
            "roles/iam.serviceAccountTokenCreator": ("iam.serviceAccounts.getAccessToken",),
            "roles/iam.workloadIdentityUser": ("iam.serviceAccounts.getAccessToken",),
        }
        names = sorted({grant.role for grant in self.grants})
        roles = {
            name: Role(
                title=name.rpartition("/")[2],
                permissions=(
                    *escalating.get(name, ()),
                    *(f"service{index}.things{number}.get" for number in range(self._many)),
                ),
            )
            for index, name in enumerate(names)
        }
        document = Document.model_validate(
            {
                "version": 1,
                "environment": "prod",
                "at": "2026-11-21T12:00:00Z",
                "project": Project(id="p", number="1"),
                "principals": tuple(self.principals.values()),
                "roles": roles,
                "resources": tuple(self.resources),
                "grants": tuple(self.grants),
                "denials": (
                    Denial(
                        policy="guard-rails", rule="No tokens.", resource=PROJECT,
                        permissions=("iam.serviceAccounts.getAccessToken",),
                        principals=(_email("identity-deploy"),),
                    ),
                ),
                "cluster": Cluster(
                    id=_CLUSTER, roles=self.cluster_roles, bindings=tuple(self.bindings), verbs=dict(VERBS),
                    subresources=dict(SUBRESOURCES),
                ),
            }
        )  # fmt: skip
        edges = tuple(Graph(Access(document)).published())
        return Access(document.model_copy(update={"becoming": edges}))


def _within(name: str, words: str, parent: str = PROJECT) -> Resource:
    return Resource(id=name, name=words, parent=parent)
