"""Place of a run: a temporary folder, and one sandbox of this checkout for all parts that need one."""

import shutil
import subprocess
import sys
import tempfile
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from pathlib import Path

from cli.embedded.directory import SandboxDirectory
from cli.environment import without_sandbox
from lab.bench.process import output
from toolchain.environments import CHECKOUT
from toolchain.progress import say

TOOLS = CHECKOUT / "tools"
UP = (sys.executable, "-m", "cli", "up")


class Place:
    """Folder of a run, and its sandbox, which is brought up when it is first needed.

    Args:
        folder: an empty one.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._is_up = False
        self.directory = SandboxDirectory(folder / "sandbox")

    @property
    def env(self) -> Mapping[str, str]:
        """An environment that names the sandbox."""
        return {**without_sandbox(), "PYTHONPATH": str(TOOLS), "SANDBOX_DIR": str(self.directory.path)}

    def bring_up(self) -> None:
        """Bring all layers up."""
        output(UP, TOOLS, self.env)
        self._is_up = True

    def sandbox(self) -> SandboxDirectory:
        """The sandbox, with all layers up."""
        if not self._is_up:
            say("bringing up the sandbox …")
            self.bring_up()
        return self.directory

    def empty(self, name: str) -> Path:
        """Make an empty folder."""
        return Path(tempfile.mkdtemp(prefix=f"{name}-", dir=self._folder))

    def discard(self) -> None:
        """Stop the servers of the sandbox."""
        if self.directory.path.exists():
            down = [sys.executable, "-m", "cli", "down"]
            subprocess.run(down, cwd=TOOLS, env=dict(self.env), check=False)  # noqa: S603  ours


@contextmanager
def temporary() -> Generator[Place]:
    """Yield a place; nothing of it is left at the end."""
    folder = Path(tempfile.mkdtemp(prefix="bench-"))
    place = Place(folder)
    try:
        yield place
    finally:
        place.discard()
        shutil.rmtree(folder, ignore_errors=True)
