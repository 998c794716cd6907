"""The kit is the same in every layer, copied by one command, and reviewed by the owner of each layer."""

import ast
import shutil
import subprocess
from pathlib import Path

import pytest
from codeowners import CodeOwners

from cli import kit
from cli.layout import LAYERS
from toolchain.environments import python
from unit.pulumi_mocks import ROOT


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A copy of the three kits."""
    for layer in (*LAYERS, kit.POLICIES):
        shutil.copytree(kit.folder(layer), kit.folder(layer, tmp_path), ignore=shutil.ignore_patterns("__pycache__"))
    return tmp_path


def test_the_kit_is_the_same_in_every_layer() -> None:
    assert kit.findings() == []


def test_a_copy_that_was_changed_lost_or_added_is_found_and_brought_back(checkout: Path) -> None:
    platform, apps = (kit.folder(layer, checkout) for layer in ("platform", "apps"))
    with (platform / "envelope.py").open("a") as file:
        file.write("\n")
    (apps / "scalars.py").unlink()
    (apps / "own.py").write_text("")
    (kit.folder(kit.POLICIES, checkout) / "wording.py").write_text("")
    expected = [
        "platform/platform_layer/kit/envelope.py",
        "apps/apps_layer/kit/own.py",
        "apps/apps_layer/kit/scalars.py",
        "policies/engine/wording.py",
    ]

    findings = kit.findings(checkout)
    assert [finding.partition(" ")[0] for finding in findings] == expected
    assert all(finding.endswith("change the kit there, and run `make kit`") for finding in findings)

    assert list(kit.copy(checkout)) == expected
    assert kit.findings(checkout) == []


def test_a_change_of_the_source_reaches_every_layer(checkout: Path) -> None:
    (kit.folder("identity", checkout) / "new.py").write_text('"""New."""\n')

    assert len(list(kit.copy(checkout))) == 2
    assert kit.findings(checkout) == []


@pytest.mark.parametrize("layer", LAYERS)
def test_each_layer_has_what_the_whole_kit_imports(layer: str) -> None:
    modules = [f"{layer}_layer.kit.{file.stem}" for file in kit.folder(layer).glob("[!_]*.py")]
    command = [str(python(layer)), "-c", f"import {', '.join(modules)}"]

    done = subprocess.run(command, cwd=ROOT / layer, capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stderr


def test_a_change_of_the_kit_is_reviewed_by_the_owner_of_every_layer() -> None:
    owners = CodeOwners((ROOT / ".github" / "CODEOWNERS").read_text())
    for layer in LAYERS:
        for file in kit.folder(layer).glob("*.py"):
            assert owners.of(str(file.relative_to(ROOT))) == owners.of(f"{layer}/{layer}_layer/__init__.py")


@pytest.mark.parametrize("file", sorted(path.name for path in kit.folder("identity").glob("*.py")))
def test_the_kit_imports_nothing_of_a_layer_but_itself(file: str) -> None:
    for node in ast.walk(ast.parse((kit.folder("identity") / file).read_text())):
        modules = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        modules += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
        assert not any(module.partition(".")[0].endswith("_layer") for module in modules)
        assert not isinstance(node, ast.ImportFrom) or node.level <= 1
