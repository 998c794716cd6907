"""Grants that no state declares, as the audit's report tells them."""

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from cli.github import drifting, previewing
from cli.github.preview_result import PreviewResult
from cli.github.selection import JobTarget
from cli.layout import Stack
from unit.github.parts import part

IDENTITY = JobTarget("identity-dev", (Stack("identity", "dev"),))
GRANT = "user:mallory@example.com holds roles/owner on the project, which no state declares."


def result(rule: str, text: str, level: str = "error") -> dict[str, Any]:
    return {"ruleId": rule, "level": level, "message": {"text": text}}


@pytest.fixture
def audited(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """The findings of the audit that follows; the preview before it finds no difference."""
    findings: list[dict[str, Any]] = []

    def audit(command: list[str], **_: object) -> "subprocess.CompletedProcess[str]":
        assert command[3:6] == ["audit", "--stack", "dev"]
        folder = Path(command[command.index("--report") + 1])
        if findings != [{}]:
            folder.mkdir()
            (folder / "audit-dev.sarif").write_text(json.dumps({"runs": [{"results": findings}]}))
        return subprocess.CompletedProcess(command, 1 if findings else 0, "", "error: the states cannot be read")

    def unchanged(stack: Stack, folder: Path, **_: object) -> PreviewResult:
        return part(stack.title, "dev", counts={"same": 3}, sections={}, plan="")

    monkeypatch.setattr(drifting.subprocess, "run", audit)
    monkeypatch.setattr(previewing, "preview", unchanged)
    return findings


def test_a_grant_that_no_state_declares_is_told_and_no_other_finding_of_the_audit(
    audited: list[dict[str, Any]], tmp_path: Path
) -> None:
    audited += [
        result("audit-grants-declared", GRANT),
        result("audit-grants-declared", "accepted for a while", "note"),
        result("audit-no-escalation", "something else"),
    ]
    _, grants = drifting.look(IDENTITY, tmp_path)
    assert grants.sections == {"undeclared grants": [GRANT]}
    assert not grants.passed


def test_without_such_a_grant_the_layer_is_clean(audited: list[dict[str, Any]], tmp_path: Path) -> None:
    audited.append(result("audit-no-escalation", "something else"))
    _, grants = drifting.look(IDENTITY, tmp_path)
    assert (grants.passed, grants.sections, grants.error) == (True, {}, "")


def test_an_audit_that_gave_no_report_is_not_clean(audited: list[dict[str, Any]], tmp_path: Path) -> None:
    audited.append({})
    _, grants = drifting.look(IDENTITY, tmp_path)
    assert not grants.passed
    assert "cannot be read" in grants.error


def test_other_layers_look_for_no_grants(audited: list[dict[str, Any]], tmp_path: Path) -> None:
    assert len(drifting.look(JobTarget("platform-dev", (Stack("platform", "dev"),)), tmp_path)) == 1
