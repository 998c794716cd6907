"""Programs of the folder tests/ that are processes of their own and know nothing of the commands."""

import os
import subprocess
import sys
from collections.abc import Mapping, Sequence

from cli.directory import SandboxDirectory
from toolchain.environments import CHECKOUT


def run(module: str, arguments: Sequence[str] = (), env: Mapping[str, str] | None = None) -> int:
    """Run a module; return its exit code."""
    command = [sys.executable, "-m", module, *arguments]
    return subprocess.run(command, env=env, cwd=CHECKOUT / "tests", check=False).returncode  # noqa: S603  ours


def of_sandbox(module: str, arguments: Sequence[str] = ()) -> int:
    """Run a report on the sandbox's cloud; return its exit code."""
    return run(module, arguments, {**os.environ, "SANDBOX_DIR": str(SandboxDirectory.default().required().path)})
