"""URNs, update plans, previews, and the files beside the states of a backend."""

import gzip
import json

import pytest

from engine import backends, plans, previews, urns
from engine.document import FormatError

URN = "urn:pulumi:sandbox::platform::prodfirst:platform:Database$gcp:sql/databaseInstance:DatabaseInstance::orders"


def test_a_urn_has_stack_project_type_and_name() -> None:
    parsed = urns.parse(URN)

    assert parsed == ("platform", "sandbox", "gcp:sql/databaseInstance:DatabaseInstance", "orders")
    assert urns.types(URN) == ["prodfirst:platform:Database", "gcp:sql/databaseInstance:DatabaseInstance"]


def test_a_name_may_hold_the_separator() -> None:
    assert urns.parse("urn:pulumi:s::p::t:m:T::a::b").name == "a::b"


@pytest.mark.parametrize("text", ["", "x", "urn:pulumi:s::p::t", "urn:pulumi:s::p::::n", "s::p::t::n"])
def test_another_text_is_no_urn(text: str) -> None:
    with pytest.raises(ValueError, match="is no URN of a resource"):
        urns.parse(text)


@pytest.mark.parametrize(
    ("urn", "label"),
    [
        (URN, "DatabaseInstance orders"),
        ("urn:pulumi:s::apps::kubernetes:apps/v1:Deployment::web", "Deployment web"),
        ("urn:pulumi:s::apps::prodfirst:apps:WebService::web", "WebService web"),
        ("", ""),
    ],
)
def test_a_resource_is_called_by_kind_and_name(urn: str, label: str) -> None:
    assert urns.label(urn) == label


def test_a_plan_has_goals_and_steps() -> None:
    goal = {"type": "t:m:T", "custom": True, "inputDiff": {"adds": {"a": 1}, "deletes": ["b"], "updates": {"c": 3}}}
    content = {"manifest": {}, "resourcePlans": {URN: {"goal": goal, "steps": ["update"]}}}
    planned = plans.parse(json.dumps(content).encode(), "plan.json").resource_plans[URN]

    assert planned.steps == ("update",)
    assert planned.goal is not None
    assert planned.goal.input_diff.applied({"b": 2, "c": 2, "d": 4}) == {"a": 1, "c": 3, "d": 4}


@pytest.mark.parametrize("content", [b"", b"[]", b"{}", b'{"version": 1, "plan": {}}', b'{"manifest": 1}'])
def test_another_document_is_no_plan(content: bytes) -> None:
    with pytest.raises(FormatError, match=r"the plan plan\.json cannot be read"):
        plans.parse(content, "plan.json")


def test_a_preview_has_both_sides_of_a_step() -> None:
    state = {"urn": URN, "type": "t:m:T", "inputs": {"a": 1}}
    steps = [{"op": "create", "urn": URN, "newState": state}, {"op": "delete", "urn": URN, "oldState": state}]
    preview = previews.parse(
        json.dumps({"steps": steps, "diagnostics": [{"message": "x\n", "severity": "error"}]}), "x"
    )

    assert [(step.operation, bool(step.old), bool(step.new)) for step in preview.steps] == [
        ("create", False, True),
        ("delete", True, False),
    ]
    assert preview.diagnostics[0].message == "x"
    with pytest.raises(FormatError, match="the preview of platform cannot be read"):
        previews.parse("error: no stack", "of platform")


def test_an_entry_of_the_history_may_be_compressed() -> None:
    content = json.dumps({"kind": "update", "result": "succeeded", "startTime": 1, "endTime": 2}).encode()

    assert backends.history_entry(content, "a.history.json") == backends.history_entry(
        gzip.compress(content), "a.history.json.gz"
    )
    for broken in (content, gzip.compress(content)[:-9], gzip.compress(b"{}")):
        with pytest.raises(FormatError, match=r"a\.history\.json\.gz cannot be read"):
            backends.history_entry(broken, "a.history.json.gz")


def test_a_lock_that_its_holder_did_not_finish_is_none() -> None:
    with pytest.raises(FormatError):
        backends.lock(b'{"pid": 12', "lock.json")
