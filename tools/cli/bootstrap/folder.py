"""Private folder of one environment's first run: the state before it moves, and the engine's files for it.

`.bootstrap/<environment>/` in the checkout, readable by its owner only and ignored by git. It is removed when the state
has moved; until then only this folder holds the state, so nothing else may remove it.
"""

import contextlib
import os
import secrets
import shutil
from collections.abc import Generator
from dataclasses import dataclass
from pathlib import Path

from cli.bootstrap import stack_file
from cli.layout import Stack
from cli.pulumi.engine_directory import EngineDirectory
from toolchain import cache
from toolchain.environments import CHECKOUT
from toolchain.errors import ToolError
from toolchain.files import write_whole
from toolchain.progress import say

PARENT = ".bootstrap"


@dataclass(frozen=True)
class BootstrapDirectory(EngineDirectory):
    """Folder of one environment."""

    @classmethod
    def of(cls, environment: str) -> "BootstrapDirectory":
        """The folder of an environment, whether or not it exists."""
        return cls(CHECKOUT / PARENT / environment)

    @contextlib.contextmanager
    def locked(self) -> Generator[None]:
        """Lock the folder; a second run waits and names the holder."""
        self.path.parent.mkdir(mode=0o700, exist_ok=True)
        lock = self.path.with_name(f"{self.path.name}.lock")
        with (
            cache.disk_errors("bringing up the foundation", self.path.parent),
            cache.locked(lock, lambda holder: say(f"waiting for {holder}, which works on {self.path.name} …")),
        ):
            self.sweep()
            yield

    def prepare(self, pulumi: Path) -> None:
        """Make the folder; existing content stays."""
        self.path.mkdir(mode=0o700, exist_ok=True)
        for folder in (self.bin, self.plans, self.logs()):
            folder.mkdir(exist_ok=True)
        link = self.bin / "pulumi"
        link.unlink(missing_ok=True)
        link.symlink_to(pulumi.resolve())

    def prepare_state(self, stack: Stack) -> None:
        """Make an empty file backend, its passphrase, which nobody needs to know, and a stack file without a key.

        Raises `ToolError` when there is a state whose passphrase is missing.
        """
        passphrase = self.passphrase(stack.store)
        if self.has_state(stack) and not passphrase.is_file():
            raise ToolError(
                f"{self.path} holds the state of an interrupted first run, but not its passphrase ({passphrase}), so "
                "it cannot be used. Nothing was changed. Restore that file from a backup of this checkout."
            )
        self.state(stack.store).mkdir(parents=True, exist_ok=True)
        passphrase.parent.mkdir(exist_ok=True)
        if not passphrase.is_file():
            write_whole(passphrase, secrets.token_urlsafe(32))
        (self.project(stack) / stack.file.name).write_text(stack_file.without_encryption(stack), "utf-8")

    def has_state(self, stack: Stack) -> bool:
        """Return whether the folder holds the state."""
        return (self.state(stack.store) / ".pulumi" / "stacks" / stack.project / f"{stack.name}.json").is_file()

    def address(self, stack: Stack) -> str:
        """Address of the file backend."""
        return f"file://{self.state(stack.store)}?metadata=skip"

    def project(self, stack: Stack) -> Path:
        """A folder with the project's file alone, in which the engine may write a stack file as it likes."""
        folder = self.path / "projects" / f"{stack.project}-{stack.name}"
        folder.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(stack.folder / "Pulumi.yaml", folder / "Pulumi.yaml")
        return folder

    def forget_state(self) -> None:
        """Remove the state."""
        self._remove(self.path / "state")

    def discard(self) -> None:
        """Remove the folder as a whole."""
        self._remove(self.path)

    def _remove(self, path: Path) -> None:
        # Renamed first: the remains of an interrupted removal must not look like a state.
        if path.exists():
            path.rename(self.path.with_name(f"{self.path.name}.done-{os.getpid()}"))
        self.sweep()

    def sweep(self) -> None:
        """Remove the remains of an interrupted removal."""
        for left in self.path.parent.glob(f"{self.path.name}.done-*"):
            shutil.rmtree(left)
