"""Parts of the comment from what `make preview` left: its verdict, and where a proposal changes policies, both."""

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from cli.github import preview_result, previewing
from cli.layout import Stack
from cli.preview import other_verdict

PLATFORM = Stack("platform", "dev")
VERDICT: dict[str, Any] = {"counts": {"same": 3}, "sections": {"refused": ["plan-datastore-kept: no"]}}


@pytest.mark.parametrize("title", ["this proposal", None])
def test_the_verdict_of_the_proposals_own_policies_is_handed_over(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, title: str | None
) -> None:
    def ran(command: list[str], **_: object) -> "subprocess.CompletedProcess[str]":
        reports = Path(command[command.index("--report") + 1])
        reports.mkdir(parents=True)
        (reports / "platform.verdict.json").write_text(json.dumps(VERDICT))
        if title:
            other = {"title": title, "passed": False, "policies": ["x" * 9000], "sections": {"refused": ["own: no"]}}
            other_verdict(reports, PLATFORM).write_text(json.dumps(other))
        return subprocess.CompletedProcess(
            command, 1, "By the policies of the base branch:\nthe plan\nplan gate: …", ""
        )

    monkeypatch.setattr(previewing.subprocess, "run", ran)

    written = previewing.preview(PLATFORM, tmp_path)

    [read], problems = preview_result.read(tmp_path)
    assert (read, problems) == (written, [])
    assert (read.passed, read.plan) == (False, "the plan\n")
    if title:
        assert read.other
        assert (read.other.title, read.other.sections) == (title, {"refused": ["own: no"]})
    else:
        assert read.other is None
