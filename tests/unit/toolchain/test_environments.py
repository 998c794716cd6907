from pathlib import Path

import pytest

from toolchain import environments
from toolchain.errors import ToolError

from .conftest import MakeProgram

# A uv that writes down how it was called and makes what it is asked to make.
_UV = """
[ "$1" = "--version" ] && { echo "uv 0.13.8"; exit 0; }
echo "$@" >> ../calls
[ "$1" = "venv" ] && { rm -rf .venv; mkdir -p .venv/bin; touch .venv/bin/python; }
exit 0
"""


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, cache_home: Path) -> Path:
    """A checkout with one locked project."""
    folder = tmp_path / "checkout"
    (folder / "tests").mkdir(parents=True)
    (folder / "tests" / "requirements.txt").write_text("pytest==9.2.0\n")
    monkeypatch.setattr(environments, "CHECKOUT", folder)
    return folder


def _no_process(*arguments: object, **options: object) -> None:
    pytest.fail(f"a process was started: {arguments}")


def _calls(checkout: Path) -> list[str]:
    calls = checkout / "calls"
    return calls.read_text().splitlines() if calls.exists() else []


def test_an_absent_environment_is_made_from_hashes_only(checkout: Path, program: MakeProgram) -> None:
    program("uv", _UV)

    environments.ensure(["tests"])

    assert environments.outdated(["tests"]) == []
    venv, sync = _calls(checkout)
    assert venv.startswith("venv ")
    assert sync.startswith("pip sync ")
    assert "--require-hashes" in sync


def test_an_unchanged_environment_is_left_alone_without_a_process(
    checkout: Path, program: MakeProgram, monkeypatch: pytest.MonkeyPatch
) -> None:
    program("uv", _UV)
    environments.ensure(["tests"])
    with monkeypatch.context() as patch:
        patch.setattr("subprocess.Popen", _no_process)
        environments.ensure(["tests"])

    assert len(_calls(checkout)) == 2


def test_a_changed_lock_file_makes_the_environment_anew(checkout: Path, program: MakeProgram) -> None:
    program("uv", _UV)
    environments.ensure(["tests"])
    (checkout / "tests" / "requirements.txt").write_text("pytest==9.2.1\n")

    environments.ensure(["tests"])

    assert len(_calls(checkout)) == 4


def test_an_environment_whose_python_is_gone_is_made_anew(checkout: Path, program: MakeProgram) -> None:
    program("uv", _UV)
    environments.ensure(["tests"])
    python = environments.python("tests")
    python.unlink()
    python.symlink_to("/removed/python3")

    assert environments.outdated(["tests"]) == ["tests"]


def test_an_environment_without_its_stamp_is_made_anew(checkout: Path, program: MakeProgram) -> None:
    program("uv", _UV)
    environments.ensure(["tests"])
    (checkout / "tests" / ".venv" / "prodfirst-stamp").unlink()

    assert environments.outdated(["tests"]) == ["tests"]


def test_a_project_without_lock_file_is_one_message(checkout: Path) -> None:
    with pytest.raises(ToolError, match=r"apps/requirements\.txt cannot be read .*make lock"):
        environments.ensure(["tests", "apps"])


def test_a_failing_uv_leaves_no_environment_and_is_quoted(checkout: Path, program: MakeProgram) -> None:
    failing = 'if [ "$2" = "sync" ]; then echo "no route to the index"; exit 2; fi; exit 0'
    program("uv", _UV.removesuffix("exit 0\n") + failing)

    with pytest.raises(ToolError, match=r"tests/\.venv could not be made(?s:.*)no route to the index"):
        environments.ensure(["tests"])

    assert not (checkout / "tests" / ".venv").exists()


def test_a_disk_that_is_full_while_installing_is_said_to_be_full(checkout: Path, program: MakeProgram) -> None:
    failing = 'if [ "$2" = "sync" ]; then echo "write: No space left on device (os error 28)"; exit 2; fi; exit 0'
    program("uv", _UV.removesuffix("exit 0\n") + failing)

    with pytest.raises(ToolError, match="the disk is full"):
        environments.ensure(["tests"])
