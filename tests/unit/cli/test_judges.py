from collections.abc import Iterator
from pathlib import Path

import pytest

from cli.layout import Stack
from cli.pulumi import judges
from toolchain import confined
from toolchain.errors import ToolError


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A checkout with what judges: rules, commands, workflows, environments."""
    for file in ("policies/waivers.yaml", "tools/cli/gate.py", ".github/workflows/deploy.yml", "Makefile"):
        (tmp_path / file).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / file).write_text("as reviewed\n")
    for file in ("policies/.venv/lib/yaml.py", "policies/.venv/__pycache__/yaml.pyc", "tools/.venv/lib/typer.py"):
        (tmp_path / file).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / file).write_text("as released\n")
    monkeypatch.setattr(judges, "CHECKOUT", tmp_path)
    monkeypatch.setattr(confined, "version", lambda: 0)
    judges.noted.cache_clear()
    judges.before_run(Stack("identity", "sandbox"))
    yield tmp_path
    judges.noted.cache_clear()


@pytest.mark.parametrize(
    "file",
    [
        "policies/waivers.yaml",
        "policies/another.yaml",
        "tools/cli/gate.py",
        ".github/workflows/deploy.yml",
        "Makefile",
        "policies/.venv/lib/yaml.py",
        "policies/.venv/lib/sitecustomize.py",
        "policies/.venv/__pycache__/yaml.pyc",
        "tools/.venv/lib/typer.py",
    ],
)
def test_a_changed_or_added_file_that_judges_is_named_and_ends_the_command(checkout: Path, file: str) -> None:
    (checkout / file).write_text("as the program likes it\n")

    with pytest.raises(ToolError) as refused:
        judges.require_unchanged("platform/storage")

    assert str(refused.value).startswith("platform/storage: files that judge its plan changed while this command ran")
    assert f"\n  {file}\n" in str(refused.value)


def test_a_removed_file_that_judges_is_named(checkout: Path) -> None:
    (checkout / "policies" / "waivers.yaml").unlink()

    with pytest.raises(ToolError, match=r"\n  policies/waivers\.yaml\n"):
        judges.require_unchanged("apps/reports")


def test_new_bytecode_and_files_of_layers_are_no_change(checkout: Path) -> None:
    for file in ("tools/cli/__pycache__/gate.pyc", "policies/.venv/__pycache__/more.pyc", "identity/program.py"):
        (checkout / file).parent.mkdir(parents=True, exist_ok=True)
        (checkout / file).write_text("new\n")

    judges.require_unchanged("platform")


def test_where_programs_write_no_file_environments_are_not_looked_through(
    checkout: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(confined, "version", lambda: 7)
    judges.noted.cache_clear()
    judges.require_unchanged("platform")
    (checkout / "tools" / ".venv" / "lib" / "typer.py").write_text("changed, and longer\n")

    judges.require_unchanged("platform")
    (checkout / "policies" / "waivers.yaml").write_text("changed\n")
    with pytest.raises(ToolError):
        judges.require_unchanged("platform")
