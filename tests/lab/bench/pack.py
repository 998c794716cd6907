"""Cost of the policy pack and of the plan gate.

The same program is previewed by the real engine without a pack, with a pack of the SDK that has one empty rule, and
with the whole pack; each several times in turn, since a shared machine is slower at times. The pack's tests accept the
resources, so every rule that concerns them runs to its end.
"""

import json
import os
import statistics
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from cli.environment import stripped
from cli.layout import POLICIES, Stack
from cli.pulumi import gate
from lab.bench.memory import Peak
from lab.bench.process import output
from lab.bench.tables import Table
from pack.cases import apps
from toolchain import engine
from toolchain.environments import CHECKOUT
from toolchain.progress import say

_ROUNDS = {100: 5, 1_000: 3, 10_000: 1}
_KINDS = (apps.DEPLOYMENT, apps.SERVICE, apps.SERVICE_ACCOUNT, apps.TRAFFIC)
_PYTHON = """\
name: apps
runtime:
  name: python
  options:
    virtualenv: {environment}
"""
# The event log is one of the options that the engine keeps for its developers.
_FOR_DEVELOPERS = {"PULUMI_DEBUG_COMMANDS": "true"}
_EMPTY = """\
from pulumi_policy import EnforcementLevel, PolicyPack, ResourceValidationPolicy

PolicyPack("empty", [ResourceValidationPolicy("nothing", "Nothing.", lambda args, report: None)],
           EnforcementLevel.MANDATORY)
"""


class _PackPeak(Peak):
    """The memory of the pack's own process; the engine's command names the pack as well."""

    def _belongs(self, process: Path) -> bool:
        try:
            arguments = (process / "cmdline").read_bytes().split(b"\0")
        except OSError:
            return False  # it ended
        return b"python" in arguments[0] and self._needle in arguments and b"--policy-pack" not in arguments


@dataclass(frozen=True)
class Bench:
    """A folder with the program, the pack with one empty rule, and a state of its own."""

    folder: Path
    pulumi: Path

    @property
    def env(self) -> dict[str, str]:
        """The environment of the engine."""
        return {
            **stripped(),
            "PATH": f"{self.pulumi.parent}{os.pathsep}{os.environ.get('PATH', os.defpath)}",
            "PULUMI_HOME": str(self.folder / "home"),
            "PULUMI_BACKEND_URL": f"file://{self.folder}",
            "PULUMI_CONFIG_PASSPHRASE": "",
            "PULUMI_SKIP_UPDATE_CHECK": "true",
            "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true",
            "KINDS": str(self.folder / "kinds.json"),
        }

    def prepare(self) -> None:
        """Write the program, the empty pack and the state."""
        _project(self.folder / "program", "Pulumi.yaml", "identity", Path(__file__).with_name("pack_program.py"))
        _project(self.folder / "empty", "PulumiPolicy.yaml", "policies", None)
        kinds = [(kind, apps.VALID[kind].inputs) for kind in _KINDS]
        (self.folder / "kinds.json").write_text(json.dumps(kinds), encoding="utf-8")
        self.run(["stack", "init", "bench"], {})

    def run(self, arguments: list[str], env: Mapping[str, str]) -> None:
        """Run one command of the engine."""
        output([str(self.pulumi), "--non-interactive", *arguments], self.folder / "program", {**self.env, **env})

    def preview(self, resources: int, pack: Path | None) -> tuple[float, float]:
        """Seconds of a preview, and the megabytes of the pack's process at its peak."""
        options = ["--policy-pack", str(pack)] if pack else []
        with _PackPeak(pack or self.folder) as peak:
            started = time.monotonic()
            self.run(
                ["preview", "--stack", "bench", "--suppress-outputs", "--suppress-progress", *options],
                {"RESOURCES": str(resources)},
            )
            taken = time.monotonic() - started
        return taken, peak.megabytes

    def gate_seconds(self, resources: int) -> float:
        """Seconds that the plan gate takes for the plan of a preview that creates `resources`."""
        plan, events = self.folder / "plan.json", self.folder / "events.json"
        options = [f"--save-plan={plan}", f"--event-log={events}"]
        self.run(["preview", "--stack", "bench", *options], {"RESOURCES": str(resources), **_FOR_DEVELOPERS})
        state = self.folder / ".pulumi" / "stacks" / "apps" / "bench.json"
        started = time.monotonic()
        gate.evaluate(Stack("apps", "bench"), gate.PreviewArtifacts(plan, events, state.read_bytes), binding=False)
        taken = time.monotonic() - started
        say(f"{resources} resources, plan gate: {taken:.2f} s")
        plan.unlink()
        events.unlink()
        return taken


def _project(folder: Path, file: str, layer: str, program: Path | None) -> None:
    folder.mkdir()
    text = _PYTHON.format(environment=CHECKOUT / layer / ".venv")
    (folder / file).write_text(text, encoding="utf-8")
    source = program.read_text(encoding="utf-8") if program else _EMPTY
    (folder / "__main__.py").write_text(source, encoding="utf-8")


def _packs(bench: Bench) -> dict[str, Path | None]:
    return {"none": None, "one empty rule": bench.folder / "empty", "whole pack": POLICIES}


def _one_size(bench: Bench, resources: int) -> list[list[str]]:
    """Rows for one number of resources: each pack, and the plan gate."""
    times: dict[str, list[float]] = {}
    memory: dict[str, float] = {}
    for _ in range(_ROUNDS.get(resources, 1)):
        for name, pack in _packs(bench).items():
            taken, megabytes = bench.preview(resources, pack)
            say(f"{resources} resources, pack: {name}: {taken:.2f} s")
            times.setdefault(name, []).append(taken)
            memory[name] = max(memory.get(name, 0.0), megabytes)
    medians = {name: statistics.median(several) for name, several in times.items()}
    floor, empty = medians["none"], medians["one empty rule"]
    rows = [
        [
            f"{resources:,}",
            name,
            f"{seconds:.2f} s",
            f"{seconds / floor:.2f}",
            f"{(seconds - floor) / resources * 1000:.2f} s" if name != "none" else "",
            f"{(seconds / empty - 1):+.0%}" if name == "whole pack" else "",
            f"{memory[name]:.0f} MB" if name != "none" else "",
        ]
        for name, seconds in medians.items()
    ]
    taken = bench.gate_seconds(resources)
    each = f"{taken / resources * 1000:.2f} s"
    return [*rows, ["", "the plan gate, after a preview", f"{taken:.2f} s", f"{taken / floor:.2f}", each, "", ""]]


_COLUMNS = (
    *("resources", "pack", "preview", "times no pack", "1,000 resources cost", "over one empty rule"),
    "memory of the pack",
)


def measured(folder: Path, sizes: Sequence[int]) -> list[Table]:
    """Table of the pack and the gate in a preview.

    Args:
        folder: an empty one.
        sizes: numbers of resources.
    """
    bench = Bench(folder, engine.ensure().path)
    bench.prepare()
    rows = [row for size in sizes for row in _one_size(bench, size)]
    return [Table("pack", _COLUMNS, rows)]
