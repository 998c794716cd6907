"""Every app's namespace: its defaults, and the limits of what a stack may change."""

import pytest

from unit import contract_documents
from unit.platform_.deployment import deploy, deploy_namespaces, refused_namespaces
from unit.pulumi_mocks import Declared, Document, Engine

POLICY = "kubernetes:networking.k8s.io/v1:NetworkPolicy"


def namespace(engine: Engine) -> Declared:
    return engine.of("kubernetes:core/v1:Namespace")["storefront"]


def hard(engine: Engine) -> Document:
    return engine.of("kubernetes:core/v1:ResourceQuota")["storefront-quota"].inputs["spec"]["hard"]


def without_google() -> Document:
    """The team's contract with an app that uses nothing of Google Cloud."""
    team = contract_documents.team()
    team["apps"]["storefront"] |= {"serviceAccount": None, "databases": []}
    return team


@pytest.fixture(scope="module")
def engine() -> Engine:
    return deploy_namespaces()


def test_the_restricted_standard_is_enforced_at_a_version_and_the_newest_is_told(engine: Engine) -> None:
    standards = {
        name.partition("/")[2]: value
        for name, value in namespace(engine).inputs["metadata"]["labels"].items()
        if name.startswith("pod-security.kubernetes.io/")
    }
    assert standards == {
        "enforce": "restricted",
        "enforce-version": "v1.34",
        "audit": "restricted",
        "audit-version": "latest",
        "warn": "restricted",
        "warn-version": "latest",
    }


def test_a_namespace_tells_its_app_its_team_and_whom_to_ask(engine: Engine) -> None:
    metadata = namespace(engine).inputs["metadata"]
    assert metadata["labels"].items() >= {"prodfirst/app": "storefront", "prodfirst/team": "shop"}.items()
    assert metadata["annotations"] == {"prodfirst/owner": "shop-team@example.com"}


def test_every_kind_that_costs_or_opens_something_is_limited(engine: Engine) -> None:
    assert hard(engine) == {
        "requests.cpu": "4",
        "requests.memory": "8Gi",
        "limits.memory": "8Gi",
        "requests.storage": "0",
        "pods": "20",
        "count/deployments.apps": "10",
        "count/jobs.batch": "50",
        "count/cronjobs.batch": "10",
        "services": "10",
        "configmaps": "50",
        "persistentvolumeclaims": "0",
        "services.loadbalancers": "0",
        "services.nodeports": "0",
        "count/ingresses.networking.k8s.io": "0",
        "secrets": "0",
    }


def test_an_app_may_have_more_and_keeps_the_stacks_default_for_the_rest() -> None:
    own = {"storefront": {"quota": {"pods": 60, "volumes": 2, "storage": "20Gi"}}}
    platform = deploy(namespaceQuota={"cpu": "8", "pods": 5}).outputs["contract"]
    limits = hard(deploy_namespaces(platform=platform, namespaces=own))
    assert (limits["pods"], limits["requests.cpu"], limits["requests.memory"]) == ("60", "8", "8Gi")
    assert (limits["persistentvolumeclaims"], limits["requests.storage"]) == ("2", "20Gi")


def test_the_namespaces_own_policies_close_it_except_for_dns_and_the_apps_identity(engine: Engine) -> None:
    policies = {
        item.inputs["metadata"]["name"]: item.inputs["spec"]
        for item in engine.of(POLICY).values()
        if item.inputs["metadata"]["namespace"] == "storefront"
    }
    assert set(policies) == {"default-deny", "allow-dns", "allow-identity"}
    assert all(spec["podSelector"] == {} and "ingress" not in spec for spec in policies.values())
    assert policies["default-deny"] == {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}
    [dns], [identity] = policies["allow-dns"]["egress"], policies["allow-identity"]["egress"]
    assert {port["port"] for port in dns["ports"]} == {53}
    pods = [peer["podSelector"]["matchLabels"]["k8s-app"] for peer in dns["to"] if "podSelector" in peer]
    assert pods == ["kube-dns", "node-local-dns"]
    assert identity == {
        "to": [{"ipBlock": {"cidr": "169.254.169.254/32"}}],
        "ports": [{"port": 80, "protocol": "TCP"}, {"port": 8080, "protocol": "TCP"}],
    }


def test_an_app_without_a_google_account_does_not_reach_the_metadata_server() -> None:
    policy = deploy_namespaces(team=without_google()).of(POLICY)["storefront-allow-identity"]
    assert policy.inputs["spec"] == {"podSelector": {}, "policyTypes": ["Egress"]}


def test_the_default_account_hands_out_no_token(engine: Engine) -> None:
    account = engine.of("kubernetes:core/v1:ServiceAccount")["storefront-default-account"].inputs
    assert account["metadata"] == {"name": "default", "namespace": "storefront"}
    assert account["automountServiceAccountToken"] is False


def test_a_namespace_is_protected_until_its_removal_is_decided(engine: Engine) -> None:
    assert namespace(engine).protect
    reason = "replaced by the new shop"
    retired = deploy_namespaces(namespaces={"storefront": {"retire": reason}})
    assert not namespace(retired).protect
    assert namespace(retired).inputs["metadata"]["annotations"]["prodfirst/retire"] == reason
    changed = {
        item.name
        for item in retired.declared
        if item.inputs != next(same.inputs for same in engine.of(item.type).values() if same.name == item.name)
    }
    assert changed == {"storefront"}


@pytest.mark.parametrize(
    ("namespaces", "words"),
    [
        ({"storefrnt": {}}, "platform:namespaces.storefrnt: is no app of the team 'shop' in the contract"),
        ({"storefront": {"quota": {"volumes": 1}}}, "volumes and storage go together"),
        ({"storefront": {"quota": {"storage": "1Gi"}}}, "volumes and storage go together"),
        ({"storefront": {"quota": {"pods": -1}}}, "platform:namespaces.storefront.quota.pods"),
        (
            {"storefront": {"quota": {"loadBalancers": 1}}},
            "platform:namespaces.storefront.quota.loadBalancers: is unknown",
        ),
        ({"storefront": {"retire": "old"}}, "platform:namespaces.storefront.retire"),
    ],
)
def test_what_a_stack_may_not_say_of_a_namespace_is_refused(namespaces: Document, words: str) -> None:
    assert words in refused_namespaces(namespaces=namespaces)
