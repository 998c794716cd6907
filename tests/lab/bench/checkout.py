"""A copy of the checkout with a sandbox of its own, to which apps are added; and the cost of commands in it.

Memory is that of a command's own processes, without the servers. Processor seconds measure the work even where another
program uses the other core.
"""

import itertools
import re
import resource
import sys
import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from cli import app_skeleton
from cli.embedded.directory import SandboxDirectory
from cli.environment import without_sandbox
from e2e import tenants
from e2e.sandboxes import copy_checkout
from lab.bench.memory import Peak
from lab.bench.process import output

_APPS = "identity:apps"
_TEAM = "shop"
_ENTRY: dict[str, Any] = {
    "kind": "webService",
    "port": 8080,
    "healthPath": "/healthz",
    "resources": {"cpu": "50m", "memory": "64Mi"},
}


@dataclass(frozen=True)
class Cost:
    """Cost of a command: seconds, processor seconds, and megabytes at the peak."""

    seconds: float
    processor: float
    megabytes: float

    def times(self, other: "Cost") -> str:
        """Ratios to another cost, value by value."""
        pairs = ((self.seconds, other.seconds), (self.processor, other.processor), (self.megabytes, other.megabytes))
        return ", ".join(f"{mine / theirs:.2f}" for mine, theirs in pairs)

    def cells(self) -> list[str]:
        """Cells of a table."""
        return [f"{self.seconds:.1f} s", f"{self.processor:.1f} s", f"{self.megabytes:.0f} MB"]


class Checkout:
    """A copy of the checkout, to which apps are added and from which none is removed later.

    Args:
        folder: an empty one.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "checkout"
        self.sandbox = SandboxDirectory(folder / "sandbox")
        self._marks = (folder / f"command-{number}" for number in itertools.count())
        self._digests = itertools.count(1)
        copy_checkout(self.folder)

    def remove_apps(self) -> None:
        """Remove the apps of the example, before anything is brought up."""
        for file in (*self._files("apps/Pulumi.*-*.yaml"), *self._files("apps/entries/*.yaml")):
            file.unlink()
        self._set(f"identity/Pulumi.team-{_TEAM}-sandbox.yaml", _APPS, {})

    def declare(self, names: Iterable[str], team: str = _TEAM) -> None:
        """Declare further apps of a team: in the identity layer, and by an entry and a stack file each."""
        file = f"identity/Pulumi.team-{team}-sandbox.yaml"
        if not (self.folder / file).is_file():
            self.add_team(team)
        present = self._read(file)["config"].get(_APPS, {})
        new = [name for name in names if name not in present]
        declared: dict[str, Any] = {name: {} for name in new}
        self._set(file, _APPS, {**present, **declared})
        for name in new:
            self.write(name, team)

    def add_team(self, team: str) -> None:
        """Write the stack files of a team without an app."""
        tenants.add_team(self.folder, team, f"{team}@example.com", {})

    def write(self, name: str, team: str = _TEAM) -> None:
        """Write an app's entry, and its stack file with a new image."""
        digest = f"{next(self._digests):064x}"
        files = app_skeleton.files(self.folder, name, team, _ENTRY["kind"])
        for path, text in files.items():
            (self.folder / path).write_text(re.sub(r"[0-9a-f]{64}", digest, text), encoding="utf-8")
        entry = yaml.safe_dump({**_ENTRY, "team": team})
        (self.folder / "apps" / "entries" / f"{name}.yaml").write_text(entry, encoding="utf-8")

    @property
    def env(self) -> Mapping[str, str]:
        """An environment for commands of this copy, on its sandbox."""
        tools = str(self.folder / "tools")
        return {**without_sandbox(), "PYTHONPATH": tools, "SANDBOX_DIR": str(self.sandbox.path)}

    def run(self, *arguments: str) -> Cost:
        """Run a command of the product; return its cost."""
        return self.printed(*arguments)[0]

    def printed(self, *arguments: str) -> tuple[Cost, str]:
        """Run a command of the product; return its cost and its output."""
        mark = next(self._marks)
        started, before = time.monotonic(), _processor()
        with Peak(mark) as peak:
            text = output([sys.executable, "-m", "cli", *arguments], self.folder, {**self.env, "MARK": str(mark)})
        return Cost(time.monotonic() - started, _processor() - before, peak.megabytes), text

    def _files(self, pattern: str) -> Iterator[Path]:
        return self.folder.glob(pattern)

    def _read(self, path: str) -> dict[str, Any]:
        return yaml.safe_load((self.folder / path).read_text(encoding="utf-8"))

    def _set(self, path: str, key: str, value: object) -> None:
        content = self._read(path)
        content["config"][key] = value
        (self.folder / path).write_text(yaml.safe_dump(content), encoding="utf-8")


def _processor() -> float:
    """Processor seconds of ended child processes and of their children; load on the machine changes them little."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime
