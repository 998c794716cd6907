"""The sandboxes that the tests of whole commands work on: the shared one, and drafts with a checkout of their own."""

import filecmp
import shutil
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from cli.embedded.environment import administrator_environment
from cli.embedded.start import serving
from e2e.harness import FOUNDATION, Ran, Sandbox, ran
from e2e.inventory import Inventory, inventory
from e2e.snapshots import Snapshots
from example_checkout import files
from sandbox import servers
from toolchain.environments import CHECKOUT, PROJECTS


def as_administrator(sandbox: Sandbox, command: str) -> Ran:
    """Run a command on the foundation as the organisation's administrator, who deploys it."""
    env = administrator_environment(sandbox.directory, FOUNDATION)
    place = sandbox.checkout / "identity"
    return ran(["sh", "-c", command], place, env)


@contextmanager
def made(sandbox: Sandbox) -> Generator[Sandbox]:
    """A sandbox that leaves no server and no file behind."""
    try:
        yield sandbox
    finally:
        sandbox.remove()


@contextmanager
def running(sandbox: Sandbox) -> Generator[None]:
    """A sandbox whose servers run, and stand still afterwards."""
    if not sandbox.server_processes():
        serving(sandbox.directory)
    try:
        yield
    finally:
        servers.stop(sandbox.path)


class BroughtUp:
    """The sandbox that most tests share: how its first `up` went, and what was there afterwards."""

    def __init__(self, sandbox: Sandbox, first: Ran) -> None:
        self.sandbox = sandbox
        self.first = first
        self.inventory: Inventory = inventory(sandbox)


class Draft:
    """A copy of the checkout in which files may be changed, and a sandbox of its own.

    The copy's path holds a blank, as a person's may.
    """

    def __init__(self, sandbox: Sandbox, snapshots: Snapshots) -> None:
        self.sandbox = sandbox
        self._snapshots = snapshots
        self._up: list[str] = []

    def bring_up(self, *layers: str) -> None:
        """Bring up layers, those that are up already excepted; the first ones begin as a copy.

        A checkout that differs by then from the tests' own brings the copy up to what it says.
        """
        if layers and not self._up:
            if "apps" in layers:
                self._snapshots.everything(self.sandbox)
            else:
                self._snapshots.layers(self.sandbox, *layers)
            self._up = [] if self._is_changed() else list(layers)
        for layer in layers:
            if layer not in self._up:
                self.sandbox.run("up", "--layer", layer).succeeded()
                self._up.append(layer)

    def _is_changed(self) -> bool:
        """True when a file of the copy is no longer as it was copied."""
        return any(not filecmp.cmp(CHECKOUT / name, self.sandbox.checkout / name) for name in files())

    @contextmanager
    def changed(self, file: str, old: str, new: str) -> Generator[None]:
        """A file of the copy with one text replaced by another; an empty old text means at the end."""
        path = self.sandbox.checkout / file
        content = path.read_text()
        assert not old or content.count(old) == 1, f"{file} holds {old!r} {content.count(old)} times"
        path.write_text(content.replace(old, new) if old else content + new)
        try:
            yield
        finally:
            path.write_text(content)

    @contextmanager
    def without(self, file: str) -> Generator[None]:
        """The copy without a file."""
        path = self.sandbox.checkout / file
        content = path.read_text()
        path.unlink()
        try:
            yield
        finally:
            path.write_text(content)


def copy_checkout(target: Path) -> None:
    """Copy what git knows or would add, with the Python environments of this checkout."""
    for name in files():
        (target / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(CHECKOUT / name, target / name)
    for project in PROJECTS:
        (target / project / ".venv").symlink_to(CHECKOUT / project / ".venv")
