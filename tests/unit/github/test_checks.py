"""The checks of the workflows find what they are there for."""

import shutil
from pathlib import Path

import pytest

from cli import checks
from toolchain.environments import CHECKOUT
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
        (PREVIEW, "run: .ci/run", "run: echo ${{ github.head_ref }}", "template-injection"),
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


def test_the_committed_workflows_have_none(checkout: Path) -> None:
    assert checks.workflows(checkout) == ""
