"""Event logs as the engine writes them, whole and while they grow."""

import json
from pathlib import Path
from typing import Any

import pytest

from engine import events
from engine.document import FormatError
from engine.events import Event, Events, Follower
from unit.policies.engine.marked import CIPHERTEXT, SECRET

URN = "urn:pulumi:sandbox::platform::prodfirst:platform:Database$gcp:sql/databaseInstance:DatabaseInstance::orders"


def policy(level: str, message: str = "is public\n") -> dict[str, Any]:
    return {
        "policyEvent": {
            "resourceUrn": URN,
            "message": message,
            "policyName": "sql-public",
            "enforcementLevel": level,
        }
    }


def error(text: str) -> dict[str, Any]:
    return {"diagnosticEvent": {"severity": "error", "message": f"{text}\n", "urn": URN}}


def step(operation: str, **sides: dict[str, Any] | list[str] | None) -> dict[str, Any]:
    return {"resourcePreEvent": {"metadata": {"op": operation, "urn": URN, **sides}}}


def line(event: dict[str, Any]) -> str:
    """A line as the engine writes it."""
    return json.dumps({"sequence": 1, "timestamp": 1, **event}, separators=(",", ":")) + "\n"


def log(*written: dict[str, Any]) -> Events:
    return events.parse("".join(map(line, written)).encode(), "events.json")


def test_a_mandatory_policy_is_a_violation_and_another_an_advisory() -> None:
    summary = log(policy("mandatory"), policy("advisory"))

    assert summary.violations == summary.advisories == ["sql-public: DatabaseInstance orders: is public"]


def test_a_resource_that_is_the_same_or_only_read_is_no_change() -> None:
    summary = log(
        {"summaryEvent": {"resourceChanges": {"same": 3, "read": 1, "create": 2, "delete": 1}, "result": "succeeded"}}
    )

    assert summary.changed == 3
    assert summary.complete


def test_what_forces_a_replacement_is_a_path_where_the_provider_names_one() -> None:
    paths = {
        "settings.tier": {"diffKind": "update", "inputDiff": False},
        "settings.network": {"diffKind": "delete-replace", "inputDiff": False},
    }
    replaced = {"keys": ["settings", "settings"]}

    assert log(step("replace", **replaced, detailedDiff=paths)).forced == {URN: ("settings.network",)}
    assert log(step("replace", **replaced, detailedDiff=None)).forced == {URN: ("settings",)}


@pytest.mark.parametrize("ending", [[], [{"summaryEvent": {"result": "failed"}}]])
def test_a_log_without_a_good_end_is_not_complete(ending: list[dict[str, Any]]) -> None:
    assert not log(step("same"), *ending).complete


def test_an_engine_that_ran_no_pack_and_changed_nothing_writes_null() -> None:
    summary = log({"summaryEvent": {"resourceChanges": None, "PolicyPacks": None, "result": "succeeded"}})

    assert (summary.changes, summary.packs) == ({}, set())


def test_an_error_that_the_engine_repeats_is_reported_once() -> None:
    assert log(error("403"), error("403")).errors == [(URN, "403")]


def test_a_resource_waits_until_its_step_has_ended() -> None:
    waiting = {"urn": URN, "message": "waiting for pods\n", "severity": "info", "ephemeral": True}
    summary = log(step("create"), {"diagnosticEvent": waiting})
    assert (summary.waiting, summary.started, summary.finished) == ({URN: "waiting for pods"}, {URN}, set())

    summary.take(Event.model_validate({"resOutputsEvent": {"metadata": {"op": "create", "urn": URN}}}))

    assert (summary.waiting, summary.finished) == ({}, {URN})


def test_a_step_tells_old_names_and_what_is_retained() -> None:
    old, new = {"urn": f"{URN}-old", "custom": True}, {"urn": URN, "custom": True, "retainOnDelete": True}
    summary = log(step("update", old=old, new=new))

    assert (summary.renamed, summary.retained, summary.components) == ({URN: f"{URN}-old"}, {URN}, set())


def test_a_log_is_read_while_its_last_line_is_still_being_written(tmp_path: Path) -> None:
    file = tmp_path / "events.json"
    follower = Follower(file)
    follower.poll()
    later = line(error("später"))
    file.write_bytes(line(error("first")).encode() + later.encode()[:-8])
    follower.poll()
    assert [text for _, text in follower.events.errors] == ["first"]

    with file.open("ab") as rest:
        rest.write(later.encode()[-8:])

    assert [text for _, text in follower.close().errors] == ["first", "später"]


def test_notes_between_events_are_left_out() -> None:
    notes = b"Analyzing stack\n" + line({"diagnosticEvent": {"severity": "info#err", "message": "a note"}}).encode()

    assert events.parse(notes, "events.json") == Events()


@pytest.mark.parametrize(
    "broken",
    [
        line(step("create"))[:-20],
        line({"policyEvent": {"policyName": "a"}}),
        line({"resourcePreEvent": {"metadata": {"op": "create"}}}),
    ],
)
def test_an_event_of_another_form_is_refused_by_the_name_of_its_file(broken: str) -> None:
    with pytest.raises(FormatError, match=r"the event log events\.json cannot be read .*nothing may run"):
        events.parse(broken.encode(), "events.json")


def test_no_message_shows_a_secret() -> None:
    message = f"got {json.dumps(SECRET)}"
    summary = log(policy("mandatory", message), {"diagnosticEvent": {"severity": "error", "message": message}})

    assert CIPHERTEXT not in str(summary)
    assert summary.errors == [("", "[secret]")]


def test_the_engines_own_word_for_a_secret_stays() -> None:
    assert log(error("password: [secret] is too short")).errors == [(URN, "password: [secret] is too short")]
