"""`make bench`: what the sandbox costs, on this machine, in one run.

Every time of the layers stands beside a floor of the same run: the engine's preview of an empty program, without and
with the policy pack. Nothing here is asserted; timings on a shared machine are read by people.
"""

import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from rich.console import Console
from rich.table import Table

from bench import calls, iam, pack
from bench.memory import Peak
from runner.directory import SandboxDirectory
from runner.environment import sandbox_environment, without_sandbox
from runner.layout import POLICIES, SANDBOX, stacks
from sandbox.tools.environments import CHECKOUT
from sandbox.tools.progress import say

_RUNS = 5
_EMPTY = f"""\
name: empty
runtime:
  name: python
  options:
    virtualenv: {CHECKOUT / "identity" / ".venv"}
"""


def _timed(operation: Callable[[], None]) -> float:
    started = time.monotonic()
    operation()
    return time.monotonic() - started


def _run(command: Sequence[str], folder: Path, env: Mapping[str, str]) -> None:
    done = subprocess.run(  # noqa: S603  the product's own commands
        command, cwd=folder, env=dict(env), capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise SystemExit(
            f"error: `{' '.join(command)}` failed, so nothing can be measured:\n{done.stdout}{done.stderr}"
        )


def _median(command: Sequence[str], folder: Path, env: Mapping[str, str]) -> float:
    return statistics.median(_timed(lambda: _run(command, folder, env)) for _ in range(_RUNS))


def _previews(sandbox: SandboxDirectory, table: Table) -> None:
    """Each layer's preview against the floor."""
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
        _run([*pulumi, "stack", "init", "floor", "--secrets-provider", "passphrase"], folder, env)
        floor = _median([*pulumi, "preview"], folder, env)
        with_pack = _median([*pulumi, "preview", "--policy-pack", str(POLICIES)], folder, env)
    table.add_row("preview of an empty program", f"{floor:.2f} s", "1.0")
    table.add_row("the same with the policy pack", f"{with_pack:.2f} s", f"{with_pack / floor:.1f}")
    for stack in chosen:
        command = [*pulumi, "preview", "--stack", stack.name, "--policy-pack", str(POLICIES)]
        taken = _median(command, stack.folder, sandbox_environment(sandbox, stack, "preview"))
        table.add_row(f"preview of {stack.title}, with the pack", f"{taken:.2f} s", f"{taken / floor:.1f}")


def main() -> int:
    """Measures in a sandbox of its own, and prints the table."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    for heading in ("what", "time", "times the floor"):
        table.add_column(heading)
    folder = Path(tempfile.mkdtemp(prefix="bench-"))
    env = {**without_sandbox(), "PYTHONPATH": ".", "SANDBOX_DIR": str(folder / "sandbox")}
    runner = [sys.executable, "-m", "runner"]
    try:
        for what in ("make up, from zero, tools cached", "make up, unchanged"):
            say(f"{what} …")
            with Peak(folder) as peak:
                taken = _timed(lambda: _run([*runner, "up"], CHECKOUT / "tests", env))
            table.add_row(what, f"{taken:.1f} s", f"{peak.megabytes:.0f} MB at the peak")
        share = calls.measured(folder / "sandbox", env)
        say("previews …")
        _previews(SandboxDirectory(folder / "sandbox"), table)
    finally:
        _run([*runner, "down"], CHECKOUT / "tests", env)
        shutil.rmtree(folder, ignore_errors=True)
    Console(highlight=False).print(table)
    print(share)
    return pack.main([]) or iam.main()


if __name__ == "__main__":
    sys.exit(main())
