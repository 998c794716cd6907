"""Checkouts with other stack files than the committed ones, for which the layers' own programs are compared."""

import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from cli import layout, rollout, stack_file, team_files
from compare import __main__ as command
from compare import values as programs
from toolchain.environments import CHECKOUT
from unit import pulumi_mocks

COPIED = (rollout.FILE, "*/Pulumi.*.yaml", "*/Pulumi.yaml", "*/differences.yaml")
# The two environments that are committed, in their order.
FIRST, LAST = (each.name for each in rollout.listed(CHECKOUT))

Config = dict[str, Any]


@dataclass(frozen=True)
class Checkout:
    """A checkout whose stack files a test changes."""

    root: Path

    def edit(self, stack: str, change: Callable[[Config], object]) -> None:
        """Change the `config` of a stack file, such as `platform/dev`."""
        layer, _, name = stack.partition("/")
        file = self.root / layer / f"Pulumi.{name}.yaml"
        content = yaml.safe_load(file.read_text())
        change(content["config"])
        file.write_text(yaml.safe_dump(content))

    def add(self, stack: str, like: str, replaced: dict[str, str]) -> None:
        """A stack file made from another one."""
        (layer, _, name), (_, _, source) = stack.partition("/"), like.partition("/")
        text = (self.root / layer / f"Pulumi.{source}.yaml").read_text()
        for old, new in replaced.items():
            text = text.replace(old, new)
        (self.root / layer / f"Pulumi.{name}.yaml").write_text(text)

    def list_environments(self, *names: str) -> None:
        """The environments in their order."""
        (self.root / rollout.FILE).write_text(yaml.safe_dump({"environments": [{"name": name} for name in names]}))

    def findings(self, layer: str) -> list[str]:
        """Findings of `make compare` on a layer, its unused entries included."""
        forget()
        found = command.compared(layer)
        return [*(each.words() for each in found.unintended), *(entry.resource for entry in found.unused)]


def forget() -> None:
    """Forget what programs declared for stack files that have changed."""
    programs.values.cache_clear()
    programs._declared.cache_clear()  # pyright: ignore[reportPrivateUsage]  what the double declared of it
    team_files.teams.cache_clear()
    stack_file.read.cache_clear()
    stack_file.names.cache_clear()


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Checkout]:
    """The committed environments, to change; a key without a value has no default either."""
    for pattern in COPIED:
        for file in CHECKOUT.glob(pattern):
            target = tmp_path / file.relative_to(CHECKOUT)
            target.parent.mkdir(exist_ok=True)
            shutil.copy(file, target)
    for module in (layout, command):
        monkeypatch.setattr(module, "CHECKOUT", tmp_path)

    def configuration(layer: str, stack: str) -> Config:
        found = pulumi_mocks.stack_configuration(layer, stack, tmp_path)
        return {key: value for key, value in found.items() if value is not None}

    monkeypatch.setattr(programs, "stack_configuration", configuration)
    yield Checkout(tmp_path)
    forget()
