"""The verdict on a terminal, line by line."""

from dataclasses import replace

import pytest

from plan_gate.requirements import Needs, Required
from plan_gate.terminal import show, show_needs
from unit.policies.plans import INSTANCE, Preview, urn


def printed(capsys: pytest.CaptureFixture[str]) -> list[str]:
    """Lines that were printed."""
    return capsys.readouterr().out.splitlines()


def test_a_plan_that_passes_is_a_line(preview: Preview, capsys: pytest.CaptureFixture[str]) -> None:
    show(preview.judged(), "platform\x1b[2K", binding=False)

    assert printed(capsys) == ["plan gate: platform\\u001b[2K: passed (1 unchanged)"]


def test_a_binding_verdict_names_its_plan_and_state(preview: Preview, capsys: pytest.CaptureFixture[str]) -> None:
    verdict = preview.judged()
    show(verdict, "platform", binding=True)
    assert printed(capsys)[1:] == [f"  plan {verdict.plan.hash[:16]} on state {verdict.plan.state_hash[:16]}"]

    show(replace(verdict, plan=replace(verdict.plan, hash="")), "platform", binding=True)
    assert printed(capsys)[1:] == []


def test_a_refused_plan_is_told_by_section(preview: Preview, capsys: pytest.CaptureFixture[str]) -> None:
    preview.planned(urn(INSTANCE, "orders"), "delete")
    show(preview.judged(), "platform", binding=False)

    lines = printed(capsys)
    assert lines[0] == "plan gate: platform: refused (1 to delete)"
    assert [line.strip() for line in lines if line.startswith("  ") and not line.startswith("   ")] == [
        "cannot be undone",
        "changes",
        "refused",
        "what plan_exceptions.yaml would have to accept",
    ]
    assert "    - DatabaseInstance orders" in lines


def test_what_a_plan_requires_is_told_with_the_least_role(capsys: pytest.CaptureFixture[str]) -> None:
    purposes = ("create Firewall web",)
    needs = Needs(
        "robot",
        (
            Required("a.b.create", "project", "//p", purposes, "robot lacks it"),
            Required("a.b.get", "project", "//p", purposes),
            Required("a.b.get", "firewall a", "//a", purposes),
            Required("a.b.get", "firewall b", "//b", purposes, "only the update tells", certain=False),
        ),
        ("the API x is off",),
    )
    show_needs(needs, "platform")

    assert printed(capsys) == [
        "platform: robot requires 4 permissions for this plan: 2 missing",
        "  the update would be refused",
        "    a.b.create on project (create Firewall web): robot lacks it",
        "    the API x is off",
        "  known in the update only",
        "    a.b.get on firewall b (create Firewall web): only the update tells",
        "  the least role for this plan, by resource",
        "    firewall a, firewall b: a.b.get",
        "    project: a.b.create, a.b.get",
    ]


def test_a_plan_that_lacks_nothing_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    show_needs(Needs("robot"), "platform")

    assert printed(capsys) == ["platform: robot requires 0 permissions for this plan: nothing missing"]
