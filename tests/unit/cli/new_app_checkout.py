"""A small checkout to which apps are added: a repository of its own, with what the command reads and changes."""

import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from cli import catalog, new_app, stack_file, team_files
from cli.app_changes import NewApp
from toolchain.environments import CHECKOUT

COPIED = (
    ".github/CODEOWNERS",
    "policies/environments.yaml",
    "identity/Pulumi.*.yaml",
    "platform/Pulumi.*.yaml",
    "apps/Pulumi.*.yaml",
    "apps/entries/*.yaml",
    "apps/entry.schema.json",
)
INVOICES = NewApp("invoices", "shop", "webService")


def git(folder: Path, *arguments: str) -> str:
    """Output of git."""
    named = ["-c", "user.name=somebody", "-c", "user.email=somebody@example.com"]
    return subprocess.run(
        ["git", *named, *arguments], cwd=folder, check=True, capture_output=True, text=True
    ).stdout.strip()


def new_checkout(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository with the stack files, the entries and the skeletons, committed; the command works on it."""
    for pattern in COPIED:
        for file in CHECKOUT.glob(pattern):
            (folder / file.relative_to(CHECKOUT)).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(file, folder / file.relative_to(CHECKOUT))
    shutil.copytree(CHECKOUT / "apps" / "template", folder / "apps" / "template")
    git(folder, "init", "--quiet", "--initial-branch=main")
    git(folder, "add", ".")
    git(folder, "commit", "--quiet", "--message=begin")
    for name, value in (("user.name", "somebody"), ("user.email", "somebody@example.com")):
        git(folder, "config", name, value)
    for module in (new_app, catalog):
        monkeypatch.setattr(module, "CHECKOUT", folder)
    return folder


def forget() -> None:
    """Empty the caches: a test changes files that were read."""
    for cached in (stack_file.read, stack_file.names, team_files.teams):
        cached.cache_clear()


def config(root: Path, path: str) -> dict[str, Any]:
    """Content of a stack file."""
    return yaml.safe_load((root / path).read_text())["config"]
