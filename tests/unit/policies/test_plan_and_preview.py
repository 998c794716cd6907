"""A plan and its preview that do not agree, or a preview that failed: nothing of it is carried out."""

import json
from pathlib import Path
from typing import Any

import pytest

from engine.document import FormatError
from plan_gate.change import Changes, Operation, changes
from plan_gate.plan import read
from unit.policies.plans import FIREWALL, Preview, urn

_FILES = {"state": 1, "event log": 2}
WEB = urn(FIREWALL, "web")


def changed(preview: Preview, *events: dict[str, Any], result: str = "succeeded") -> Changes:
    """Changes of a preview with further events, and with another end."""
    plan, state, log = preview.written()
    lines = [json.loads(line) for line in log.read_text().splitlines()[:-1]]
    ending = {"summaryEvent": {"result": result}}
    whole = [*lines, *({"sequence": 1, "timestamp": 1, **event} for event in (*events, ending))]
    log.write_text("".join(json.dumps(line, separators=(",", ":")) + "\n" for line in whole))
    return changes(read(plan, state, log))


def test_what_agrees_has_no_problem(preview: Preview) -> None:
    preview.held(FIREWALL, "web")
    preview.planned(WEB, "update")

    assert changed(preview).problems == []


def test_a_plan_of_a_preview_that_did_not_end_well_is_none(preview: Preview) -> None:
    problem = ("", "the preview did not end well, or its event log is not whole")

    assert changed(preview, result="failed").problems == [problem]


def test_what_only_the_plan_has_was_added_to_it(preview: Preview) -> None:
    preview.held(FIREWALL, "web")
    preview.planned(WEB, "update")
    preview.events = [one for one in preview.events if WEB not in str(one)]

    assert changed(preview).problems == [(WEB, "the plan says update, and the preview showed nothing")]


def test_steps_that_differ_are_both_told(preview: Preview) -> None:
    preview.held(FIREWALL, "web")
    preview.planned(WEB, "same", shown=("update", "delete"))

    assert changed(preview).problems == [(WEB, "the plan says same, and the preview showed delete, update")]


def test_what_only_the_preview_has_was_taken_from_the_plan(preview: Preview) -> None:
    preview.planned(WEB, "create")
    del preview.plans[WEB]

    assert changed(preview).problems == [(WEB, "the preview showed it and the plan does not have it")]


def test_what_the_state_alone_has_was_taken_from_both(preview: Preview) -> None:
    preview.held(FIREWALL, "web")
    del preview.plans[WEB]
    preview.events = [one for one in preview.events if WEB not in str(one)]

    assert changed(preview).problems == [(WEB, "the state has it and the plan does not mention it")]


def test_what_a_refresh_found_gone_needs_no_plan(preview: Preview) -> None:
    preview.held(FIREWALL, "web")
    preview.refreshed(WEB, gone=True)
    del preview.plans[WEB]
    preview.events = [one for one in preview.events if WEB not in str(one)]

    assert changed(preview).problems == []


@pytest.mark.parametrize("steps", [("update",), ("delete",), ("same",)])
def test_what_the_state_does_not_have_is_only_created_or_imported(preview: Preview, steps: tuple[str, ...]) -> None:
    preview.planned(WEB, *steps)

    assert (WEB, f"the plan would {steps[0]} it and the state does not have it") in changed(preview).problems


def test_a_failed_preview_says_the_first_error_in_one_line(preview: Preview) -> None:
    preview.failed = True
    errors = [
        {"diagnosticEvent": {"urn": WEB, "severity": "error", "message": message}}
        for message in ("no such\n  machine type", "update failed")
    ]

    [(urn, problem)] = changed(preview, *errors, result="failed").problems
    assert urn == ""
    assert problem == "the preview ended without a plan, so nothing can be carried out: no such machine type"


def test_a_failed_preview_without_an_error_says_no_more(preview: Preview) -> None:
    preview.failed = True

    problem = "the preview ended without a plan, so nothing can be carried out"
    assert changed(preview, result="failed").problems == [("", problem)]


def test_a_long_error_is_cut(preview: Preview) -> None:
    preview.failed = True
    error = {"diagnosticEvent": {"urn": "", "severity": "error", "message": "x" * 301}}

    [(_, problem)] = changed(preview, error, result="failed").problems
    assert problem.endswith(f": {'x' * 300}")


def test_components_of_a_failed_preview_are_components(tmp_path: Path) -> None:
    preview = Preview(tmp_path)
    preview.stack()
    preview.planned(urn("prodfirst:platform:Group", "one"), "create", custom=False)
    preview.planned(WEB, "create")
    preview.failed = True

    created = {one.urn: one.is_component for one in changed(preview).all if one.operation is Operation.CREATE}
    assert created == {WEB: False, urn("prodfirst:platform:Group", "one"): True}


@pytest.mark.parametrize("what", _FILES)
def test_a_file_of_a_preview_that_is_missing_is_named(preview: Preview, what: str) -> None:
    files = preview.written()
    files[_FILES[what]].unlink()

    with pytest.raises(FormatError, match=f"{what} {files[_FILES[what]].name}"):
        read(*files)


def test_a_plan_that_cannot_be_read_is_named(preview: Preview) -> None:
    plan, state, log = preview.written()
    plan.unlink()
    plan.mkdir()

    with pytest.raises(FormatError, match=r"plan plan\.json"):
        read(plan, state, log)
