"""The verdict in words: its sections, which of them somebody has to act on, and its form for machines."""

from dataclasses import replace
from typing import Any

import pytest

from plan_gate import summary
from plan_gate.blast_radius import Contract
from plan_gate.change import Operation
from plan_gate.requirements import Needs, Required
from plan_gate.summary import Section
from plan_gate.verdict import Verdict
from unit.policies.plans import FIREWALL, INSTANCE, Preview, urn

ORDERS = urn(INSTANCE, "orders")
NEEDS = Needs(
    "robot",
    (
        Required("a.b.create", "project", "//x/projects/p", ("create Firewall web",), "robot lacks it"),
        Required("a.b.get", "firewall web", "", ("create Firewall web",), "only the update tells", certain=False),
        Required("a.b.list", "project", "//x/projects/p", ("create Firewall web",)),
    ),
    ("the API x is off",),
    ("whether y",),
)


@pytest.fixture
def full(preview: Preview) -> Verdict:
    """A verdict with every section."""
    web = preview.held(FIREWALL, "web", protect=True)
    preview.planned(web, "delete")
    preview.planned(ORDERS, "delete")
    preview.accept(ORDERS, "delete")
    verdict = preview.judged()
    reach = replace(
        verdict.reach,
        weakened=("w",),
        irreversible=("i",),
        stopped=("s",),
        exceeded=("e",),
        undone=("u",),
        access=("a",),
        options=("o",),
        administrators=("x", "y"),
        contracts=(Contract(("reader", "other"), ("+ p",), unknown=False),),
    )
    return replace(verdict, reach=reach, kept=("k",), needs=NEEDS, violations=2)


def test_what_somebody_has_to_act_on_is_grave(full: Verdict) -> None:
    sections = summary.sections(full)

    assert [(one.title, one.grave) for one in sections] == [
        ("weakens, opens, stops", True),
        ("cannot be undone", True),
        ("stopped by a person, and left so", True),
        ("no longer fits its quota", True),
        ("changed out of band, and undone", True),
        ("changed out of band, and accepted", True),
        ("the update would be refused to robot", True),
        ("who may do what", False),
        ("options, in the state alone", False),
        ("contract, read by reader, other", False),
        ("changes", False),
        ("only an administrator may apply this", True),
        ("accepted by exception", True),
        ("refused", True),
        ("what plan_exceptions.yaml would have to accept", False),
    ]
    lines = {one.title: one.lines for one in sections}
    assert lines["only an administrator may apply this"] == ("with make bootstrap: x, y",)
    [accepted] = lines["accepted by exception"]
    assert accepted.endswith(" Until 2026-03-09, by platform: The data were moved to the new instance.")
    refused = lines["refused"]
    assert refused[0].startswith("plan-datastore-kept: gcp:compute/firewall:Firewall 'web' would be deleted")
    assert refused[1].startswith("  → Undo the change")
    assert refused[2:] == ("2 violations of the policy pack, shown with the preview.",)
    assert lines["what plan_exceptions.yaml would have to accept"] == (
        f'- {{resource: "{urn(FIREWALL, "web")}", operation: delete, …}}',
    )


@pytest.mark.parametrize(
    ("section", "shown"),
    [
        (Section("changes", ("x",) * 30), 30),
        (Section("changes", ("x",) * 31), 31),
        (Section("changes", ("x",) * 40), 31),
        (Section("changes", ("x",) * 40, grave=True), 40),
        (Section("who may do what", ("x",) * 40), 40),
        (Section("options, in the state alone", ("x",) * 40), 40),
    ],
)
def test_only_what_nobody_has_to_weigh_is_cut(section: Section, shown: int) -> None:
    lines = summary.short(section)

    assert len(lines) == shown
    assert (lines[-1] == f"… and {len(section.lines) - 30} more") == (lines != section.lines)


def test_a_verdict_is_whole_for_machines(full: Verdict) -> None:
    document = summary.document(full)

    assert document.keys() == {
        *("passed", "plan", "state", "counts", "changes", "sections", "drift", "digest", "needsAdministrator"),
        *("needs", "refusals", "violations"),
    }
    assert document["passed"] is False
    assert document["plan"] == full.plan.hash
    assert document["state"] == full.plan.state_hash
    counts = {**{str(operation): 0 for operation in Operation}, "same": 0, "delete": 2, "options": 1}
    assert document["counts"] == counts
    assert {"operation": "delete", "resource": ORDERS, "stays": False} in document["changes"]
    assert document["sections"]["contract, read by reader, other"] == ["+ p"]
    assert document["digest"][0]["operation"] == "delete"
    assert document["needsAdministrator"] is True
    assert document["needs"] == {
        "account": "robot",
        "refused": ["a.b.create on project (create Firewall web): robot lacks it", "the API x is off"],
        "unknown": ["a.b.get on firewall web (create Firewall web): only the update tells", "whether y"],
        "permissions": {"firewall web": ["a.b.get"], "project": ["a.b.create", "a.b.list"]},
        "required": {"//x/projects/p": ("a.b.create", "a.b.list")},
    }
    [refusal] = document["refusals"]
    assert (refusal["policy"], refusal["resource"]) == ("plan-datastore-kept", urn(FIREWALL, "web"))
    assert "would be deleted" in refusal["message"]
    assert document["violations"] == 2


def test_what_was_not_asked_of_the_cloud_is_null(preview: Preview) -> None:
    assert summary.document(preview.judged())["needs"] is None


def test_nothing_to_do_is_said(preview: Preview) -> None:
    reach = preview.judged().reach

    assert summary.counted(reach) == "1 unchanged"
    assert summary.counted(replace(reach, counts=dict.fromkeys(Operation, 0))) == "nothing"
    every: dict[Operation, Any] = {one: number for number, one in enumerate(Operation, start=1)}
    assert summary.counted(replace(reach, counts=every, options=("o", "p"))) == (
        "1 to create, 2 to update, 3 to replace, 4 to delete, 5 unchanged, 2 options to set"
    )


def test_markdown_has_the_sections_without_what_the_findings_say(full: Verdict) -> None:
    text = summary.markdown(full)

    assert text.startswith(f"{summary.counted(full.reach)}\n")
    assert "**Weakens, opens, stops**\n\n- w\n" in text
    assert "**Refused**" not in text
    assert "**Accepted by exception**" not in text
    assert f"<sub>plan {full.plan.hash}, state {full.plan.state_hash}</sub>" in text


def test_a_contract_that_only_the_update_tells_says_so(full: Verdict) -> None:
    contract = Contract(("reader",), (), unknown=True)
    unknown = replace(full, reach=replace(full.reach, contracts=(contract,)))

    assert Section("contract, read by reader", ("changes; what in it, only the update will tell",)) in (
        summary.sections(unknown)
    )
