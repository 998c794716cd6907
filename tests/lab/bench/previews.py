"""Cost of the sandbox: bringing it up, and each layer's preview against the engine's floor of the same run.

The floor is the engine's preview of an empty program, without and with the policy pack.
"""

import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from cli.embedded.directory import SandboxDirectory
from cli.embedded.environment import sandbox_environment
from cli.layout import POLICIES, SANDBOX, stacks
from lab.bench import calls
from lab.bench.memory import Peak
from lab.bench.process import output
from lab.bench.tables import Table
from toolchain.environments import CHECKOUT
from toolchain.progress import say

_RUNS = 5
_EMPTY = f"""\
name: empty
runtime:
  name: python
  options:
    virtualenv: {CHECKOUT / "identity" / ".venv"}
"""


def brought_up(folder: Path, env: Mapping[str, str]) -> Table:
    """Brings a sandbox up twice: from zero, and unchanged.

    Args:
        folder: the sandbox's, empty as yet.
        env: an environment that names it.
    """
    rows: list[list[str]] = []
    for what in ("from zero, tools cached", "unchanged"):
        say(f"make up, {what} …")
        with Peak(folder) as peak:
            taken = _timed(lambda: output([sys.executable, "-m", "cli", "up"], CHECKOUT / "tools", env))
        rows.append([f"`make up`, {what}", f"{taken:.1f} s", f"{peak.megabytes:.0f} MB"])
    share = calls.measured(folder, env)
    rows.append([f"of it {share.number} calls of the simulated cloud, signing in aside", f"{share.seconds:.2f} s", ""])
    return Table("up", ("what", "time", "memory at the peak, servers included"), rows)


def previews(sandbox: SandboxDirectory) -> Table:
    """Each layer's preview against the floor, in a sandbox that is up."""
    say("previews …")
    pulumi = [str(sandbox.bin / "pulumi"), "--non-interactive"]
    chosen = stacks(SANDBOX)
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        (folder / "Pulumi.yaml").write_text(_EMPTY, encoding="utf-8")
        (folder / "__main__.py").write_text("", encoding="utf-8")
        env = {
            **sandbox_environment(sandbox, chosen[0], "preview"),
            "PULUMI_BACKEND_URL": f"file://{temporary}",
            "PULUMI_STACK": "floor",
        }
        output([*pulumi, "stack", "init", "floor", "--secrets-provider", "passphrase"], folder, env)
        floor = _median([*pulumi, "preview"], folder, env)
        with_pack = _median([*pulumi, "preview", "--policy-pack", str(POLICIES)], folder, env)
    rows = [
        ["an empty program: the floor", f"{floor:.2f} s", "1.0"],
        ["the same with the policy pack", f"{with_pack:.2f} s", f"{with_pack / floor:.1f}"],
    ]
    for stack in chosen:
        command = [*pulumi, "preview", "--stack", stack.name, "--policy-pack", str(POLICIES)]
        taken = _median(command, stack.folder, sandbox_environment(sandbox, stack, "preview"))
        rows.append([f"{stack.title}, with the pack", f"{taken:.2f} s", f"{taken / floor:.1f}"])
    return Table("previews", ("preview of", "time", "times the floor"), rows)


def _timed(operation: Callable[[], object]) -> float:
    started = time.monotonic()
    operation()
    return time.monotonic() - started


def _median(command: Sequence[str], folder: Path, env: Mapping[str, str]) -> float:
    return statistics.median(_timed(lambda: output(command, folder, env)) for _ in range(_RUNS))
