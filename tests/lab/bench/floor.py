"""The engine's floor: its preview of an empty program, below which no preview can get."""

import statistics
import tempfile
import time
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from cli.embedded.directory import SandboxDirectory
from cli.embedded.environment import sandbox_environment
from cli.layout import SANDBOX, stacks
from lab.bench.process import output
from toolchain.environments import CHECKOUT

RUNS = 5
_EMPTY = f"""\
name: empty
runtime:
  name: python
  options:
    virtualenv: {CHECKOUT / "identity" / ".venv"}
"""


@contextmanager
def program(sandbox: SandboxDirectory) -> Generator[tuple[Path, Mapping[str, str]]]:
    """Yield the folder of an empty program, and the environment in which its preview runs."""
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        (folder / "Pulumi.yaml").write_text(_EMPTY, encoding="utf-8")
        (folder / "__main__.py").write_text("", encoding="utf-8")
        env = {
            **sandbox_environment(sandbox, stacks(SANDBOX)[0], "preview"),
            "PULUMI_BACKEND_URL": f"file://{temporary}",
            "PULUMI_STACK": "floor",
        }
        begin = ["stack", "init", "floor", "--secrets-provider", "passphrase"]
        output([*pulumi(sandbox), *begin], folder, env)
        yield folder, env


def seconds(sandbox: SandboxDirectory) -> float:
    """Median time of the preview of an empty program, without policies."""
    with program(sandbox) as (folder, env):
        return median([*pulumi(sandbox), "preview"], folder, env)


def pulumi(sandbox: SandboxDirectory) -> list[str]:
    """Beginning of a command of the engine."""
    return [str(sandbox.bin / "pulumi"), "--non-interactive"]


def median(command: Sequence[str], folder: Path, env: Mapping[str, str]) -> float:
    """Median time of a command."""
    return statistics.median(timed(command, folder, env) for _ in range(RUNS))


def timed(command: Sequence[str], folder: Path, env: Mapping[str, str]) -> float:
    """Time of a command."""
    started = time.monotonic()
    output(command, folder, env)
    return time.monotonic() - started
