"""`make checkov`."""

import os

from cli import programs
from cli.directory import SandboxDirectory


def command() -> int:
    """Check what the sandbox deployed with checkov, and write its verdicts.

    [The verdicts](platform/CHECKOV.md).
    """
    return programs.run("judge", env={**os.environ, "SANDBOX_DIR": str(SandboxDirectory.default().required().path)})
