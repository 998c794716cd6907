"""Findings in every format: valid, complete, and harmless to show."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import jsonschema
import pytest

from policy_pack.rule import Policy, Severity
from reports.finding import Finding, Level, Location, Run
from reports.junit import junit
from reports.locations import Locations
from reports.markdown import markdown
from reports.sarif import sarif
from reports.terminal import show

SCHEMA = Path(__file__).with_name("sarif.schema.json")


def _policy(name: str, severity: Severity = Severity.HIGH) -> Policy:
    return Policy(
        name=name,
        description="Nobody does this. It would be bad.",
        severity=severity,
        references=("CIS GCP 1.4",),
        remediation="Undo it.",
        url="https://example.com/why",
    )


KEPT, OTHER = _policy("plan-datastore-kept", Severity.CRITICAL), _policy("iam-no-basic-roles")
URN = "urn:pulumi:dev::platform::gcp:sql/user:User::app"
REFUSED = Finding(KEPT, Level.VIOLATION, "It would be deleted.", URN, location=Location("platform/main.py", 12))
WAIVED = Finding(OTHER, Level.ACCEPTED, "It grants too much.", URN, accepted="until 2026-03-09 by identity: a while")
PATH = Finding(OTHER, Level.VIOLATION, "From a to c.", URN, steps=("a may b", "b may c"))


def _run(*findings: Finding) -> Run:
    return Run("plan gate", "platform", (KEPT, OTHER, _policy("sql-backed-up")), findings, "2 to delete\n")


def _log(*findings: Finding) -> dict[str, Any]:
    return json.loads(sarif(_run(*findings)))


@pytest.mark.parametrize("findings", [(), (REFUSED,), (REFUSED, WAIVED, PATH)], ids=["none", "one", "several"])
def test_sarif_has_the_form_that_its_schema_asks_for(findings: tuple[Finding, ...]) -> None:
    jsonschema.validate(_log(*findings), json.loads(SCHEMA.read_text()))


def test_the_schema_of_the_tests_is_not_satisfied_by_anything() -> None:
    log = _log(REFUSED)
    log["runs"][0]["results"][0]["level"] = "grave"

    with pytest.raises(jsonschema.ValidationError, match="grave"):
        jsonschema.validate(log, json.loads(SCHEMA.read_text()))


def test_sarif_lists_every_rule_that_was_applied_and_points_at_the_line() -> None:
    run = _log(REFUSED)["runs"][0]
    [result] = run["results"]

    assert [rule["id"] for rule in run["tool"]["driver"]["rules"]] == [KEPT.name, OTHER.name, "sql-backed-up"]
    assert run["tool"]["driver"]["rules"][0]["properties"]["security-severity"] == "9.5"
    assert result["level"] == "error"
    assert result["locations"][0]["physicalLocation"] == {
        "artifactLocation": {"uri": "platform/main.py", "uriBaseId": "%SRCROOT%"},
        "region": {"startLine": 12},
    }
    assert result["locations"][0]["logicalLocations"][0]["fullyQualifiedName"] == URN


def test_sarif_shows_what_is_accepted_as_suppressed() -> None:
    [result] = _log(WAIVED)["runs"][0]["results"]

    assert result["level"] == "note"
    assert result["suppressions"] == [{"kind": "external", "status": "accepted", "justification": WAIVED.accepted}]


def test_sarif_knows_a_finding_again_when_only_its_numbers_change() -> None:
    def print_of(message: str) -> str:
        [result] = _log(Finding(KEPT, Level.VIOLATION, message, URN))["runs"][0]["results"]
        return result["partialFingerprints"]["finding/v1"]

    assert print_of("would delete 16 at once") == print_of("would delete 17 at once")
    assert print_of("would delete") != print_of("would replace")


def test_sarif_tells_a_path_step_by_step() -> None:
    [result] = _log(PATH)["runs"][0]["results"]
    steps = result["codeFlows"][0]["threadFlows"][0]["locations"]

    assert [step["location"]["message"]["text"] for step in steps] == ["a may b", "b may c"]


def test_junit_has_a_case_per_rule_and_fails_those_with_violations() -> None:
    suite = ET.fromstring(junit(_run(REFUSED, WAIVED)))[0]  # noqa: S314  made just now
    cases = {case.get("name"): case for case in suite}

    assert (suite.get("tests"), suite.get("failures")) == ("3", "1")
    failure = cases[KEPT.name].find("failure")
    assert failure is not None
    assert "platform/main.py:12" in (failure.text or "")
    assert cases[OTHER.name].find("failure") is None
    assert WAIVED.accepted in (cases[OTHER.name].findtext("system-out") or "")
    assert list(cases["sql-backed-up"]) == []


def test_junit_survives_what_xml_cannot_hold() -> None:
    text = junit(_run(Finding(KEPT, Level.VIOLATION, "a \x1b[31mred\x00 <b>&", URN)))

    assert "a \\u001b[31mred\\u0000 <b>&" in "".join(ET.fromstring(text).itertext())  # noqa: S314  made just now


def test_markdown_shows_verdict_summary_remedy_and_what_is_accepted() -> None:
    text = markdown(_run(REFUSED, WAIVED))

    assert text.startswith("## plan gate: platform: 1 refused\n")
    assert "2 to delete" in text
    assert "[plan-datastore-kept](https://example.com/why)** It would be deleted. (platform/main.py:12)" in text
    assert "Undo it." in text
    assert "accepted: until 2026-03-09 by identity: a while" in text
    assert markdown(_run(WAIVED)).startswith("## plan gate: platform: passed\n")


def test_markdown_of_a_hostile_name_stays_text() -> None:
    text = markdown(_run(Finding(KEPT, Level.VIOLATION, "<img src=x> [a](http://b) @team *x*\n# title", URN)))

    assert r"\<img src=x\> \[a\](http" in text
    assert "@team" not in text
    assert "\n# title" not in text


def itself(run: Run) -> Run:
    return run


@pytest.mark.parametrize("form", [sarif, junit, markdown, itself])
def test_no_report_hides_a_character(form: Callable[[Run], Any], capsys: pytest.CaptureFixture[str]) -> None:
    hostile = "zz\x1b[1A\x1b[2K \u202egnissap \u200b"
    run = _run(Finding(KEPT, Level.VIOLATION, hostile, URN, accepted=hostile, steps=(hostile,)))
    text = form(run)
    if not isinstance(text, str):
        show(run, "summary")
        text = capsys.readouterr().out

    assert not set("\x1b\u202e\u200b") & set(text)
    assert "202egnissap" in text


def test_a_line_of_a_message_does_not_look_like_a_line_of_the_verdict(capsys: pytest.CaptureFixture[str]) -> None:
    show(_run(Finding(KEPT, Level.VIOLATION, "bad\nplan gate: platform: passed", URN)), "summary")

    assert "\n      plan gate: platform: passed" in capsys.readouterr().out


def test_markdown_fits_into_a_comment() -> None:
    text = markdown(_run(*(Finding(KEPT, Level.VIOLATION, f"{number} " + "x" * 300, URN) for number in range(500))))

    assert len(text) < 65_536
    assert "… and more" in text


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A layer with one component in line 5 of its file."""
    source = tmp_path / "platform" / "platform_layer"
    source.mkdir(parents=True)
    (source / "datastore.py").write_text(
        '"""x"""\n\nA = 1\n\nclass Datastore:\n    token = "acme:platform:Datastore"\n'
    )
    (tmp_path / "platform" / "__main__.py").write_text("pass\n")
    return tmp_path


