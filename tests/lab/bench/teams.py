"""Cost of the identity layer as teams join: its preview from an empty state, for more and more teams."""

import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from cli.embedded.directory import SandboxDirectory
from cli.embedded.environment import administrator_environment
from cli.layout import POLICIES, SANDBOX, Stack
from lab.bench.process import output
from lab.bench.tables import Table
from toolchain.progress import say

NUMBERS = (3, 50, 200)
_IDENTITY = Stack("identity", SANDBOX)


def measured(sandbox: SandboxDirectory, folder: Path) -> Table:
    """Table of one preview for each number of teams, with an app per team and the policies.

    Args:
        sandbox: one that is up.
        folder: an empty one, for states and settings.
    """
    settings = yaml.safe_load(_IDENTITY.file.read_text(encoding="utf-8"))
    env = {
        **administrator_environment(sandbox, _IDENTITY),
        "PULUMI_BACKEND_URL": f"file://{folder}?metadata=skip",
    }
    begin = [str(sandbox.bin / "pulumi"), "--non-interactive", "stack", "init", SANDBOX, "--no-select"]
    output([*begin, "--secrets-provider", "passphrase"], _IDENTITY.folder, env)
    rows: list[list[str]] = []
    smallest = 0.0
    for number in NUMBERS:
        say(f"{number} teams …")
        config = {**settings["config"], **_teams(settings["config"], number)}
        file = folder / "Pulumi.sandbox.yaml"
        file.write_text(yaml.safe_dump({**settings, "config": config}), encoding="utf-8")
        taken, resources = _preview(sandbox, file, env)
        smallest = smallest or taken
        rows.append([str(number), str(resources), f"{taken:.1f} s", f"{taken / smallest:.1f}"])
    return Table("teams", ("teams, an app each", "resources", "preview", "times the smallest"), rows)


def _teams(config: Mapping[str, Any], number: int) -> dict[str, Any]:
    """Settings with `number` teams: the existing ones, and further ones that use the cluster."""
    teams, apps = dict(config["identity:teams"]), dict(config["identity:apps"])
    for index in range(number - len(teams)):
        name = f"team-{index:03}"
        teams[name] = {"group": f"{name}@example.com", "capabilities": ["cluster-user"]}
        apps[f"app-{index:03}"] = {"team": name}
    return {"identity:teams": teams, "identity:apps": apps}


def _preview(sandbox: SandboxDirectory, file: Path, env: Mapping[str, str]) -> tuple[float, int]:
    """Seconds of a preview, and the number of resources to create."""
    pulumi = [str(sandbox.bin / "pulumi"), "--non-interactive"]
    settings = ["--stack", SANDBOX, "--config-file", str(file)]
    started = time.monotonic()
    command = [*pulumi, "preview", *settings, "--policy-pack", str(POLICIES), "--suppress-progress"]
    printed = output(command, _IDENTITY.folder, env)
    taken = time.monotonic() - started
    created = next(line.split() for line in printed.splitlines() if "to create" in line)
    return taken, int(created[created.index("to") - 1])
