import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from cli import documents
from cli.commands import NAMES
from cli.lock import ProjectTable, mismatches
from toolchain.environments import CHECKOUT

_LOCK = """# made by
rich==15.0.0 \\
    --hash=sha256:00
    # via demo (pyproject.toml)
pygments==2.21.0 \\
    --hash=sha256:00
    # via rich
"""


def _run(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    env = {**os.environ, "PYTHONPATH": str(CHECKOUT / "tools"), **environment}
    command = [sys.executable, "-m", "cli", *arguments]
    return subprocess.run(command, env=env, capture_output=True, text=True, check=False)


def _make(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    env = {**os.environ, **environment}
    return subprocess.run(["make", *arguments], cwd=CHECKOUT, env=env, capture_output=True, text=True, check=False)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["up", "--layer", "network"], "error: there is no layer 'network'"),
        (["shell"], "error: which stack?"),
        (["shell", "--layer", "apps", "--as", "root"], "error: there is no identity 'root'; AS is preview, deploy"),
        (
            ["bootstrap"],
            "error: `make bootstrap` needs STACK=prod, so nothing was done. STACK is the environment: dev, ",
        ),
        (["bootstrap", "--stack", "sandbox"], "error: the sandbox needs no first run"),
        (["upp"], "error: No such command 'upp'; `make help` lists the commands"),
        (
            ["preview", "--LAYERS", "x"],
            "error: `make preview` has no variable LAYERS, so nothing was done; it takes LAYER",
        ),
        (["preview", "--layer"], "error: Option '--layer' requires an argument"),
        (
            ["status", "--LAYER", "apps"],
            "error: `make status` has no variable LAYER, so nothing was done; it takes none",
        ),
    ],
)
def test_wrong_use_ends_with_2_and_one_message(tmp_path: Path, arguments: list[str], said: str) -> None:
    done = _run(*arguments, SANDBOX_DIR=str(tmp_path / "none"))

    assert done.returncode == 2
    assert said in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("command", ["preview", "status"])
def test_without_a_sandbox_a_command_says_how_to_start_one(tmp_path: Path, command: str) -> None:
    done = _run(command, SANDBOX_DIR=str(tmp_path / "none"))

    assert done.returncode == 1
    assert done.stderr == f"error: there is no sandbox at {tmp_path / 'none'}. Start one with `make up`.\n"


def test_down_without_a_sandbox_is_done(tmp_path: Path) -> None:
    assert _run("down", SANDBOX_DIR=str(tmp_path / "none")).returncode == 0


def test_down_leaves_a_folder_alone_that_is_no_sandbox(tmp_path: Path) -> None:
    (tmp_path / "precious").touch()

    done = _run("down", SANDBOX_DIR=str(tmp_path))

    assert done.returncode == 1
    assert "left alone" in done.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["precious"]


def test_a_preview_of_an_environment_that_has_no_stack_file_starts_nothing(tmp_path: Path) -> None:
    done = _run("preview", "--stack", "nowhere", SANDBOX_DIR=str(tmp_path / "none"))

    assert done.returncode == 1
    assert "identity/Pulumi.nowhere.yaml does not exist" in done.stderr


def test_make_alone_lists_every_command() -> None:
    done = _make()

    listed = re.findall(r"^  make ([a-z-]+) +", done.stdout, re.MULTILINE)
    assert listed == [*NAMES, "help"]


def test_the_descriptions_in_makes_list_begin_in_one_column() -> None:
    lines = [line for line in _make("help", "LAYER=apps").stdout.splitlines() if line.startswith("  make ")]

    assert len({re.match(r"  make [a-z-]+ +", line).end() for line in lines}) == 1  # pyright: ignore[reportOptionalMemberAccess] - all match


def test_only_what_is_given_on_makes_command_line_becomes_an_option() -> None:
    assert "--LAYER" not in _make("-n", "up", LAYER="ambient").stdout
    assert '--LAYER "$LAYER"' in _make("-n", "up", "LAYER=apps").stdout


def test_what_is_given_to_make_is_not_given_to_a_make_within_its_command() -> None:
    done = _make("status", "RUN=make -n down;:", "LAYER=apps")

    assert done.stdout == "python3 tools/toolchain/bootstrap.py down \n"


def test_a_command_for_the_shell_arrives_with_its_quotes() -> None:
    done = _make("shell", "RUN=printf '%s|'", "LAYER=apps", "CMD=echo \"a  b\" 'c'")

    assert done.stdout == "shell|--CMD|echo \"a  b\" 'c'|--LAYER|apps|"


def test_a_lock_that_fits_has_no_findings() -> None:
    assert mismatches(ProjectTable(name="demo", dependencies=["rich~=15.0"]), _LOCK) == []


@pytest.mark.parametrize(
    ("dependencies", "finding"),
    [
        (["rich~=16.0"], "requirements.txt locks rich 15.0.0, not rich~=16.0"),
        (["rich", "typer"], "requirements.txt does not lock typer"),
        ([], "requirements.txt locks rich, which pyproject.toml no longer asks for"),
    ],
)
def test_a_lock_that_does_not_fit_is_a_finding_with_its_remedy(dependencies: list[str], finding: str) -> None:
    assert mismatches(ProjectTable(name="demo", dependencies=dependencies), _LOCK) == [f"{finding}; run `make lock`"]


@pytest.fixture
def documented(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A checkout whose documents are true."""
    monkeypatch.setattr(documents, "CHECKOUT", tmp_path)
    (tmp_path / "Makefile").write_text("up: ## Bring up\ndown: ## Stop\n")
    (tmp_path / "README.md").write_text("`make up` and `make down`\n")
    for layer in documents.LAYERS:
        (tmp_path / layer).mkdir()
        (tmp_path / layer / "Pulumi.yaml").write_text(f"config:\n  {layer}:size: {{type: string}}\n")
        (tmp_path / layer / "README.md").write_text(f"| `{layer}:size` | how big |\n")
    return tmp_path


def test_documents_that_are_true_have_no_findings(documented: Path) -> None:
    assert documents.findings() == []


@pytest.mark.parametrize(
    ("file", "content", "finding"),
    [
        (
            "README.md",
            "`make up`, `make down`, `make tea`",
            "README.md mentions `make tea`, which the Makefile does not have",
        ),
        (
            "README.md",
            "`make up` `make down` [gone](apps/gone.md)",
            "README.md links to apps/gone.md, which is not there",
        ),
        (
            "README.md",
            "`make up` `make down`\n## What is it?\n[yes](#what-is-it) [no](#what-it-is)",
            "README.md links to #what-it-is, which is not there",
        ),
        ("apps/README.md", "", "apps/README.md does not explain the configuration key `apps:size`"),
        (
            "apps/README.md",
            "`size` `apps:colour`",
            "apps/README.md explains the configuration key `apps:colour`, which Pulumi.yaml lacks",
        ),
    ],
)
def test_a_claim_that_does_not_hold_is_a_finding(documented: Path, file: str, content: str, finding: str) -> None:
    (documented / file).write_text(content)

    assert documents.findings() == [finding]
