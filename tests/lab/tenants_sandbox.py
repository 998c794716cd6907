"""A sandbox with two teams in a folder and a checkout of its own, for programs of the lab."""

import os
import subprocess
import sys
import tempfile
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from e2e import tenants
from e2e.sandboxes import copy_checkout

_PARTS = ("tests", "tools", "identity", "platform", "apps", "policies")


@dataclass(frozen=True)
class TenantsSandbox:
    """The sandbox, whose folder is removed at the end.

    Attributes:
        folder: the folder, which has the checkout and the sandbox's own folder.
    """

    folder: Path

    def run(self, *arguments: str) -> int:
        """Run Python in the checkout with the sandbox as the current one; return the exit code."""
        checkout = self.folder / "checkout"
        path = os.pathsep.join(str(checkout / part) for part in _PARTS)
        env = {**os.environ, "PYTHONPATH": path, "SANDBOX_DIR": str(self.folder / "sandbox")}
        return subprocess.run([sys.executable, *arguments], cwd=checkout / "tests", env=env, check=False).returncode  # noqa: S603  ours


@contextmanager
def brought_up(name: str) -> Generator[TenantsSandbox]:
    """Bring up all layers, with what recordings declare besides; the servers stop at the end.

    Raises:
        SystemExit: they did not come up.
    """
    with tempfile.TemporaryDirectory(prefix=f"{name}-") as made:
        sandbox = TenantsSandbox(Path(made).resolve())
        copy_checkout(sandbox.folder / "checkout")
        tenants.declare(sandbox.folder / "checkout")
        try:
            declared = sandbox.run("-c", "from lab.plans.recording import declare; declare()") == 0
            if not declared or sandbox.run("-m", "cli", "up"):
                raise SystemExit("the sandbox could not be brought up, so nothing was tried on it")
            yield sandbox
        finally:
            sandbox.run("-m", "cli", "down")
