"""The folder of one sandbox, and its content before the first process starts.

Programs in `bin/` and the plugins in `pulumi/` are links and small launch scripts into the tools' cache and this
checkout: nothing is copied, and nothing of the person's own Pulumi set-up is read or changed.
"""

import contextlib
import os
import shutil
from collections.abc import Generator
from dataclasses import dataclass
from pathlib import Path

from cli.embedded.plugins import Plugins, module
from cli.embedded.tenant import require_same, tenant
from cli.projects import PROJECTS
from cli.pulumi.engine_directory import EngineDirectory
from toolchain import cache
from toolchain.engine import HOST
from toolchain.environments import sandbox_directory
from toolchain.errors import ToolError
from toolchain.progress import say

_MARKER = "this-is-a-sandbox"
_MARKER_TEXT = "The embedded sandbox of this product. `make down` discards this folder as a whole.\n"


@dataclass(frozen=True)
class SandboxDirectory(EngineDirectory):
    """Folder of one sandbox; its programs are first on PATH in the sandbox."""

    @classmethod
    def default(cls) -> "SandboxDirectory":
        """The folder that SANDBOX_DIR names, or `.sandbox` in the checkout."""
        return cls(sandbox_directory())

    @property
    def pulumi_home(self) -> Path:
        """The private PULUMI_HOME."""
        return self.path / "pulumi"

    @property
    def exists(self) -> bool:
        """True when there is a sandbox."""
        return (self.path / _MARKER).is_file()

    def required(self) -> "SandboxDirectory":
        """Return the directory itself.

        Raises `ToolError` when there is no sandbox, or its project is not the one in the settings.
        """
        if not self.exists:
            raise ToolError(f"there is no sandbox at {self.path}. Start one with `make up`.")
        require_same(self.path, tenant())
        return self

    @contextlib.contextmanager
    def locked(self, doing: str) -> Generator[None]:
        """Lock the sandbox for a command that changes it; a second command waits and names the holder."""
        self._refuse_foreign()
        with cache.disk_errors(doing, self.path):
            # Whoever can read its credentials can act as any principal in it.
            self.path.mkdir(mode=0o700, parents=True, exist_ok=True)
            with cache.locked(
                self.path / "lock", lambda holder: say(f"waiting for {holder}, which uses the sandbox {self.path} …")
            ):
                (self.path / _MARKER).write_text(_MARKER_TEXT)
                yield

    def prepare(self, pulumi: Path, plugins: Plugins) -> None:
        """Write programs, plugins and passphrases; correct files stay untouched.

        Args:
            pulumi: the engine, with the language host beside it.
            plugins: of the providers.
        """
        for folder in (self.bin, self.logs(), self.path / "run", self.plans, self.pulumi_home):
            folder.mkdir(parents=True, exist_ok=True)
        self._link("pulumi", pulumi)
        self._link(HOST, pulumi.resolve().parent / HOST)
        _script(self.bin / "gke-gcloud-auth-plugin", module("sandbox.cloud.auth_plugin"))
        for store in (store for project in PROJECTS.values() for store in project.stores):
            self.state(store).mkdir(parents=True, exist_ok=True)
            _write(self.passphrase(store), f"sandbox-{store}", 0o600)
        for file, command in plugins.scripts(self.path):
            _script(self.pulumi_home / file, command)
        plugins.keep(self.path)

    def link_kubectl(self, controlplane: Path) -> None:
        """Link `kubectl` to the control plane's program, which contains both."""
        self.bin.mkdir(parents=True, exist_ok=True)
        self._link("kubectl", controlplane)

    def link_psql(self, program: Path) -> None:
        """Link PostgreSQL's client."""
        self.bin.mkdir(parents=True, exist_ok=True)
        self._link("psql", program)

    def discard(self) -> None:
        """Remove the folder as a whole. The caller holds the lock of the sandbox.

        Raises `ToolError` when the folder is not a sandbox.
        """
        self._refuse_foreign()
        # Renamed first: an interrupted removal must not leave half a sandbox under the name that `make up` looks at.
        doomed = self.path.with_name(f"{self.path.name}.discarded-{os.getpid()}")
        self.path.rename(doomed)
        shutil.rmtree(doomed)
        for left in self.path.parent.glob(f"{self.path.name}.discarded-*"):
            shutil.rmtree(left, ignore_errors=True)

    def _refuse_foreign(self) -> None:
        if self.path.exists() and not self.path.is_dir():
            raise ToolError(
                f"{self.path} is not a folder, so no sandbox can be there and it is left alone. Set SANDBOX_DIR to a "
                "folder that does not exist yet."
            )
        if self.path.is_dir() and not self.exists and {path.name for path in self.path.iterdir()} - {"lock"}:
            raise ToolError(
                f"{self.path} is not empty and not a sandbox, so it is left alone. Set SANDBOX_DIR to a folder that "
                "does not exist yet."
            )

    def _link(self, name: str, target: Path) -> None:
        link = self.bin / name
        with contextlib.suppress(OSError):
            if link.readlink() == target:
                return
            link.unlink()
        link.symlink_to(target)


def _script(path: Path, command: str) -> None:
    _write(path, f"#!/bin/sh\n{command}\n", 0o755)


def _write(path: Path, text: str, mode: int) -> None:
    with contextlib.suppress(OSError):
        if path.read_text() == text:
            return
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    path.chmod(mode)
