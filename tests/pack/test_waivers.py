"""Waivers: what one accepts, and what makes one a violation itself."""

from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml
from pulumi.runtime.proto import analyzer_pb2

from engine import data
from pack.analyzer import PROJECT, struct, urn
from policy_pack import catalog, server, waivers

TODAY = date(2026, 11, 21)
KIND = "gcp:projects/iAMMember:IAMMember"
TEAM = urn(KIND, "team")
WAIVER: dict[str, Any] = {
    "policy": "iam-groups-only",
    "resource": TEAM,
    "reason": "The group is made next week, ticket of the directory's team.",
    "owner": "security",
    "expires": TODAY + timedelta(days=30),
}
BY_PARTS = {"stack": "identity/sandbox", "type": KIND, "name": "team"}
INPUTS = {"project": PROJECT, "role": "roles/container.clusterViewer", "member": "user:jane@example.com"}


def load(folder: Path, *entries: dict[str, Any], today: date = TODAY) -> waivers.Waivers:
    file = folder / "waivers.yaml"
    file.write_text(yaml.safe_dump({"waivers": list(entries)}))
    return waivers.load(catalog.WAIVABLE, file, on=today)


def pack(accepted: waivers.Waivers) -> server.Pack:
    return server.Pack(catalog.RULES, catalog.STACK_RULES, accepted)


def analyzed(running: server.Pack, resource: str = TEAM) -> dict[str, tuple[bool, str]]:
    """By policy, whether its finding is mandatory, and the message."""
    request = analyzer_pb2.AnalyzeRequest(
        type=KIND,
        urn=resource,
        name=resource.rpartition("::")[2],
        properties=struct(INPUTS),
        provider=analyzer_pb2.AnalyzerProviderResource(properties=struct({"project": PROJECT})),
    )
    found = running.Analyze(request, None).diagnostics
    return {item.policyName: (item.enforcementLevel == analyzer_pb2.MANDATORY, item.message) for item in found}


def ended(running: server.Pack, *resources: str) -> dict[str, str]:
    """What the rules on waivers say at the end of a stack of these resources, as violations."""
    listed = [analyzer_pb2.AnalyzerResource(type=KIND, urn=one, name=one.rpartition("::")[2]) for one in resources]
    found = running.AnalyzeStack(analyzer_pb2.AnalyzeStackRequest(resources=listed), None).diagnostics
    assert all(item.enforcementLevel == analyzer_pb2.MANDATORY for item in found)
    return {item.policyName: item.message for item in found}


@pytest.mark.parametrize("resource", [TEAM, BY_PARTS])
def test_a_waived_finding_is_reported_and_stops_nothing(tmp_path: Path, resource: Any) -> None:
    running = pack(load(tmp_path, {**WAIVER, "resource": resource}))
    mandatory, message = analyzed(running)["iam-groups-only"]
    assert not mandatory
    assert message.startswith("waived until 2026-12-21 by security: The group is made next week")
    assert "user:jane@example.com" in message
    assert ended(running, TEAM) == {}


def test_other_findings_of_the_resource_still_count(tmp_path: Path) -> None:
    assert analyzed(pack(load(tmp_path, WAIVER)))["iam-grants-listed"][0]


@pytest.mark.parametrize(
    "other",
    [
        urn(KIND, "other"),
        urn(KIND, "team", "platform"),
        urn(KIND, "team", "identity", "prod"),
        f"urn:pulumi:sandbox::identity::prodfirst:identity:TeamGrants${KIND}::team",
    ],
)
def test_findings_of_another_resource_still_count(tmp_path: Path, other: str) -> None:
    assert analyzed(pack(load(tmp_path, WAIVER)), other)["iam-groups-only"][0]


def test_a_waiver_holds_on_its_last_day_and_not_on_the_next(tmp_path: Path) -> None:
    last = {**WAIVER, "expires": TODAY}
    assert not analyzed(pack(load(tmp_path, last)))["iam-groups-only"][0]
    running = pack(load(tmp_path, last, today=TODAY + timedelta(days=1)))
    assert analyzed(running)["iam-groups-only"][0]
    found = ended(running, TEAM)
    assert set(found) == {"waiver-in-time"}
    assert "expired on 2026-11-21: the finding counts again" in found["waiver-in-time"]
    assert "policies/waivers.yaml" in found["waiver-in-time"]


