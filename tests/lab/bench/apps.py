"""Cost of one app among others, and of several at once.

All layers are brought up for each number of apps in turn. Memory is that of the command's own processes, without the
servers. Processor seconds measure the work even where another program uses the other core.
"""

import json
import re
import resource
import statistics
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from cli import app_skeleton, state
from cli.embedded.directory import SandboxDirectory
from cli.embedded.environment import sandbox_environment
from cli.environment import without_sandbox
from cli.layout import SANDBOX, Stack
from e2e.sandboxes import copy_checkout
from lab.bench import single
from lab.bench.memory import Peak
from lab.bench.process import output
from lab.bench.quiet import settled
from lab.bench.tables import Table
from toolchain.progress import say

_RUNS = 3
# Among how many apps the single stack is measured at most: with more, its preview alone takes many minutes.
_LARGEST_SINGLE = 50
_PLATFORM = Stack("platform", SANDBOX)
_MEASURED = "measured"
_ENTRY: dict[str, Any] = {
    "kind": "webService",
    "team": "shop",
    "port": 8080,
    "healthPath": "/healthz",
    "resources": {"cpu": "10m", "memory": "32Mi"},
}


@dataclass(frozen=True)
class _Taken:
    """Cost of a command: seconds, processor seconds, and megabytes at the peak."""

    seconds: float
    processor: float
    megabytes: float

    def times(self, other: "_Taken") -> str:
        """Ratios to another cost, value by value."""
        pairs = ((self.seconds, other.seconds), (self.processor, other.processor), (self.megabytes, other.megabytes))
        return ", ".join(f"{mine / theirs:.2f}" for mine, theirs in pairs)

    def cells(self) -> list[str]:
        """Cells of a table."""
        return [f"{self.seconds:.1f} s", f"{self.processor:.1f} s", f"{self.megabytes:.0f} MB"]


class _Bench:
    """A checkout and a sandbox of its own, to which apps are added and from which none is removed."""

    def __init__(self, folder: Path) -> None:
        self.checkout = folder / "checkout"
        self.sandbox = SandboxDirectory(folder / "sandbox")
        self._marks = (folder / f"command-{number}" for number in range(10**6))
        self._digests = iter(range(1, 10**6))
        copy_checkout(self.checkout)
        for file in (*self._files("apps/Pulumi.*-*.yaml"), *self._files("apps/entries/*.yaml")):
            file.unlink()
        self._edit("identity/Pulumi.sandbox.yaml", "identity:apps", {})

    def _files(self, pattern: str) -> Iterator[Path]:
        return self.checkout.glob(pattern)

    def _edit(self, path: str, key: str, value: object) -> None:
        file = self.checkout / path
        content = yaml.safe_load(file.read_text(encoding="utf-8"))
        content["config"][key] = value
        file.write_text(yaml.safe_dump(content), encoding="utf-8")

    def declare(self, names: Sequence[str]) -> None:
        """Declare apps: in the identity layer, and by an entry and a stack file each."""
        self._edit("identity/Pulumi.sandbox.yaml", "identity:apps", {name: {"team": "shop"} for name in names})
        for name in names:
            if not (self.checkout / "apps" / "entries" / f"{name}.yaml").exists():
                self.write(name)

    def write(self, name: str) -> None:
        """Write an app's entry, and its stack file with a new image."""
        digest = f"{next(self._digests):064x}"
        files = app_skeleton.files(self.checkout, name, _ENTRY["team"], _ENTRY["kind"])
        for path, text in files.items():
            (self.checkout / path).write_text(re.sub(r"[0-9a-f]{64}", digest, text), encoding="utf-8")
        (self.checkout / "apps" / "entries" / f"{name}.yaml").write_text(yaml.safe_dump(_ENTRY), encoding="utf-8")

    def single(self) -> list[list[str]]:
        """Rows of `lab.bench.single`, run in this checkout."""
        command = [sys.executable, "-m", "lab.bench.single"]
        return json.loads(output(command, self.checkout / "tests", self._env()))

    def _env(self) -> dict[str, str]:
        tools = str(self.checkout / "tools")
        return {**without_sandbox(), "PYTHONPATH": tools, "SANDBOX_DIR": str(self.sandbox.path)}

    def bring_up_platform(self) -> None:
        """Bring up the platform layer with its state written once, at the end.

        With `make up` the engine writes the whole state after every step. With the hundreds of namespaces that are
        created at once here, and never in practice, that would take hours.
        """
        env = sandbox_environment(self.sandbox, _PLATFORM, "deploy")
        env |= {"PULUMI_EXPERIMENTAL": "true", "PULUMI_SKIP_CHECKPOINTS": "true"}
        pulumi = [str(self.sandbox.bin / "pulumi"), "--non-interactive"]
        folder = self.checkout / "platform"
        if not state.file(self.sandbox, _PLATFORM).exists():
            begin = ["stack", "init", _PLATFORM.name, "--no-select", "--secrets-provider", "passphrase"]
            output([*pulumi, *begin], folder, env)
        output([*pulumi, "up", "--stack", _PLATFORM.name, "--yes", "--skip-preview", "--suppress-outputs"], folder, env)

    def run(self, *arguments: str) -> _Taken:
        """Run a command of the product; return its cost."""
        mark = next(self._marks)
        started, before = time.monotonic(), _processor()
        with Peak(mark) as peak:
            command = [sys.executable, "-m", "cli", *arguments]
            output(command, self.checkout, {**self._env(), "MARK": str(mark)})
        return _Taken(time.monotonic() - started, _processor() - before, peak.megabytes)


