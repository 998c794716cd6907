"""Ingress from outside: the gateway admits requests to public apps only, under their names, and only encrypted."""

import re

import pulumi
import pytest

from platform_layer.network.firewall import LOAD_BALANCERS
from unit import contract_documents
from unit.platform_.deployment import deploy, deploy_namespaces, refused_namespaces
from unit.pulumi_mocks import PROJECT, Document, Engine

DOMAIN = {"domain": "apps.example.com"}
PUBLIC = {"storefront": {"public": True}}
RBAC = "kubernetes:rbac.authorization.k8s.io/v1"
ADMISSION = "kubernetes:admissionregistration.k8s.io/v1:ValidatingAdmissionPolicy"


@pytest.fixture(scope="module")
def engine() -> Engine:
    return deploy(gateway=DOMAIN)


@pytest.fixture(scope="module")
def namespaces(engine: Engine) -> Engine:
    return deploy_namespaces(platform=engine.outputs["contract"], namespaces=PUBLIC)


def spec(engine: Engine) -> Document:
    return engine.of("kubernetes:gateway.networking.k8s.io/v1:Gateway")["public"].inputs["spec"]


def test_one_listener_admits_the_routes_of_public_namespaces(engine: Engine, namespaces: Engine) -> None:
    [listener] = spec(engine)["listeners"]
    assert listener["hostname"] == "*.apps.example.com"
    assert listener["allowedRoutes"]["kinds"] == [{"kind": "HTTPRoute"}]
    selected = listener["allowedRoutes"]["namespaces"]["selector"]["matchLabels"].items()
    labels = {
        name: item.inputs["metadata"]["labels"] for name, item in namespaces.of("kubernetes:core/v1:Namespace").items()
    }
    assert {name for name, found in labels.items() if selected <= found.items()} == {"storefront"}


def test_a_route_can_have_no_name_but_that_of_its_namespace(engine: Engine) -> None:
    policy = engine.of(ADMISSION)["route-names"].inputs
    assert policy["spec"]["failurePolicy"] == "Fail"
    [rule] = policy["spec"]["matchConstraints"]["resourceRules"]
    assert (rule["operations"], rule["resources"]) == (["CREATE", "UPDATE"], ["httproutes"])
    assert "namespaceSelector" not in policy["spec"]["matchConstraints"]
    [validation] = policy["spec"]["validations"]
    assert validation["expression"] == (
        "has(object.spec.hostnames) && object.spec.hostnames == [request.namespace + '.apps.example.com']"
    )
    binding = engine.of(f"{ADMISSION}Binding")["route-names"].inputs
    assert binding["spec"] == {"policyName": policy["metadata"]["name"], "validationActions": ["Deny"]}


def test_no_route_is_admitted_before_the_policy_on_names_holds(engine: Engine) -> None:
    gateway = engine.of("kubernetes:gateway.networking.k8s.io/v1:Gateway")["public"]
    assert "route-names" in gateway.dependencies
    assert {item.type for item in engine.declared if item.name == "route-names"} > {ADMISSION, f"{ADMISSION}Binding"}


def test_the_platforms_deploy_identity_writes_this_admission_policy_and_no_other(engine: Engine) -> None:
    role = engine.of(f"{RBAC}:ClusterRole")["route-names-operator"].inputs
    for rule in role["rules"]:
        assert rule["resourceNames"] == ["prodfirst-route-names"]
        assert set(rule["verbs"]) == {"get", "create", "update", "patch"}
    [subject] = engine.of(f"{RBAC}:ClusterRoleBinding")["route-names-operator"].inputs["subjects"]
    assert subject["name"] == f"platform-deploy@{PROJECT}.iam.gserviceaccount.com"


def test_nothing_is_let_in_without_tls(engine: Engine) -> None:
    assert {(listener["protocol"], listener["port"]) for listener in spec(engine)["listeners"]} == {("HTTPS", 443)}
    policy = engine.of("gcp:compute/sSLPolicy:SSLPolicy")["public"].inputs
    assert (policy["profile"], policy["minTlsVersion"]) == ("RESTRICTED", "TLS_1_2")
    [entry] = engine.of("gcp:certificatemanager/certificateMapEntry:CertificateMapEntry").values()
    assert entry.inputs["hostname"] == "*.apps.example.com"


