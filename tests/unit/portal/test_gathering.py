"""Readers of states, reports and lists, and the refusals of unreadable ones."""

import json
import os
from collections.abc import Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from cli.history.model import History
from cli.history.question import Question
from cli.layout import Stack
from cli.portal import findings, gather, stack_states
from cli.portal.contracts import contracts
from cli.portal.gather import Scope
from cli.portal.pages import build
from cli.target.google_cloud import GoogleCloud
from cli.target.protocol import Target
from toolchain.errors import ToolError
from unit.portal import world


def _state(tmp_path: Path, *resources: world.Json) -> stack_states.StackState:
    (found,) = world.read(tmp_path, {world.PLATFORM: list(resources)})
    return found


@pytest.mark.parametrize(
    ("inputs", "shown"),
    [
        ({"seed": world.encrypted("x")}, {"seed": "[secret]"}),
        ({"list": [{"deep": world.encrypted("x")}]}, {"list": [{"deep": "[secret]"}]}),
        ({"rootPassword": "x", "password": "x"}, {"rootPassword": "[secret]", "password": "[secret]"}),
        ({"accessToken": "x", "private_key": "x"}, {"accessToken": "[secret]", "private_key": "[secret]"}),
        ({"secretData": "x"}, {"secretData": "[secret]"}),
        ({"automountServiceAccountToken": False}, {"automountServiceAccountToken": False}),
        ({"secretId": "contract", "tokenLifetime": "60s"}, {"secretId": "contract", "tokenLifetime": "60s"}),
        ({"passwordValidationPolicy": {"minLength": 16}}, {"passwordValidationPolicy": {"minLength": 16}}),
    ],
)
def test_secrets_become_a_word_and_nothing_else_does(tmp_path: Path, inputs: Any, shown: Any) -> None:
    found = _state(tmp_path, world.resource(world.PLATFORM, world.INSTANCE, "it", inputs))
    assert found.resources[0].properties == shown
    assert found.resources[0].state.inputs == shown


def test_a_resource_is_owned_by_the_team_of_its_label_or_else_of_its_stack(tmp_path: Path) -> None:
    labels = {"settings": {"userLabels": {"owner": "database"}}}
    found = _state(
        tmp_path,
        world.resource(world.PLATFORM, world.INSTANCE, "one", labels),
        world.resource(world.PLATFORM, "gcp:storage/bucket:Bucket", "two", {"labels": {"owner": "shop"}}),
        world.resource(world.PLATFORM, "gcp:storage/bucket:Bucket", "three", {"labels": None}),
    )
    assert {each.name: each.owner for each in found.resources} == {
        "one": "database",
        "two": "shop",
        "three": "platform",
    }


def test_what_awaits_its_deletion_and_the_stack_itself_are_no_resources(tmp_path: Path) -> None:
    gone = world.resource(world.PLATFORM, world.INSTANCE, "gone", delete=True)
    found = _state(tmp_path, world.root(world.PLATFORM, {"a": 1}), gone)
    assert found.resources == ()
    assert found.outputs == {"a": 1}


def test_a_line_within_a_library_is_no_source(tmp_path: Path) -> None:
    for position in ("project:///.venv/lib/x.py#3", "project:///../../x.py#3", ""):
        found = _state(tmp_path, world.resource(world.PLATFORM, world.INSTANCE, "it", sourcePosition=position))
        assert found.resources[0].source == ""


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"deployment": {"resources": [{"urn": 1}]}}'])
def test_what_is_no_state_ends_it_with_one_message(tmp_path: Path, content: str) -> None:
    (tmp_path / "x.json").write_text(content)
    with pytest.raises(ToolError, match="cannot be read as the state of platform"):
        stack_states.read(world.PLATFORM, tmp_path / "x.json", "platform")


def test_a_contract_tells_what_it_hands_over_and_who_reads_it(tmp_path: Path) -> None:
    (contract,) = contracts(world.read(tmp_path, world.states()))
    assert (contract.producer, contract.version, contract.secret) == ("platform", "1", "contract-platform")
    assert {entry.name: entry.content for entry in contract.entries} == {
        "registry": "example/shop",
        "destinations": "mail",
    }
    assert next(entry.about for entry in contract.entries if entry.name == "destinations")
    assert contract.read_by("apps-shop")
    assert not contract.read_by("apps-other")
    assert not contract.read_by("platform")