def test_a_waiver_that_nothing_needs_is_refused_in_its_own_stack_alone(tmp_path: Path) -> None:
    running = pack(load(tmp_path, {**WAIVER, "policy": "iam-no-basic-roles"}))
    analyzed(running)
    assert set(ended(running, TEAM)) == {"waiver-needed"}
    assert set(ended(running, urn(KIND, "another"))) == {"waiver-needed"}
    assert ended(running, urn(KIND, "team", "identity", "prod")) == {}
    assert ended(running, urn(KIND, "team", "platform")) == {}


def test_a_waiver_that_fits_two_resources_covers_one_and_is_refused(tmp_path: Path) -> None:
    twin = f"urn:pulumi:sandbox::identity::prodfirst:identity:TeamGrants${KIND}::team"
    running = pack(load(tmp_path, {**WAIVER, "resource": BY_PARTS}))
    assert not analyzed(running)["iam-groups-only"][0]
    assert analyzed(running, twin)["iam-groups-only"][0]
    assert not analyzed(running)["iam-groups-only"][0]
    found = ended(running, TEAM, twin)
    # The two are one grant, which is another finding.
    assert set(found) == {"waiver-for-one-resource", "layer-objects-declared-once"}
    assert "fits 2 resources" in found["waiver-for-one-resource"]


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"policy": "iam-no-such-rule"}, "waivers.0.policy: 'iam-no-such-rule' is no policy"),
        ({"policy": "waiver-needed"}, "the rules on waivers and on accepted drift cannot be waived"),
        ({"policy": "drift-acceptance-needed"}, "the rules on waivers and on accepted drift cannot be waived"),
        ({"policy": "*"}, "waivers.0.policy"),
        ({"resource": "urn:pulumi:sandbox::identity::*::team"}, "is a pattern"),
        ({"resource": {**BY_PARTS, "name": "*"}}, "is a pattern"),
        ({"resource": {**BY_PARTS, "stack": "identity/*"}}, "is a pattern"),
        ({"resource": {**BY_PARTS, "type": "gcp:*"}}, "is a pattern"),
        ({"resource": "team"}, "is no URN of a resource"),
        ({"resource": {"stack": "identity/sandbox", "type": KIND}}, "waivers.0.resource.name: is not set. Add it"),
        ({"reason": "because"}, "waivers.0.reason"),
        ({"owner": ""}, "waivers.0.owner"),
        ({"expires": TODAY + timedelta(days=91)}, "more than 90 days ahead (2027-02-19 at most)"),
        ({"expires": "whenever"}, "waivers.0.expires"),
        ({"until": "2026-12-01"}, "waivers.0.until: is unknown, so it would do nothing. Remove it"),
    ],
)
def test_a_waiver_that_cannot_be_used_stops_everything_with_a_clear_message(
    tmp_path: Path, changes: dict[str, Any], words: str
) -> None:
    with pytest.raises(data.DataError) as refused:
        load(tmp_path, {**WAIVER, **changes})
    assert words in str(refused.value)
    assert "so nothing is checked and nothing runs" in str(refused.value)


def test_the_longest_waiver_is_accepted(tmp_path: Path) -> None:
    assert list(load(tmp_path, {**WAIVER, "expires": TODAY + timedelta(days=90)}))


@pytest.mark.parametrize("text", ["waivers: {", "[]", "{}", "waivers: 1", "waivers: []\nmore: 1"])
def test_a_file_of_another_form_stops_everything(tmp_path: Path, text: str) -> None:
    file = tmp_path / "waivers.yaml"
    file.write_text(text)
    with pytest.raises(data.DataError, match=r"waivers\.yaml cannot be used"):
        waivers.load(catalog.WAIVABLE, file)
    with pytest.raises(data.DataError, match="cannot be read"):
        waivers.load(catalog.WAIVABLE, tmp_path / "absent.yaml")


def test_two_waivers_of_the_same_finding_are_one_too_many(tmp_path: Path) -> None:
    with pytest.raises(data.DataError, match=r"waivers\.1: waives the same finding"):
        load(tmp_path, WAIVER, {**WAIVER, "resource": BY_PARTS})
