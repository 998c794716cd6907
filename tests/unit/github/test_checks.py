"""The checks of the workflows find what they are there for."""

import importlib.util
import shutil
from pathlib import Path

import pytest

from cli import checks, programs
from cli.github import checking, steps
from cli.github.job import Job
from toolchain.environments import CHECKOUT
from toolchain.errors import UsageError
from unit.github.origin import git

PREVIEW = ".github/workflows/preview.yml"


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """The workflows alone, the one for others too."""
    shutil.copytree(CHECKOUT / ".github", tmp_path / ".github")
    shutil.copytree(CHECKOUT / "apps/template/source", tmp_path / "apps/template/source")
    git(tmp_path, "init", "-q")
    return tmp_path


@pytest.mark.parametrize(
    ("file", "old", "new", "said"),
    [
        (PREVIEW, "run: make check", "run: echo ${{ github.head_ref }}", "template-injection"),
        (PREVIEW, "  pull_request:", "  pull_request_target:", "dangerous-triggers"),
        (PREVIEW, "permissions: {}", "permissions: write-all", "excessive-permissions"),
        (PREVIEW, "de0fac2e4500dabe0009e67214ff5f5447ce83dd # v6.0.2", "v6", "unpinned-uses"),
        (PREVIEW, "needs: changes", "needs: nosuch", "nosuch"),
        (".github/actions/deploy/action.yml", 'STACK="$STACK"', "STACK=${{ inputs.stack }}", "template-injection"),
        (checks.BUILD, "permissions: {}", "permissions: write-all", "excessive-permissions"),
        (checks.BUILD, "needs: build", "needs: nosuch", "nosuch"),
        (
            ".github/dependabot.yml",
            "    cooldown: {default-days: 7, semver-major-days: 21}\n",
            "",
            "dependabot-cooldown",
        ),
    ],
)
def test_a_weakness_is_a_finding(checkout: Path, file: str, old: str, new: str, said: str) -> None:
    content = (checkout / file).read_text()
    assert old in content
    (checkout / file).write_text(content.replace(old, new))
    assert said in checks.workflows(checkout)


@pytest.mark.parametrize("findings", ["", "error[impostor-commit]: commit with no history in referenced repository"])
def test_the_weekly_audit_asks_github_about_the_actions(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, findings: str
) -> None:
    commands: list[list[str]] = []

    def program(command: list[str]) -> str:
        commands.append(command)
        return findings

    monkeypatch.setattr(checks, "_program", program)
    summary = tmp_path / "summary.md"
    job = Job({"GITHUB_TOKEN": "a token", "GITHUB_STEP_SUMMARY": str(summary)})

    assert steps.run("actions", job) == int(bool(findings))
    [command] = commands
    assert "--offline" not in command
    assert findings in summary.read_text()
    with pytest.raises(UsageError, match="GITHUB_TOKEN is not set"):
        steps.run("actions", Job({}))


@pytest.mark.parametrize("code", [0, 1])
def test_the_weekly_audit_asks_every_judge_of_the_lab_and_fails_when_one_has_findings(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, code: int
) -> None:
    asked: list[str] = []

    def run(module: str) -> int:
        asked.append(module)
        return code * (len(asked) == 1)  # the first one's findings stop no other

    monkeypatch.setattr(programs, "run", run)
    summary = tmp_path / "summary.md"

    assert steps.run("judges", Job({"GITHUB_STEP_SUMMARY": str(summary)})) == code
    assert asked == [*checking.JUDGES]
    assert all(importlib.util.find_spec(module) for module in asked)
    assert summary.read_text().count("findings, see the log") == code


def test_the_committed_workflows_have_none(checkout: Path) -> None:
    assert checks.workflows(checkout) == ""