def test_waivers_and_exceptions_come_the_soonest_first(tmp_path: Path) -> None:
    one = (
        "{policy: a-b, resource: {stack: platform/dev, type: t, name: it}, reason: why, owner: o, expires: 2026-12-30}"
    )
    two = "{resource: urn, operation: delete, reason: why, owner: o, expires: 2026-11-20}"
    (tmp_path / "waivers.yaml").write_text(f"waivers: [{one}]")
    (tmp_path / "audit_waivers.yaml").write_text("waivers: []")
    (tmp_path / "plan_exceptions.yaml").write_text(f"exceptions: [{two}]")
    three = "{resource: urn, path: spec.replicas, value: 3, reason: why, owner: o, expires: 2026-11-22}"
    (tmp_path / "drift_acceptances.yaml").write_text(f"acceptances: [{three}]")
    found = findings.accepted(tmp_path, date(2026, 11, 21))
    assert [(each.what, each.days) for each in found] == [("delete", -1), ("drift of spec.replicas", 1), ("a-b", 39)]
    assert found[2].resource == "platform/dev t it"
    (tmp_path / "waivers.yaml").write_text("waivers: [{owner: o}]")
    with pytest.raises(ToolError, match="what it accepts cannot be shown"):
        findings.accepted(tmp_path, date(2026, 11, 21))


def test_a_report_that_is_none_ends_it_with_one_message(tmp_path: Path) -> None:
    (tmp_path / "x.sarif").write_text('{"runs": []}')
    with pytest.raises(ToolError, match="so findings would be missing"):
        findings.reports([tmp_path / "x.sarif"])


def test_of_reports_of_one_name_the_newest_counts(tmp_path: Path) -> None:
    for name, age, operation in (("old", 100, "create"), ("new", 10, "delete")):
        (tmp_path / name).mkdir()
        file = tmp_path / name / "platform-sandbox.part.json"
        part = {"stack": "platform", "environment": "sandbox", "passed": True, "counts": {operation: 1}}
        file.write_text(json.dumps(part))
        at = datetime(2026, 11, 21, tzinfo=UTC).timestamp() - age

        os.utime(file, (at, at))
    found = gather.drift([tmp_path], "sandbox")
    assert found["platform"].counts == "1 to delete"
    assert found["platform"].checked == "2026-11-20 23:59"
    assert gather.drift([tmp_path], "prod") == {}


def test_a_folder_of_reports_that_is_not_there_is_named() -> None:
    with pytest.raises(ToolError, match="is no folder, so no portal was written"):
        gather.answers(Scope("sandbox", reports=Path("/nowhere/at/all")))


def test_an_environment_on_google_cloud_is_read_by_export_as_the_preview_accounts(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    asked: list[str] = []

    def exported(stack: Stack, into: Path) -> Path:
        asked.append(stack.account("preview").partition("@")[0])
        file = into / f"{stack.project}-{stack.name}.json"
        resources = [world.root(stack, {}), world.resource(stack, world.INSTANCE, "it", protect=True)]
        file.write_text(json.dumps({"version": 3, "deployment": {"resources": resources}}))
        return file

    def audited(environment: str, folder: Path) -> None:
        asked.append(f"audit of {environment}")

    def accessed(environment: str) -> world.Json:
        asked.append(f"access of {environment}")
        return world.ACCESS

    def states(target: GoogleCloud, stacks: Sequence[Stack], into: Path) -> list[Path]:
        return [exported(stack, into) for stack in stacks]

    def told(target: Target, question: Question, logs: str | None) -> History:
        asked.append(f"history of {target.environment} with {logs}")
        assert question.since is not None
        return world.history()

    monkeypatch.setattr(GoogleCloud, "states", states)
    monkeypatch.setattr(gather.history, "answer", told)
    monkeypatch.setattr(gather, "_audit", audited)
    monkeypatch.setattr(gather, "_access", accessed)

    found = gather.answers(Scope("prod", logs="gs://logs"))
    build(found, tmp_path / "out")

    assert asked[:4] == ["identity-preview", "identity-preview", "team-preview", "platform-preview"]
    assert asked[-3:] == ["audit of prod", "access of prod", "history of prod with gs://logs"]
    assert found.project == found.states[0].stack.gcp_project()
    owners = {state.stack.title: state.owner for state in found.states}
    assert owners["identity"] == "security"
    assert (owners["platform"], owners["platform/storage"]) == ("platform", "database")
    assert all(state.resources[0].state.protect for state in found.states)
    assert found.drift == {}
    assert "prod" in (tmp_path / "out" / "index.html").read_text("utf-8")
