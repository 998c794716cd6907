"""Forbidden actions, tried by each layer's identity through the real engine and by people through kubectl.

The source of the refusal is part of each proof: the API server, the simulated IAM, the API's own protection, or the
engine.
"""

import json
import os
import re
import shlex
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

import example_tenant as example
from cli.layout import Kind
from e2e.harness import ADMIN, PROJECT, Ran, Sandbox, account, acting_as, ran
from e2e.inventory import INSTANCE, instances
from sandbox.cloud import names, seed
from sandbox.cloud.errors import ApiError
from sandbox.cloud.iam import DENY_PREFIX, Caller
from toolchain.environments import CHECKOUT
from waiting import eventually

OWNERS = ("identity", "team", "platform", "storage", "namespaces", "apps-shop")
# To decrypt is to read the secrets in its own layer's state.
HARMLESS = frozenset(
    {
        "getAttestationRules",
        "get",
        "list",
        "getIamPolicy",
        "access",
        "connect",
        "listEffectiveTags",
        "listTagBindings",
        "searchAllIamPolicies",
    }
    | {"useToDecrypt"}
)

Kubectl = Callable[..., Ran]

IMPORTS = """
import os
from pathlib import Path
import pulumi, pulumi_gcp as gcp, pulumi_kubernetes as k8s
config = Path(os.environ["KUBECONFIG"]).read_text()
cluster = k8s.Provider("cluster", kubeconfig=config, upsert_existing_objects=True)  # as the layers' providers
inside = pulumi.ResourceOptions(provider=cluster)
project = "prodfirst-sandbox"
"""
NAMESPACE = 'k8s.core.v1.Namespace("mine", metadata={"name": "mine"}, opts=inside)\n'
CONFIG_MAP = 'k8s.core.v1.ConfigMap("note", metadata={"name": "note", "namespace": "storefront"}, opts=inside)\n'
SECRET = 'k8s.core.v1.Secret("hidden", metadata={"name": "hidden", "namespace": "storefront"}, opts=inside)\n'
DATABASE = """gcp.sql.DatabaseInstance("mine", name="mine", project=project, region="europe-west4",
    database_version="POSTGRES_17", settings={"tier": "db-f1-micro", "edition": "ENTERPRISE"})
"""
ACCOUNT = 'gcp.serviceaccount.Account("helper", account_id="helper", project=project)\n'
NETWORK = 'gcp.compute.Network("mine", name="mine", project=project)\n'


@pytest.fixture
def attempt(shared: Sandbox, tmp_path: Path) -> Callable[[str, str, Kind], Ran]:
    """Deploys a program as a layer's identity, and expects that the engine reports errors."""

    def run(layer: str, program: str, kind: Kind = "deploy") -> Ran:
        environment = {"virtualenv": str(CHECKOUT / "tests" / ".venv")}
        project = {"name": "attempt", "runtime": {"name": "python", "options": environment}}
        (tmp_path / "Pulumi.yaml").write_text(json.dumps(project))
        (tmp_path / "__main__.py").write_text(IMPORTS + program)
        command = (
            f"cd {shlex.quote(str(tmp_path))} && pulumi stack init $PULUMI_STACK --secrets-provider passphrase >&2"
            " && pulumi up --yes --skip-preview --non-interactive --continue-on-error; code=$?;"
            " pulumi stack rm --yes --force $PULUMI_STACK >&2; exit $code"
        )
        done = shared.shell(layer, command, kind)
        assert done.code != 0, done.text
        return done

    return run


def test_an_apps_identity_creates_neither_namespace_nor_secret_nor_database(
    shared: Sandbox, attempt: Callable[..., Ran]
) -> None:
    done = attempt("apps", NAMESPACE + SECRET + DATABASE)

    deployer = account("apps-shop-deploy")
    assert f'User "{deployer}" cannot patch resource "namespaces"' in done.text
    assert f'User "{deployer}" cannot patch resource "secrets"' in done.text
    assert "cloudsql.instances.create" in done.text
    assert shared.kubectl("get", "namespace", "mine").code != 0
    assert instances(shared) == [INSTANCE]


@pytest.mark.parametrize("layer", ["platform", "namespaces"])
def test_the_platforms_identities_create_neither_account_nor_workload(
    shared: Sandbox, attempt: Callable[..., Ran], layer: str
) -> None:
    done = attempt(layer, ACCOUNT + CONFIG_MAP)

    assert "iam.serviceAccounts.create" in done.text
    assert f'User "{account(f"{layer}-deploy")}" cannot patch resource "configmaps"' in done.text
    with shared.cloud() as cloud:
        assert cloud.store.get(names.service_account(account("helper"))) is None


def test_who_deploys_namespaces_creates_neither_network_nor_database(
    shared: Sandbox, attempt: Callable[..., Ran]
) -> None:
    done = attempt("namespaces", NETWORK + DATABASE)

    assert "compute.networks.create" in done.text
    assert "cloudsql.instances.create" in done.text
    assert instances(shared) == [INSTANCE]


