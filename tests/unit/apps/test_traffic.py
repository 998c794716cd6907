"""Traffic of an app: exactly the peers that its entry and the platform's offer name, on exactly these ports."""

from typing import Any

import pytest

from unit.apps.deployment import CRON, NOVEMBER, VERSION, WEB, WORKER, deploy, open_platform
from unit.pulumi_mocks import Document

GOOGLE = "199.36.153.8/30"
Ways = set[tuple[str, int]]


def _peer(peer: Document) -> str:
    if "ipBlock" in peer:
        assert set(peer["ipBlock"]) == {"cidr"}
        return str(peer["ipBlock"]["cidr"])
    assert set(peer) == {"namespaceSelector"}
    return str(peer["namespaceSelector"]["matchLabels"]["kubernetes.io/metadata.name"])


def ways(entry: str, platform: Document | None = None, **settings: Any) -> tuple[Ways, Ways]:
    """Permitted callers with their ports, and permitted callees."""
    engine = deploy(entry, platform or open_platform(), **settings)
    [policy] = engine.of("kubernetes:networking.k8s.io/v1:NetworkPolicy").values()
    spec = policy.inputs["spec"]
    assert policy.inputs["metadata"]["name"] == "storefront"
    assert spec["podSelector"] == {"matchLabels": {"app.kubernetes.io/name": "storefront"}}
    assert set(spec["policyTypes"]) == {"Ingress", "Egress"}

    def flat(rules: list[Document], peers: str) -> Ways:
        assert all(port["protocol"] == "TCP" for rule in rules for port in rule["ports"])
        return {(_peer(peer), int(port["port"])) for rule in rules for peer in rule[peers] for port in rule["ports"]}

    return flat(spec.get("ingress", []), "from"), flat(spec.get("egress", []), "to")


def without_google() -> Document:
    platform = open_platform()
    platform["apps"]["storefront"] |= {"serviceAccount": None, "databases": {}}
    return platform


@pytest.mark.parametrize("entry", [WEB, WORKER, CRON], ids=["web service", "worker", "scheduled job"])
def test_an_app_that_declares_nothing_and_uses_nothing_of_google_talks_to_nobody(entry: str) -> None:
    assert ways(entry, without_google()) == (set(), set())


def test_an_app_with_a_google_account_reaches_googles_apis_by_their_private_address_alone() -> None:
    assert ways(CRON) == (set(), {(GOOGLE, 443)})


def test_an_app_with_a_database_reaches_its_instance_through_the_proxys_port() -> None:
    assert ways(WEB + "database: orders") == (set(), {(GOOGLE, 443), ("10.64.0.3/32", 3307)})
    version = f"database: orders\ndatabaseVersion: {VERSION}"
    assert ways(WEB + version) == (set(), {(GOOGLE, 443), (f"{NOVEMBER['privateIp']}/32", 3307)})


def test_callers_and_callees_are_those_that_are_named() -> None:
    entry = WEB + "allowFrom: [reports]\nallowTo: [{namespace: reports, port: 9000}]"
    assert ways(entry, without_google()) == ({("reports", 8080)}, {("reports", 9000)})


def test_a_destination_outside_is_open_as_the_network_has_it() -> None:
    mail = {("203.0.113.7/32", 587), ("203.0.113.8/32", 587)}
    assert ways(CRON + "destinations: [mail]", without_google()) == (set(), mail)


def test_a_public_app_is_called_by_googles_load_balancers() -> None:
    assert ways(WEB, without_google(), public=True) == ({("35.191.0.0/16", 8080), ("130.211.0.0/22", 8080)}, set())