def test_the_contract_tells_each_app_its_name_outside(engine: Engine, namespaces: Engine) -> None:
    gateway = {"name": "public", "namespace": "platform-gateway", "domain": "apps.example.com"}
    gateway |= {"sources": list(LOAD_BALANCERS)}
    assert engine.outputs["contract"]["gateway"] == gateway
    contract = namespaces.outputs["contract"]
    assert contract["gateway"] == gateway
    assert {name: app["host"] for name, app in contract["apps"].items()} == {
        "storefront": "storefront.apps.example.com",
        "reports": None,
    }


def test_its_namespace_has_room_for_no_workload(engine: Engine) -> None:
    limits = engine.of("kubernetes:core/v1:ResourceQuota")["platform-gateway-quota"].inputs["spec"]["hard"]
    assert {limits[kind] for kind in ("pods", "count/deployments.apps", "count/jobs.batch", "services")} == {"0"}


def test_only_the_platforms_deploy_identity_sets_it_up_and_deletes_nothing(engine: Engine) -> None:
    role = engine.of(f"{RBAC}:Role")["platform-gateway-operator"].inputs
    assert {verb for rule in role["rules"] for verb in rule["verbs"]} == {
        "get", "list", "watch", "create", "update", "patch",
    }  # fmt: skip
    [subject] = engine.of(f"{RBAC}:RoleBinding")["platform-gateway-operator"].inputs["subjects"]
    assert subject["name"] == f"platform-deploy@{PROJECT}.iam.gserviceaccount.com"


def test_what_the_domains_dns_points_at_and_what_guards_its_names_is_protected(engine: Engine) -> None:
    kinds = (
        "gcp:compute/globalAddress:GlobalAddress",
        "gcp:compute/sSLPolicy:SSLPolicy",
        "gcp:certificatemanager/dnsAuthorization:DnsAuthorization",
        "gcp:certificatemanager/certificate:Certificate",
        "gcp:certificatemanager/certificateMap:CertificateMap",
        "gcp:certificatemanager/certificateMapEntry:CertificateMapEntry",
        "kubernetes:gateway.networking.k8s.io/v1:Gateway",
        "kubernetes:networking.gke.io/v1:GCPGatewayPolicy",
        ADMISSION,
        f"{ADMISSION}Binding",
    )
    for kind in kinds:
        [declared] = [item for name, item in engine.of(kind).items() if name.startswith(("public", "route-names"))]
        assert declared.protect, kind


def test_the_owner_of_the_domain_is_told_what_to_enter(engine: Engine) -> None:
    assert [record["name"] for record in engine.outputs["dnsRecords"]] == [
        "*.apps.example.com.",
        "_acme-challenge.apps.example.com.",
    ]


def test_without_a_domain_there_is_no_way_in() -> None:
    engine = deploy()
    assert not [item for item in engine.declared if re.search("Gateway|certificate|Admission", item.type)]
    assert engine.outputs["contract"]["gateway"] is None
    contract = deploy_namespaces(platform=engine.outputs["contract"]).outputs["contract"]
    assert contract["gateway"] is None
    assert contract["apps"]["storefront"]["host"] is None


def test_a_domain_that_is_none_is_refused() -> None:
    with pytest.raises(pulumi.RunError, match=r"platform:gateway\.domain"):
        deploy(gateway={"domain": "Apps"})


def test_a_public_app_without_a_gateway_is_refused() -> None:
    message = refused_namespaces(namespaces=PUBLIC)
    assert "platform:namespaces.storefront.public: the environment has no Gateway" in message


def test_an_app_in_the_gateways_own_namespace_is_refused() -> None:
    team = contract_documents.team()
    team["apps"]["reports"]["namespace"] = "platform-gateway"
    assert "'platform-gateway' is the Gateway's own" in refused_namespaces(team=team)
