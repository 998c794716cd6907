"""The network, and what may enter and leave it: whole sets, so that a new way shows as a change of a test."""

from collections.abc import Iterable
from typing import Any

import pytest

from unit.platform_.deployment import deploy
from unit.pulumi_mocks import Declared, Document, Engine, stack_configuration

FIREWALL = "gcp:compute/firewall:Firewall"
NAT = "gcp:compute/routerNat:RouterNat"
ADDRESS = "gcp:compute/address:Address"
PAYMENTS = {"reason": "card payments of the shop", "ranges": ["203.0.114.0/28"], "ports": [443]}


def network(**changes: Any) -> Document:
    return stack_configuration("platform", "sandbox")["platform:network"] | changes


@pytest.fixture(scope="module")
def engine() -> Engine:
    return deploy()


def ways(rules: Iterable[Declared], direction: str) -> set[tuple[int, str, str, str]]:
    """Priority, verdict with protocol and ports, ranges, and whether logged, of every rule of a direction."""
    ruleset: set[tuple[int, str, str, str]] = set()
    for rule in rules:
        inputs = rule.inputs
        if inputs["direction"] == direction:
            verdict = "allow" if "allows" in inputs else "deny"
            [entry] = inputs.get("allows") or inputs["denies"]
            what = " ".join([verdict, entry["protocol"], *entry.get("ports", [])])
            ranges = " ".join(inputs.get("sourceRanges") or inputs["destinationRanges"])
            ruleset.add((inputs["priority"], what, ranges, "logged" if "logConfig" in inputs else "unlogged"))
    return ruleset


def test_the_network_has_the_declared_subnetwork_only_with_flow_logs_and_private_access(engine: Engine) -> None:
    assert engine.of("gcp:compute/network:Network")["main"].inputs["autoCreateSubnetworks"] is False
    [subnetwork] = engine.of("gcp:compute/subnetwork:Subnetwork").values()
    assert subnetwork.inputs["privateIpGoogleAccess"] is True
    assert subnetwork.inputs["logConfig"]["metadata"] == "INCLUDE_ALL_METADATA"
    assert subnetwork.inputs["stackType"] == "IPV4_ONLY"


def test_questions_for_names_are_logged(engine: Engine) -> None:
    [policy] = engine.of("gcp:dns/policy:Policy").values()
    assert policy.inputs["enableLogging"] is True
    assert policy.protect


def test_nothing_enters_but_googles_load_balancers(engine: Engine) -> None:
    assert ways(engine.of(FIREWALL).values(), "INGRESS") == {
        (65534, "deny all", "0.0.0.0/0", "logged"),
        (1000, "allow tcp", "35.191.0.0/16 130.211.0.0/22", "unlogged"),
    }


def test_nothing_leaves_but_for_the_cluster_googles_apis_and_the_databases(engine: Engine) -> None:
    assert ways(engine.of(FIREWALL).values(), "EGRESS") == {
        (65534, "deny all", "0.0.0.0/0", "logged"),
        (1000, "allow all", "10.0.0.0/20 10.16.0.0/14", "unlogged"),
        (1000, "allow tcp 443", "199.36.153.8/30", "unlogged"),
        (1000, "allow tcp 3307", "10.64.0.0/20", "unlogged"),
    }


def test_a_destination_opens_one_logged_way_out_and_changes_no_other_rule(engine: Engine) -> None:
    opened = deploy(network=network(destinations={"payments": PAYMENTS})).of(FIREWALL)
    assert set(opened) - set(engine.of(FIREWALL)) == {"main-egress-to-payments"}
    [way] = ways([opened["main-egress-to-payments"]], "EGRESS")
    assert way == (1000, "allow tcp 443", "203.0.114.0/28", "logged")
    assert opened["main-egress-to-payments"].inputs["description"] == PAYMENTS["reason"]


def test_the_parts_that_everything_hangs_on_are_protected(engine: Engine) -> None:
    unprotected = {
        item.name
        for item in engine.declared
        if item.type.startswith(("gcp:compute/", "gcp:servicenetworking/", "gcp:dns/managedZone")) and not item.protect
    }
    allowed = {name for name in engine.of(FIREWALL) if "deny" not in name}
    # The gateway's TLS policy and the NAT gateway hold nothing that is lost with them.
    assert unprotected == allowed | {"main-gateway"} | set(engine.of("gcp:compute/router:Router")) | set(
        engine.of("gcp:compute/sSLPolicy:SSLPolicy")
    )


def test_the_names_of_googles_apis_resolve_to_their_private_address(engine: Engine) -> None:
    zones = engine.of("gcp:dns/managedZone:ManagedZone").values()
    assert {zone.inputs["dnsName"] for zone in zones} == {"googleapis.com.", "gcr.io.", "pkg.dev."}
    assert {zone.inputs["visibility"] for zone in zones} == {"private"}
    records = {
        (record.inputs["name"], record.inputs["type"]): record.inputs["rrdatas"]
        for record in engine.of("gcp:dns/recordSet:RecordSet").values()
    }
    addresses = ["199.36.153.8", "199.36.153.9", "199.36.153.10", "199.36.153.11"]
    assert records == {
        ("private.googleapis.com.", "A"): addresses,
        ("*.googleapis.com.", "CNAME"): ["private.googleapis.com."],
        ("gcr.io.", "A"): addresses,
        ("*.gcr.io.", "CNAME"): ["gcr.io."],
        ("pkg.dev.", "A"): addresses,
        ("*.pkg.dev.", "CNAME"): ["pkg.dev."],
    }


def test_calls_to_the_internet_are_logged_and_come_from_addresses_that_google_chooses(engine: Engine) -> None:
    [nat] = engine.of(NAT).values()
    assert nat.inputs["logConfig"] == {"enable": True, "filter": "ALL"}
    assert nat.inputs["natIpAllocateOption"] == "AUTO_ONLY"
    assert not engine.of(ADDRESS)


def test_a_static_address_is_protected_and_named_by_its_meaning() -> None:
    names = ["payments", "bank"]
    engine, reordered = (deploy(network=network(staticAddresses=order)) for order in (names, list(reversed(names))))
    assert set(engine.outputs["staticAddresses"]) == {"payments", "bank"}
    addresses = engine.of(ADDRESS)
    assert set(addresses) == {"main-payments", "main-bank"}
    assert all(address.protect for address in addresses.values())
    [nat], [again] = (one.of(NAT).values() for one in (engine, reordered))
    assert nat.inputs["natIpAllocateOption"] == "MANUAL_ONLY"
    assert nat.inputs == again.inputs
