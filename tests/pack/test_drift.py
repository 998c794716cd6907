"""Accepted drift: what a resource gets in place of the declared value, and what makes an entry a violation."""

from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml
from google.protobuf import json_format
from pulumi.runtime.proto import analyzer_pb2

from engine.data import DataError
from pack.analyzer import UNKNOWN_STRING, secret, struct, urn
from policy_pack import acceptances, catalog, server, waivers

TODAY = date(2026, 11, 21)
KIND = "kubernetes:apps/v1:Deployment"
SHOP = urn(KIND, "storefront", "apps", "storefront-dev")
REPLICAS: dict[str, Any] = {
    "resource": {"stack": "apps/storefront-dev", "type": KIND, "name": "storefront"},
    "path": "spec.replicas",
    "value": 3,
    "reason": "The campaign ends on Friday, then two suffice again.",
    "owner": "shop",
    "expires": TODAY + timedelta(days=30),
}
DECLARED: dict[str, Any] = {
    "spec": {"replicas": 2, "hidden": secret("hunter2"), "later": UNKNOWN_STRING, "empty": [], "none": None}
}


def load(folder: Path, *entries: dict[str, Any], today: date = TODAY) -> acceptances.Acceptances:
    file = folder / "drift_acceptances.yaml"
    file.write_text(yaml.safe_dump({"acceptances": list(entries)}))
    return acceptances.load(file, on=today)


def pack(accepted: acceptances.Acceptances) -> server.Pack:
    return server.Pack(catalog.RULES, catalog.STACK_RULES, waivers.Waivers([], TODAY), accepted)


def remedied(running: server.Pack, inputs: dict[str, Any], resource: str = SHOP) -> dict[str, Any] | None:
    """Inputs that the engine goes on with; None where the pack leaves them alone."""
    request = analyzer_pb2.AnalyzeRequest(type=KIND, urn=resource, name="storefront", properties=struct(inputs))
    found = running.Remediate(request, None).remediations
    return json_format.MessageToDict(found[0].properties) if found else None


def ended(running: server.Pack, *resources: str) -> dict[str, str]:
    """Findings of the rules on accepted drift at the end of a stack of these resources."""
    listed = [analyzer_pb2.AnalyzerResource(type=KIND, urn=one, name=one.rpartition("::")[2]) for one in resources]
    found = running.AnalyzeStack(analyzer_pb2.AnalyzeStackRequest(resources=listed), None).diagnostics
    assert all(item.enforcementLevel == analyzer_pb2.MANDATORY for item in found)
    return {item.policyName: item.message for item in found if item.policyName.startswith("drift-")}


@pytest.mark.parametrize("named", [REPLICAS["resource"], SHOP])
def test_the_accepted_value_stands_in_place_of_the_declared_one_and_all_else_stays(tmp_path: Path, named: Any) -> None:
    running = pack(load(tmp_path, {**REPLICAS, "resource": named}))

    found = remedied(running, DECLARED)

    assert found == {"spec": {**DECLARED["spec"], "replicas": 3}}
    assert ended(running, SHOP) == {}


def test_a_property_that_the_cloud_lacks_is_taken_away(tmp_path: Path) -> None:
    found = remedied(pack(load(tmp_path, {**REPLICAS, "value": None})), DECLARED)
    assert found is not None
    assert "replicas" not in found["spec"]


@pytest.mark.parametrize("resource", [SHOP.replace("-dev", "-prod"), SHOP.replace("::storefront", "::reports")])
def test_another_resource_is_left_alone(tmp_path: Path, resource: str) -> None:
    assert remedied(pack(load(tmp_path, REPLICAS)), DECLARED, resource) is None


def test_an_expired_acceptance_does_nothing_and_is_a_violation(tmp_path: Path) -> None:
    running = pack(load(tmp_path, {**REPLICAS, "expires": TODAY - timedelta(days=1)}))

    assert remedied(running, DECLARED) is None
    found = ended(running, SHOP)
    assert set(found) == {"drift-acceptance-in-time"}
    assert "expired on 2026-11-20" in found["drift-acceptance-in-time"]


