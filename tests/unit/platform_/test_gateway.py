"""Ingress from outside: the gateway admits requests to public apps only, under their names, and only encrypted."""

from typing import Any

import pulumi
import pytest

from platform_layer.network.firewall import LOAD_BALANCERS
from unit import contract_documents
from unit.platform_.deployment import deploy
from unit.platform_.test_namespaces import refused
from unit.pulumi_mocks import PROJECT, Document, Engine

DOMAIN = {"domain": "apps.example.com"}
PUBLIC = {"storefront": {"public": True}}


def two_apps() -> Document:
    identity = contract_documents.identity()
    identity["apps"]["back-office"] = identity["apps"]["storefront"] | {"namespace": "back-office"}
    return identity


@pytest.fixture(scope="module")
def engine() -> Engine:
    return deploy(identity=two_apps(), gateway=DOMAIN, namespaces=PUBLIC)


def spec(engine: Engine) -> Document:
    return engine.of("kubernetes:gateway.networking.k8s.io/v1:Gateway")["public"].inputs["spec"]


def test_a_public_app_has_a_name_of_its_own_that_no_other_namespace_can_take(engine: Engine) -> None:
    [listener] = spec(engine)["listeners"]
    assert listener["hostname"] == "storefront.apps.example.com"
    selector = listener["allowedRoutes"]["namespaces"]["selector"]
    assert selector == {"matchLabels": {"kubernetes.io/metadata.name": "storefront"}}


def test_nothing_is_let_in_without_tls(engine: Engine) -> None:
    assert {(listener["protocol"], listener["port"]) for listener in spec(engine)["listeners"]} == {("HTTPS", 443)}
    policy = engine.of("gcp:compute/sSLPolicy:SSLPolicy")["public"].inputs
    assert (policy["profile"], policy["minTlsVersion"]) == ("RESTRICTED", "TLS_1_2")
    [entry] = engine.of("gcp:certificatemanager/certificateMapEntry:CertificateMapEntry").values()
    assert entry.inputs["hostname"] == "*.apps.example.com"


def test_the_contract_tells_each_app_its_name_outside(engine: Engine) -> None:
    contract = engine.outputs["contract"]
    expected = {"name": "public", "namespace": "platform-gateway", "domain": "apps.example.com"}
    assert contract["gateway"] == expected | {"sources": list(LOAD_BALANCERS)}
    assert {name: app["host"] for name, app in contract["apps"].items()} == {
        "storefront": "storefront.apps.example.com",
        "back-office": None,
        "reports": None,
    }


def test_its_namespace_has_room_for_no_workload(engine: Engine) -> None:
    limits = engine.of("kubernetes:core/v1:ResourceQuota")["platform-gateway-quota"].inputs["spec"]["hard"]
    assert {limits[kind] for kind in ("pods", "count/deployments.apps", "count/jobs.batch", "services")} == {"0"}


def test_only_the_platforms_deploy_identity_sets_it_up_and_deletes_nothing(engine: Engine) -> None:
    rbac = "kubernetes:rbac.authorization.k8s.io/v1"
    role = engine.of(f"{rbac}:Role")["platform-gateway-operator"].inputs
    assert {verb for rule in role["rules"] for verb in rule["verbs"]} == {
        "get", "list", "watch", "create", "update", "patch",
    }  # fmt: skip
    [subject] = engine.of(f"{rbac}:RoleBinding")["platform-gateway-operator"].inputs["subjects"]
    assert subject["name"] == f"platform-deploy@{PROJECT}.iam.gserviceaccount.com"


def test_what_the_domains_dns_points_at_is_protected(engine: Engine) -> None:
    kinds = (
        "gcp:compute/globalAddress:GlobalAddress",
        "gcp:compute/sSLPolicy:SSLPolicy",
        "gcp:certificatemanager/dnsAuthorization:DnsAuthorization",
        "gcp:certificatemanager/certificate:Certificate",
        "gcp:certificatemanager/certificateMap:CertificateMap",
        "gcp:certificatemanager/certificateMapEntry:CertificateMapEntry",
        "kubernetes:gateway.networking.k8s.io/v1:Gateway",
        "kubernetes:networking.gke.io/v1:GCPGatewayPolicy",
    )
    for kind in kinds:
        [declared] = [item for name, item in engine.of(kind).items() if name.startswith("public")]
        assert declared.protect, kind


def test_the_owner_of_the_domain_is_told_what_to_enter(engine: Engine) -> None:
    assert [record["name"] for record in engine.outputs["dnsRecords"]] == [
        "*.apps.example.com.",
        "_acme-challenge.apps.example.com.",
    ]


def test_without_a_domain_there_is_no_way_in() -> None:
    engine = deploy()
    assert not [item for item in engine.declared if "Gateway" in item.type or "certificate" in item.type]
    assert engine.outputs["contract"]["gateway"] is None
    assert engine.outputs["contract"]["apps"]["storefront"]["host"] is None


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"gateway": DOMAIN}, "gateway: admits nobody"),
        ({"gateway": {"domain": "Apps"}, "namespaces": PUBLIC}, "platform:gateway.domain"),
        (
            {"gateway": DOMAIN, "namespaces": {f"app-{number}": {"public": True} for number in range(65)}},
            "65 apps are public, and a Gateway has room for 64",
        ),
    ],
)
def test_what_no_gateway_can_be_is_refused(changes: dict[str, Any], words: str) -> None:
    assert words in refused(**changes)


def test_an_app_in_the_gateways_own_namespace_is_refused() -> None:
    identity = two_apps()
    identity["apps"]["back-office"]["namespace"] = "platform-gateway"
    with pytest.raises(pulumi.RunError, match="'platform-gateway' is the Gateway's own"):
        deploy(identity=identity, gateway=DOMAIN, namespaces=PUBLIC)