def test_who_grants_to_people_creates_no_account_and_who_runs_accounts_nothing_in_cluster_or_network(
    attempt: Callable[..., Ran],
) -> None:
    assert "iam.serviceAccounts.create" in attempt("identity", ACCOUNT).text
    done = attempt("team", NETWORK + NAMESPACE)
    assert "compute.networks.create" in done.text
    assert re.search("You must be logged in|Unauthorized|cannot patch resource", done.text), done.text


@pytest.mark.parametrize(
    ("layer", "program", "said"),
    [
        ("identity", ACCOUNT, ["iam.serviceAccounts.create"]),
        ("team", ACCOUNT, ["iam.serviceAccounts.create"]),
        ("platform", NETWORK + NAMESPACE, ["compute.networks.create", 'cannot patch resource "namespaces"']),
        ("namespaces", NAMESPACE, ['cannot patch resource "namespaces"']),
        ("apps", CONFIG_MAP, ['cannot patch resource "configmaps"']),
    ],
    ids=["identity", "team", "platform", "namespaces", "apps"],
)
def test_a_preview_identity_creates_nothing(
    attempt: Callable[..., Ran], layer: str, program: str, said: list[str]
) -> None:
    done = attempt(layer, program, "preview")

    assert [part for part in said if part not in done.text] == [], done.text


@pytest.mark.parametrize("owner", OWNERS)
def test_a_preview_identity_holds_no_permission_that_changes_anything_on_any_resource(
    shared: Sandbox, owner: str
) -> None:
    caller = acting_as(f"{owner}-preview")
    with shared.cloud() as cloud:
        changing = {each for each in cloud.vocabulary if each.rpartition(".")[2] not in HARMLESS}
        kinds = {method.collection.kind for method in cloud.methods.values()}
        # A resource without a policy of its own has what the project's says; one of a kind stands for the others.
        resources = {stored[0].name for kind in kinds if (stored := cloud.store.find(kind, ""))}
        resources |= {name for name, _ in cloud.store.policies() if not name.startswith(DENY_PREFIX)}
        granted = {
            (permission, resource)
            for resource in resources
            for permission in changing
            if cloud.iam.decide(caller.member, permission, resource).allowed
        }

    assert len(resources) > 20
    assert granted == set()


@pytest.mark.parametrize("deployer", ["identity-deploy", "team-deploy"])
@pytest.mark.parametrize("target", ["platform-deploy", "apps-shop-deploy", "app-storefront", "identity-preview"])
def test_the_identity_layers_deployers_obtain_no_key_and_no_token_of_another_account(
    shared: Sandbox, target: str, deployer: str
) -> None:
    caller = acting_as(deployer)
    name = f"{PROJECT}/serviceAccounts/{account(target)}"
    with shared.cloud() as cloud:
        with pytest.raises(ApiError, match=r"iam\.serviceAccountKeys\.create"):
            cloud.call("iam.projects.serviceAccounts.keys.create", f"{name}/keys/k1", caller, {})
        with pytest.raises(ApiError, match=r"iam\.serviceAccounts\.getAccessToken"):
            cloud.impersonate(caller, account(target))


@pytest.fixture
def kubectl_as(shared: Sandbox, tmp_path: Path) -> Callable[[str], Kubectl]:
    """kubectl as a person, whose token the cluster's credential plugin obtains as it would on GKE."""
    shared.shell("apps", "true").succeeded()  # writes the kubeconfig
    kubeconfig = shared.path / "credentials" / f"{account('apps-shop-deploy')}.storefront-sandbox.kubeconfig"

    def become(person: str) -> Kubectl:
        env = {
            "PATH": os.environ["PATH"],
            "HOME": str(tmp_path),
            "SANDBOX_DIR": str(shared.path),
            "KUBECONFIG": str(kubeconfig),
            "GOOGLE_APPLICATION_CREDENTIALS": str(seed.write_credentials(shared.path, person)),
        }

        def run(*arguments: str) -> Ran:
            command = [str(shared.path / "bin" / "kubectl"), *arguments]
            return ran(command, env=env)

        return run

    return become


DEVELOPER = "user:shop-developer@example.com"
DATABASE_ADMINISTRATOR = "user:database-administrator@example.com"
SECURITY_REVIEWER = "user:security-reviewer@example.com"