def test_an_acceptance_holds_on_its_last_day(tmp_path: Path) -> None:
    assert remedied(pack(load(tmp_path, {**REPLICAS, "expires": TODAY})), DECLARED)


@pytest.mark.parametrize(
    ("inputs", "words"),
    [
        ({"spec": {"replicas": 3}}, "changes nothing: the program declares what it accepts"),
        ({}, "does not fit the resource: it has nothing at replicas"),
        (None, "is for a resource that the program does not declare: storefront"),
    ],
    ids=["declared by now", "no such property", "no such resource"],
)
def test_an_acceptance_that_nothing_needs_is_a_violation(
    tmp_path: Path, inputs: dict[str, Any] | None, words: str
) -> None:
    running, other = pack(load(tmp_path, REPLICAS)), SHOP.replace("::storefront", "::reports")
    assert remedied(running, {}, other) is None
    if inputs is not None:
        assert remedied(running, inputs) is None

    found = ended(running, SHOP, other)

    assert set(found) == {"drift-acceptance-needed"}
    assert words in found["drift-acceptance-needed"]


def test_another_stacks_acceptances_are_none_of_ours(tmp_path: Path) -> None:
    running, other = pack(load(tmp_path, REPLICAS)), SHOP.replace("-dev", "-prod")
    assert remedied(running, DECLARED, other) is None
    assert ended(running, other) == {}


def test_states_without_a_program_need_no_acceptance(tmp_path: Path) -> None:
    assert ended(pack(load(tmp_path, REPLICAS)), SHOP) == {}


UNTOUCHABLE = {
    "gcp:sql/databaseInstance:DatabaseInstance": "its databases",
    "gcp:kms/cryptoKey:CryptoKey": "whatever it has encrypted",
    "gcp:storage/bucket:Bucket": "its objects",
    "gcp:projects/iAMMember:IAMMember": "who may do what",
    "gcp:serviceaccount/account:Account": "who may do what",
    "kubernetes:rbac.authorization.k8s.io/v1:Role": "who may do what",
    "gcp:compute/firewall:Firewall": "guard rail",
    "gcp:logging/projectSink:ProjectSink": "guard rail",
    "pulumi:providers:kubernetes": "where the identity's token goes",
}


@pytest.mark.parametrize("kind", UNTOUCHABLE)
def test_no_drift_of_datastores_keys_grants_and_guard_rails_is_accepted(tmp_path: Path, kind: str) -> None:
    with pytest.raises(DataError, match=f"no drift of .* is accepted: .*{UNTOUCHABLE[kind]}"):
        load(tmp_path, {**REPLICAS, "resource": {"stack": "platform/dev", "type": kind, "name": "it"}})


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"resource": {**REPLICAS["resource"], "stack": "identity/dev"}}, "who may do what"),
        ({"resource": {**REPLICAS["resource"], "name": "*"}}, "is a pattern"),
        ({"path": "spec[0]"}, "is no path"),
        ({"path": "spec.password", "value": "hunter2"}, "spec.password is secret"),
        ({"path": "spec", "value": {"a": {"password": "hunter2"}}}, "spec is secret"),
        ({"reason": "because"}, "reason"),
        ({"expires": TODAY + timedelta(days=91)}, "more than 90 days ahead"),
    ],
)
def test_what_exceeds_the_limits_is_refused(tmp_path: Path, change: dict[str, Any], words: str) -> None:
    with pytest.raises(DataError, match=words) as refused:
        load(tmp_path, {**REPLICAS, **change})
    assert "hunter2" not in str(refused.value)


@pytest.mark.parametrize("path", ["spec.replicas", "spec"])
def test_one_property_is_accepted_once(tmp_path: Path, path: str) -> None:
    with pytest.raises(DataError, match="accepts the same property as another one"):
        load(tmp_path, REPLICAS, {**REPLICAS, "path": path})