COMPONENT = "urn:pulumi:dev::platform::acme:platform:Datastore$gcp:sql/user:User::app"


@pytest.mark.parametrize(
    ("position", "urn", "found"),
    [
        ("project:///platform_layer/datastore.py#6", COMPONENT, ("platform/platform_layer/datastore.py", 6)),
        ("", COMPONENT, ("platform/platform_layer/datastore.py", 5)),
        ("project:///platform_layer/datastore.py#99", COMPONENT, ("platform/platform_layer/datastore.py", 5)),
        ("project:///platform_layer/gone.py#1", COMPONENT, ("platform/platform_layer/datastore.py", 5)),
        ("project:///.venv/lib/pulumi/stack.py#2", COMPONENT, ("platform/platform_layer/datastore.py", 5)),
        ("", URN, ("platform/__main__.py", 1)),
    ],
    ids=["the engine's note", "no note", "a line too far", "no such file", "a library", "no component"],
)
def test_a_finding_points_at_the_code(repository: Path, position: str, urn: str, found: tuple[str, int]) -> None:
    assert Locations(repository, {urn: position}).of(urn) == Location(*found)


def test_a_resource_of_no_layer_has_no_place(repository: Path) -> None:
    assert Locations(repository, {}).of(URN.replace("::platform::", "::elsewhere::")) is None
