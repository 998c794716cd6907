"""A checkout without sandbox and tests, made as `.github/guides/leave.md` says, has every other command."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from e2e.sandboxes import copy_checkout
from toolchain.environments import CHECKOUT
from unit.cli.test_imports import FOR_GOOGLE_CLOUD

GUIDE = CHECKOUT / ".github" / "guides" / "leave.md"
OF_TESTS = ("check", "compare", "docs")
LEFT = tuple(name for name in FOR_GOOGLE_CLOUD if name not in OF_TESTS)


@pytest.fixture(scope="module")
def left(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the checkout in which the commands of the guide were run."""
    folder = tmp_path_factory.mktemp("left") / "checkout"
    copy_checkout(folder)
    [block] = re.findall(r"<!-- leave: sandbox -->\n```sh\n(.*?)```", GUIDE.read_text("utf-8"), re.DOTALL)
    subprocess.run(["sh", "-euc", block], cwd=folder, check=True)
    return folder


def _python(left: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
    env = {"PYTHONPATH": str(left / "tools"), "PATH": "/usr/bin:/bin", "PYTHONDONTWRITEBYTECODE": "1"}
    return subprocess.run([sys.executable, *arguments], cwd=left, env=env, capture_output=True, text=True, check=False)


def test_the_commands_that_are_left_are_those_that_need_neither(left: Path) -> None:
    done = _python(left, "-c", "from cli.commands import NAMES; print(*sorted(NAMES))")

    assert done.stdout.split() == sorted(LEFT)


def test_every_command_that_is_left_is_described_and_loads_all_of_its_modules(left: Path) -> None:
    done = _python(left, "-m", "cli", "--help")
    assert done.returncode == 0, done.stderr
    assert all(f" {name} " in done.stdout for name in LEFT)

    deleted = [f"cli.{name}" for name in ("checks", "embedded", "generated", "programs", "target.sandbox")]
    code = (
        "import pathlib, importlib; tools = pathlib.Path('tools')\n"
        "for file in sorted(tools.glob('cli/**/*.py')):\n"
        "    if file.name != '__main__.py':\n"
        "        importlib.import_module('.'.join(file.relative_to(tools).with_suffix('').parts))\n"
        "        print(file)"
    )
    done = _python(left, "-c", code)
    assert done.returncode == 0, done.stderr
    assert "tools/cli/target/google_cloud.py" in done.stdout
    assert not [name for name in deleted if f"{name.replace('.', '/')}.py" in done.stdout]


def test_the_sandbox_is_refused_as_an_environment(left: Path) -> None:
    done = _python(left, "-m", "cli", "preview")

    assert done.returncode == 2
    assert done.stderr.startswith("error: this checkout has no embedded sandbox; STACK is an environment on Google")


def test_the_doctor_looks_at_what_is_left(left: Path) -> None:
    done = _python(left, "-m", "cli.doctor")

    assert done.stderr == ""
    subjects = [line.partition("  ")[0] for line in done.stdout.partition("\n\n")[0].splitlines()]
    assert "pulumi engine" in subjects
    assert not {"kubernetes", "ports", "sandbox", "tests/.venv"} & set(subjects)
