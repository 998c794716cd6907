import os
import subprocess
import sys
from pathlib import Path

import pytest

from cli import rollout
from cli.commands import NAMES
from cli.github import steps
from toolchain import bootstrap, environments, pins, progress, stage0, uv
from toolchain.environments import CHECKOUT
from toolchain.errors import ToolError

from .conftest import MakeProgram

BOOTSTRAP = CHECKOUT / "tools" / "toolchain" / "bootstrap.py"


def test_an_old_python_is_told_so_in_one_message(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "version_info", (3, 9, 2))
    monkeypatch.setattr(bootstrap, "newer_python", lambda: "")

    assert bootstrap.main() == 1
    assert "is Python 3.9, and this repository needs 3.11 or later" in capsys.readouterr().err


def test_an_old_python_hands_over_to_a_newer_one_on_path(monkeypatch: pytest.MonkeyPatch) -> None:
    called: list[list[str]] = []
    monkeypatch.setattr(sys, "version_info", (3, 9, 2))
    monkeypatch.setattr(sys, "argv", ["bootstrap.py", "up"])
    monkeypatch.setattr(bootstrap, "newer_python", lambda: "/usr/bin/python3.12")

    def execute(path: str, arguments: list[str]) -> None:
        called.append(arguments)
        raise SystemExit

    monkeypatch.setattr(os, "execv", execute)

    with pytest.raises(SystemExit):
        bootstrap.main()
    assert called == [["/usr/bin/python3.12", "bootstrap.py", "up"]]


def test_the_first_step_imports_the_standard_library_only() -> None:
    script = f"""
import sys
sys.path.insert(0, {str(CHECKOUT / "tools")!r})
import toolchain.stage0, cli.doctor, cli.embedded.doctor
"""
    done = subprocess.run([sys.executable, "-I", "-S", "-c", script], capture_output=True, text=True, check=False)

    assert done.stderr == ""


def test_the_pinned_uv_is_taken_from_path_and_another_minor_version_is_not(
    program: MakeProgram, cache_home: Path
) -> None:
    program("uv", 'echo "uv 0.14.0"')
    assert uv.find()[0] is None

    program("uv", f'echo "uv {pins.UV_TEXT}"')
    found, _ = uv.find()
    assert found is not None
    assert found.source == "PATH"


def test_without_uv_and_offline_the_remedy_is_named(
    program: MakeProgram, cache_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program("other", "")
    monkeypatch.setenv("SANDBOX_OFFLINE", "1")

    with pytest.raises(ToolError, match=r"SANDBOX_OFFLINE is set.*put that uv on PATH"):
        uv.ensure()


def test_pips_index_is_carried_over_to_uv_unless_uv_has_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("UV_DEFAULT_INDEX", "UV_INDEX_URL", "UV_INDEX"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PIP_INDEX_URL", "https://mirror.example/simple")
    assert uv.environment()["UV_DEFAULT_INDEX"] == "https://mirror.example/simple"

    monkeypatch.setenv("UV_DEFAULT_INDEX", "https://own.example/simple")
    assert uv.environment()["UV_DEFAULT_INDEX"] == "https://own.example/simple"


def test_every_project_has_a_lock_file_with_hashes() -> None:
    for project in environments.PROJECTS:
        lock = (CHECKOUT / project / "requirements.txt").read_text()
        assert lock.count("==") <= lock.count("--hash=sha256:"), project


@pytest.mark.parametrize(("seconds", "shown"), [(0.42, "0.4s"), (12.3, "12s"), (59.6, "1m00s"), (200, "3m20s")])
def test_a_duration_is_short(seconds: float, shown: str) -> None:
    assert progress.duration(seconds) == shown


def test_a_step_that_fails_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    def make() -> None:
        with progress.step("making a thing") as running:
            running.note = "half of it"
            raise ToolError("no")

    with pytest.raises(ToolError):
        make()

    assert "making a thing … failed after 0.0s, half of it" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "variables", "expected"),
    [
        (["deploy", "--STACK", "dev", "--LAYER", "identity"], {}, ("tools", "identity", "policies")),
        (["preview"], {}, ("tools", "identity", "platform", "apps", "policies")),
        (["ci", "--STEP", "preview"], {"LAYER": "apps"}, ("tools", "apps", "policies")),
        (["deploy", "--LAYER", "nothing"], {}, ("tools", "identity", "platform", "apps", "policies")),
        (["down"], {}, ("tools",)),
        (["audit", "--STACK", "prod"], {}, ("tools", "policies")),
        (["access", "--PLANNED", "yes"], {}, ("tools", "identity", "platform", "apps", "policies")),
        (["portal", "--DRIFT", "yes"], {}, ("tools", "identity", "platform", "apps", "policies")),
        (["history", "--STACK", "prod"], {}, ("tools",)),
        (["move", "--STACK", "prod"], {}, ("tools",)),
        (["bootstrap", "--STACK", "prod"], {}, ("tools", "identity", "policies")),
        (["deploy", "--APP", "shop books", "--STACK", "prod"], {}, ("tools", "apps", "policies")),
        (["ci", "--STEP", "comment"], {}, ("tools",)),
        (["ci", "--STEP", "actions"], {}, ("tools", "tests")),
        (["ci", "--STEP", "drift"], {"LAYER": "identity"}, ("tools", "identity", "policies")),
        (["test", "--ARGS", "-k x"], {}, environments.PROJECTS),
    ],
)
def test_a_command_makes_the_environments_that_it_uses_and_no_other(
    arguments: list[str], variables: dict[str, str], expected: tuple[str, ...]
) -> None:
    assert stage0.needed(arguments, variables) == expected


@pytest.mark.parametrize(
    ("arguments", "variables", "expected"),
    [
        (["up"], {}, False),
        (["preview", "--STACK", "sandbox"], {}, False),
        (["preview", "--STACK", "prod", "--LAYER", "apps"], {}, True),
        (["bootstrap", "--STACK", "dev"], {}, True),
        (["deploy", "--APP", "shop", "--STACK", "dev"], {}, True),
        (["ci", "--STEP", "preview"], {"ACTIONS_ID_TOKEN_REQUEST_URL": "https://github.invalid/token"}, True),
        (["ci", "--STEP", "comment"], {"GITHUB_ACTIONS": "true"}, False),
    ],
)
def test_a_command_that_can_sign_in_to_google_cloud_has_pinned_programs(
    arguments: list[str], variables: dict[str, str], expected: bool
) -> None:
    assert stage0.has_identity(arguments, variables) is expected
    assert stage0.SANDBOX == rollout.SANDBOX


def test_a_job_with_an_identity_takes_no_uv_from_path(program: MakeProgram, cache_home: Path) -> None:
    program("uv", f'echo "uv {pins.UV_TEXT}"')

    assert uv.find()[0] is not None
    assert uv.find(pinned=True) == (None, "not in the cache")


def test_a_command_or_a_step_that_is_named_exists() -> None:
    named = [*stage0.OF_TESTS, *stage0.OF_TOOLS, *stage0.OF_POLICIES]

    assert len(named) == len(set(named))
    assert set(named) - {"help"} <= set(NAMES)
    assert {*stage0.STEPS_OF_LAYERS, stage0.STEP_OF_TESTS} <= steps.STEPS.keys()
