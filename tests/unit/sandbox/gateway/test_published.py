"""Kinds of the Gateway API: they come from the expected module only, and are installed once."""

import json
from pathlib import Path
from typing import Any

import pytest

from sandbox.gateway import gke, kinds, published
from toolchain import cache, golang
from toolchain.errors import ToolError
from toolchain.versions import InstalledProgram


def program(path: Path, text: str) -> Path:
    """A program with this shell script."""
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)
    return path


@pytest.fixture
def module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The module's folder as Go tells it, with one kind; the cache is empty."""
    folder = tmp_path / "module"
    standard = folder / "config" / "crd" / "standard"
    standard.mkdir(parents=True)
    kind = {
        "kind": "CustomResourceDefinition",
        "description": "long",
        "properties": {"description": {"type": "string"}},
    }
    (standard / "group_things.yaml").write_text(json.dumps(kind))
    (standard / "group_policy.yaml").write_text(json.dumps({"kind": "ValidatingAdmissionPolicy"}))
    monkeypatch.setattr(cache, "root", lambda: tmp_path / "cache")
    tell(folder, published.SUM, monkeypatch)
    return folder


def tell(folder: Path, total: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let Go answer that the module is in a folder and has a hash."""
    answer = json.dumps({"Dir": str(folder), "Sum": total})
    go = program(folder.parent / "go", f"echo '{answer}'")
    monkeypatch.setattr(golang, "ensure", lambda: InstalledProgram(go, "1", "test"))


def test_the_definitions_are_the_modules_kinds_and_gkes_without_texts(module: Path) -> None:
    content: Any = json.loads(published.ensure().read_text())
    assert content["items"][0]["properties"] == {"description": {"type": "string"}}
    assert [item["kind"] for item in content["items"]] == ["CustomResourceDefinition"] * 4
    assert "long" not in json.dumps(content)
    assert content["items"][1:] == gke.definitions()
    assert module.is_dir()


def test_another_module_is_refused(module: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tell(module, "h1:other", monkeypatch)
    with pytest.raises(ToolError, match="is not the expected one: its hash is h1:other"):
        published.ensure()


def test_a_module_that_is_not_to_be_had_is_an_error_with_its_remedy(
    module: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    go = program(module.parent / "go", "echo 'dial tcp: no such host'; exit 1")
    monkeypatch.setattr(golang, "ensure", lambda: InstalledProgram(go, "1", "test"))
    with pytest.raises(ToolError, match=r"no such host.*check Gateways and routes.*make tools"):
        published.ensure()


@pytest.mark.usefixtures("module")
def test_the_kinds_are_installed_once(tmp_path: Path) -> None:
    kubectl = program(tmp_path / "kubectl", f"echo $1 >> {tmp_path}/calls")
    for _ in range(2):
        kinds.install(tmp_path, kubectl)
    assert (tmp_path / "calls").read_text().split() == ["apply", "wait"]


@pytest.mark.usefixtures("module")
def test_kinds_that_the_api_server_refuses_are_tried_again(tmp_path: Path) -> None:
    with pytest.raises(ToolError, match=r"refused.*make up"):
        kinds.install(tmp_path, program(tmp_path / "kubectl", "echo refused >&2; exit 1"))
    kinds.install(tmp_path, program(tmp_path / "kubectl", "exit 0"))