def test_a_developer_works_in_the_own_namespace_and_nowhere_else(kubectl_as: Callable[[str], Kubectl]) -> None:
    kubectl = kubectl_as(DEVELOPER)

    kubectl("get", "deployment", "storefront").succeeded()
    kubectl("create", "configmap", "note", "--from-literal=a=b").succeeded()
    kubectl("delete", "configmap", "note").succeeded()
    for arguments in (
        ("get", "pods", "--namespace", "default"),
        ("get", "pods", "--all-namespaces"),
        ("create", "configmap", "note", "--namespace", "kube-system"),
        ("create", "namespace", "mine"),
        ("get", "secrets"),
        ("create", "rolebinding", "more", "--clusterrole=cluster-admin", "--user=shop-developer@example.com"),
        ("delete", "resourcequota", "quota"),
        ("delete", "networkpolicy", "--namespace", "kube-system", "--all"),
        ("get", "nodes"),
    ):
        refused = kubectl(*arguments)
        assert refused.code != 0, arguments
        assert "forbidden" in refused.err.lower(), refused.err
        assert 'User "shop-developer@example.com"' in refused.err


def test_who_has_no_business_in_the_cluster_is_not_let_in(kubectl_as: Callable[[str], Kubectl]) -> None:
    kubectl = kubectl_as(DATABASE_ADMINISTRATOR)

    for arguments in (("get", "pods"), ("get", "secrets"), ("create", "configmap", "note")):
        refused = kubectl(*arguments)
        assert refused.code != 0
        assert re.search("You must be logged in|Unauthorized", refused.err), refused.err


def test_a_security_reviewer_sees_what_runs_and_no_secret_and_changes_nothing(
    kubectl_as: Callable[[str], Kubectl],
) -> None:
    kubectl = kubectl_as(SECURITY_REVIEWER)

    kubectl("get", "pods,rolebindings").succeeded()
    for arguments in (("get", "secrets"), ("create", "configmap", "note"), ("delete", "pods", "--all")):
        refused = kubectl(*arguments)
        assert refused.code != 0
        assert "forbidden" in refused.err.lower(), refused.err


def test_a_database_administrator_changes_databases_and_deletes_none(shared: Sandbox) -> None:
    caller = Caller(DATABASE_ADMINISTRATOR)
    with shared.cloud() as cloud:
        same = {"instance": "orders", "name": "orders"}
        cloud.call("sql.instances.get", INSTANCE, caller)
        cloud.call("sql.databases.update", f"{INSTANCE}/databases/orders", caller, same)
        for method, name in (
            ("sql.instances.delete", INSTANCE),
            ("sql.databases.delete", f"{INSTANCE}/databases/orders"),
            ("sql.users.delete", f"{INSTANCE}/users/app-storefront@prodfirst-sandbox.iam"),
            ("container.projects.locations.clusters.get", f"{PROJECT}/locations/europe-west4/clusters/main"),
            ("cloudresourcemanager.projects.setIamPolicy", PROJECT),
        ):
            with pytest.raises(ApiError) as caught:
                cloud.call(method, name, caller, {})
            assert caught.value.status == "PERMISSION_DENIED", method


@contextmanager
def _granted(sandbox: Sandbox, role: str, member: str) -> Generator[None]:
    """A role on the project for the length of a block."""
    with sandbox.cloud() as cloud:
        before = cloud.store.policy(names.project(example.PROJECT))
        wider = {**before, "bindings": [*before["bindings"], {"role": role, "members": [member]}]}
        cloud.call("cloudresourcemanager.projects.setIamPolicy", PROJECT, ADMIN, {"policy": wider})
        try:
            yield
        finally:
            now = cloud.store.policy(names.project(example.PROJECT))
            narrower = {**now, "bindings": before["bindings"]}
            cloud.call("cloudresourcemanager.projects.setIamPolicy", PROJECT, ADMIN, {"policy": narrower})


@pytest.fixture
def widened(shared: Sandbox) -> Iterator[None]:
    """A grant that this design never makes: roles/container.developer on the project."""
    with _granted(shared, "roles/container.developer", "group:shop-team@example.com"):
        yield


def test_container_developer_on_the_project_would_go_around_rbac(
    widened: None, kubectl_as: Callable[[str], Kubectl]
) -> None:
    kubectl = kubectl_as(DEVELOPER)

    eventually(lambda: kubectl("create", "namespace", "mine", "--dry-run=server").code == 0)
    kubectl("get", "pods", "--namespace", "kube-system").succeeded()
    kubectl("get", "secrets", "--namespace", "storefront").succeeded()
    assert kubectl("create", "clusterrolebinding", "more", "--clusterrole=cluster-admin", "--user=x").code != 0


def test_a_revoked_role_does_not_go_around_rbac_any_more(shared: Sandbox, kubectl_as: Callable[[str], Kubectl]) -> None:
    kubectl = kubectl_as(DEVELOPER)
    # The API server asks again once what it was told is a second old.
    with _granted(shared, "roles/container.developer", "group:shop-team@example.com"):
        eventually(lambda: kubectl("get", "pods", "--namespace", "kube-system").code == 0)

    eventually(lambda: "Forbidden" in kubectl("get", "pods", "--namespace", "kube-system").err)
