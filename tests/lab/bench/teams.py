"""Cost of identity's daily work as teams join: its preview from an empty state, for more and more teams."""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from cli.embedded.directory import SandboxDirectory
from cli.embedded.environment import administrator_environment
from cli.layout import POLICIES, SANDBOX, Stack
from lab.bench import floor
from lab.bench.memory import Peak
from lab.bench.process import output
from lab.bench.tables import Table
from toolchain.progress import say

NUMBERS = (3, 50, 200)
_IDENTITY = Stack("identity", SANDBOX)


@dataclass(frozen=True)
class _Previewed:
    """Result of a preview: seconds, megabytes at the peak, lines of the plan, and resources to create."""

    seconds: float
    megabytes: float
    lines: int
    resources: int


_COLUMNS = (
    *("teams, an app each", "resources", "lines of the plan", "preview", "times the floor", "memory"),
    "preview, memory: times the smallest",
)


def measured(sandbox: SandboxDirectory, folder: Path) -> Table:
    """Table of one preview for each number of teams, with an app per team and the policies.

    Args:
        sandbox: one that is up.
        folder: an empty one, for states and settings.
    """
    lowest = floor.seconds(sandbox)
    settings = yaml.safe_load(_IDENTITY.file.read_text(encoding="utf-8"))
    env = {
        **administrator_environment(sandbox, _IDENTITY),
        "PULUMI_BACKEND_URL": f"file://{folder}?metadata=skip",
    }
    begin = [*floor.pulumi(sandbox), "stack", "init", SANDBOX, "--no-select"]
    output([*begin, "--secrets-provider", "passphrase"], _IDENTITY.folder, env)
    found: dict[int, _Previewed] = {}
    for number in NUMBERS:
        say(f"{number} teams …")
        config = {**settings["config"], **_teams(settings["config"], number)}
        file = folder / "Pulumi.sandbox.yaml"
        file.write_text(yaml.safe_dump({**settings, "config": config}), encoding="utf-8")
        found[number] = _preview(sandbox, file, env)
    smallest = found[NUMBERS[0]]
    return Table("teams", _COLUMNS, [_row(number, each, smallest, lowest) for number, each in found.items()])


def _row(number: int, found: _Previewed, smallest: _Previewed, lowest: float) -> list[str]:
    return [
        *(f"{number:,}", f"{found.resources:,}", f"{found.lines:,}"),
        *(f"{found.seconds:.1f} s", f"{found.seconds / lowest:.1f}", f"{found.megabytes:.0f} MB"),
        f"{found.seconds / smallest.seconds:.1f}, {found.megabytes / smallest.megabytes:.1f}",
    ]


def _teams(config: Mapping[str, Any], number: int) -> dict[str, Any]:
    """Settings with `number` teams: the existing ones, and further ones that use the cluster."""
    teams, apps = dict(config["identity:teams"]), dict(config["identity:apps"])
    for index in range(number - len(teams)):
        name = f"team-{index:03}"
        teams[name] = {"group": f"{name}@example.com", "capabilities": ["cluster-user"]}
        apps[f"app-{index:03}"] = {"team": name}
    return {"identity:teams": teams, "identity:apps": apps}


def _preview(sandbox: SandboxDirectory, file: Path, env: Mapping[str, str]) -> _Previewed:
    settings = ["--stack", SANDBOX, "--config-file", str(file)]
    command = [*floor.pulumi(sandbox), "preview", *settings, "--policy-pack", str(POLICIES), "--suppress-progress"]
    started = time.monotonic()
    with Peak(file.parent) as peak:
        printed = output(command, _IDENTITY.folder, env)
    taken = time.monotonic() - started
    lines = printed.splitlines()
    created = next(line.split() for line in lines if "to create" in line)
    return _Previewed(taken, peak.megabytes, len(lines), int(created[created.index("to") - 1]))
