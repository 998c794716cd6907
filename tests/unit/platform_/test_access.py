"""The Roles in the cluster: the exact rules, and who is bound to them."""

import pytest

from platform_layer.cluster import cluster_readers
from platform_layer.namespaces import team_roles
from platform_layer.namespaces.rbac import READ, Rule
from unit import contract_documents
from unit.platform_.deployment import deploy, deploy_namespaces
from unit.pulumi_mocks import PROJECT, Engine

RBAC = "kubernetes:rbac.authorization.k8s.io/v1"
# Each of these reaches data or credentials of a workload, or widens what its holder may do.
NEVER = {
    "*",
    "secrets",
    "pods/exec",
    "pods/attach",
    "pods/portforward",
    "pods/ephemeralcontainers",
    "serviceaccounts/token",
}
WRITTEN_BY_NOBODY = {
    "namespaces", "resourcequotas", "limitranges", "pods",
    "roles", "rolebindings", "clusterroles", "clusterrolebindings",
}  # fmt: skip
WRITING = {"create", "update", "patch", "delete", "deletecollection"}
APP_ROLES = {"developer": team_roles.developer("shop", "shop"), "viewer": team_roles.viewer()}
ROLES: dict[str, tuple[Rule, ...]] = APP_ROLES | cluster_readers.RULES


def account(name: str) -> tuple[str, str]:
    return "User", f"{name}@{PROJECT}.iam.gserviceaccount.com"


@pytest.fixture(scope="module")
def engine() -> Engine:
    return deploy_namespaces()


@pytest.mark.parametrize("role", ROLES)
def test_no_role_reaches_data_or_credentials_of_a_workload(role: str) -> None:
    assert not {kind for rule in ROLES[role] for kind in rule.resources} & NEVER
    assert not {verb for rule in ROLES[role] for verb in rule.verbs} & {"*", "bind", "escalate", "impersonate"}


@pytest.mark.parametrize("role", ROLES)
def test_no_role_writes_what_guards_a_namespace(role: str) -> None:
    for rule in ROLES[role]:
        writing = WRITING & set(rule.verbs) - ({"delete"} if rule.resources == ("pods",) else set())
        assert not writing or not set(rule.resources) & WRITTEN_BY_NOBODY


@pytest.mark.parametrize("role", ["viewer", *cluster_readers.RULES])
def test_who_only_looks_changes_nothing(role: str) -> None:
    assert all(set(rule.verbs) <= set(READ) for rule in ROLES[role])


def test_a_preview_sees_no_logs() -> None:
    assert "pods/log" not in {kind for rule in team_roles.viewer() for kind in rule.resources}


@pytest.mark.parametrize("kind", ["networkpolicies", "serviceaccounts"])
def test_a_team_writes_only_the_policy_and_the_account_that_are_its_own(engine: Engine, kind: str) -> None:
    rules = engine.of(f"{RBAC}:Role")["storefront-access-developer"].inputs["rules"]
    writing = [rule for rule in rules if kind in rule["resources"] and WRITING & set(rule["verbs"])]
    assert [rule["resourceNames"] for rule in writing] == [["storefront"]]


def test_developers_keep_volumes_only_where_the_quota_has_room_and_delete_none() -> None:
    def verbs(engine: Engine) -> set[str]:
        rules = engine.of(f"{RBAC}:Role")["storefront-access-developer"].inputs["rules"]
        return {verb for rule in rules if "persistentvolumeclaims" in rule["resources"] for verb in rule["verbs"]}

    assert verbs(deploy_namespaces()) == set(READ)
    with_volumes = deploy_namespaces(namespaces={"storefront": {"quota": {"volumes": 1, "storage": "1Gi"}}})
    assert verbs(with_volumes) == {*READ, "create", "update", "patch"}


def test_those_who_are_bound_are_exactly_these(engine: Engine) -> None:
    subjects = {
        name: {(subject["kind"], subject["name"]) for subject in binding.inputs["subjects"]}
        for program in (engine, deploy())
        for kind in ("RoleBinding", "ClusterRoleBinding")
        for name, binding in program.of(f"{RBAC}:{kind}").items()
    }
    assert subjects == {
        "storefront-access-developer": {("Group", "shop-team@example.com"), account("apps-shop-deploy")},
        "storefront-access-viewer": {account("apps-shop-preview")},
        "reports-access-developer": {("Group", "shop-team@example.com"), account("apps-shop-deploy")},
        "reports-access-viewer": {account("apps-shop-preview")},
        "platform-reader": {("Group", "platform-team@example.com"), account("platform-preview")},
        "security-reader": {("Group", "security-team@example.com")},
    }


def test_a_team_gets_in_only_after_its_namespace_is_limited_and_closed(engine: Engine) -> None:
    guards = {"storefront-quota", "storefront-defaults", "storefront-default-deny", "storefront-default-account"}
    assert guards <= engine.of(f"{RBAC}:Role")["storefront-access-developer"].dependencies
    binding = engine.of(f"{RBAC}:RoleBinding")["storefront-access-developer"]
    assert "storefront-access-developer" in binding.dependencies


def test_a_role_without_holders_is_there_and_bound_to_nobody() -> None:
    identity = contract_documents.identity()
    del identity["teams"]["security"]
    binding = deploy(identity=identity).of(f"{RBAC}:ClusterRoleBinding")["security-reader"]
    assert binding.inputs.get("subjects", []) == []
