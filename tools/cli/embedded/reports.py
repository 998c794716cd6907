"""Start of the sandbox's reports, each a separate process."""

import subprocess
import sys
from collections.abc import Sequence

from cli.embedded.directory import SandboxDirectory
from cli.environment import stripped
from toolchain.environments import CHECKOUT


def run(module: str, arguments: Sequence[str] = ()) -> int:
    """Run a report on the sandbox's cloud; return its exit code."""
    # The person's proxy is not used for the sandbox's own servers.
    variables = {"SANDBOX_DIR": str(SandboxDirectory.default().required().path), "PYTHONPATH": str(CHECKOUT / "tools")}
    command = [sys.executable, "-m", module, *arguments]
    return subprocess.run(command, env={**stripped(), **variables}, check=False).returncode  # noqa: S603  ours