def _one(bench: _Bench) -> tuple[_Taken, _Taken]:
    """Cost of a preview of the measured app with a new image, and of the update: medians of several runs."""
    previews: list[_Taken] = []
    updates: list[_Taken] = []
    for _ in range(_RUNS):
        bench.write(_MEASURED)
        settled()
        previews.append(bench.run("preview", "--app", _MEASURED))
        updates.append(bench.run("up", "--app", _MEASURED))
    return _median(previews), _median(updates)


def _median(taken: Sequence[_Taken]) -> _Taken:
    return _Taken(
        statistics.median(each.seconds for each in taken),
        statistics.median(each.processor for each in taken),
        statistics.median(each.megabytes for each in taken),
    )


def _processor() -> float:
    """Processor seconds of ended child processes and of their children; load on the machine changes them little."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _row(what: str, taken: _Taken, alone: _Taken | None = None) -> list[str]:
    row = [what, *taken.cells(), taken.times(alone) if alone else ""]
    say("  ".join(row))
    return row


def _rows(bench: _Bench, numbers: Sequence[int]) -> Iterator[tuple[int, list[list[str]]]]:
    """Rows for each number of apps: one app, and all of them. Apps stay for the next number."""
    names = [f"app-{number:03}" for number in range(1, max(numbers))]
    alone: tuple[_Taken, _Taken] | None = None
    there = 0
    for number in numbers:
        bench.declare([_MEASURED, *names[: number - 1]])
        among = f"{number} apps" if number > 1 else "one app"
        bench.run("up", "--layer", "identity")
        bench.bring_up_platform()
        platform = _row(f"{among}: `make preview OWNER=platform`", bench.run("preview", "--owner", "platform"))
        every = _row(f"{number - there} of them new: `make up LAYER=apps`", bench.run("up", "--layer", "apps"))
        preview, update = _one(bench)
        one = _row(f"one app among {number}: `make preview APP=…`", preview, alone and alone[0])
        again = _row(f"one app among {number}: `make up APP=…`", update, alone and alone[1])
        yield number, [platform, every, one, again]
        alone = alone or (preview, update)
        there = number


def measured(folder: Path, numbers: Sequence[int]) -> Iterator[Table]:
    """Tables for each number of apps; for one number that takes no hours, the single stack as well.

    Args:
        folder: an empty one.
        numbers: of apps, ascending.
    """
    compared = max((number for number in numbers if number <= _LARGEST_SINGLE), default=numbers[0])
    bench = _Bench(folder)
    rows: list[list[str]] = []
    try:
        for number, taken in _rows(bench, numbers):
            rows += taken
            if number == compared:
                say(f"{number} apps in their layers and in a single stack …")
                yield Table("single-apps", (f"change, among {number} apps", *single.COLUMNS), bench.single())
    finally:
        bench.run("down")
    yield Table("apps", ("what", "time", "processor", "memory", "time, processor, memory: times one alone"), rows)
