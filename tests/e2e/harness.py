"""Sandboxes of the tests' own: the real commands as a person runs them, and a look at what they left.

The commands get a home folder and an environment full of the person's own set-up (person.py), all of it wrong, so that
every test also proves that none of it is used.
"""

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Generator, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

import example_tenant as example
from cli import state
from cli.embedded.directory import SandboxDirectory
from cli.layout import Kind, Stack
from e2e.person import Person
from engine.states import State
from sandbox import servers
from sandbox.cloud import seed
from sandbox.cloud.api import Cloud
from sandbox.cloud.iam import Caller
from sandbox.cloud.store import CallEntry
from toolchain.environments import CHECKOUT

FOUNDATION = Stack("identity", "sandbox", "foundation")
IDENTITY = Stack("identity", "sandbox")
TEAM = Stack("identity", "sandbox", "team-shop")
PLATFORM = Stack("platform", "sandbox")
STORAGE = Stack("platform", "sandbox", "storage")
NAMESPACES = Stack("platform", "sandbox", "namespaces-shop")
REPORTS = Stack("apps", "sandbox", "reports")
STOREFRONT = Stack("apps", "sandbox", "storefront")
STACKS = (FOUNDATION, IDENTITY, TEAM, PLATFORM, STORAGE, NAMESPACES, REPORTS, STOREFRONT)

ADMIN = Caller(seed.ADMIN)
PROJECT = f"projects/{example.PROJECT}"

_READING = ("access", "generateAccessToken", "token", "connect")
# A preview of Kubernetes objects is a dry run, which the API server authorises as what it would be.
_DRY_RUN = "io.k8s."
SECONDS = 1800.0


@dataclass(frozen=True)
class Ran:
    """Result of a command: its exit code and its output."""

    code: int
    out: str
    err: str

    @property
    def text(self) -> str:
        """Both outputs."""
        return self.out + self.err

    def succeeded(self) -> "Ran":
        """Itself; fails the test with everything printed when the command failed."""
        assert self.code == 0, self.text
        return self

    def refused(self, code: int, *parts: str) -> "Ran":
        """Itself; fails the test unless it ended with `code`, one error that has all the parts, and no traceback."""
        assert self.code == code, self.text
        assert "Traceback" not in self.text, self.text
        assert self.err.count("error: ") >= 1, self.text
        missing = [part for part in parts if part not in self.err]
        assert not missing, f"{missing} not in:\n{self.err}"
        return self


@dataclass(frozen=True)
class Sandbox:
    """One sandbox's folder, the checkout that it is brought up from, and the person who does it."""

    path: Path
    person: Person
    checkout: Path = CHECKOUT
    more: dict[str, str] = field(default_factory=dict[str, str])

    @property
    def directory(self) -> SandboxDirectory:
        """The product's own view of it."""
        return SandboxDirectory(self.path)

    def start(self, *arguments: str, **environment: str) -> subprocess.Popen[str]:
        """Start a command in a session of its own, as a terminal would."""
        env = {
            **self.person.environment(),
            **self.more,
            "PYTHONPATH": str(self.checkout / "tools"),
            "SANDBOX_DIR": str(self.path),
            **environment,
        }
        # Where the tests run in the background of a script, Ctrl-C is ignored; at a person's terminal it is not.
        return subprocess.Popen(
            ["env", "--default-signal=INT", sys.executable, "-m", "cli", *arguments],
            env=env,
            cwd=self.checkout,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def run(self, *arguments: str, **environment: str) -> Ran:
        """Run a command to its end."""
        return ended(self.start(*arguments, **environment))

    def shell(self, layer: str, command: str, kind: Kind = "deploy") -> Ran:
        """Run a command in the shell of a layer's identity, or of an owner's; of apps it is the storefront's."""
        app = ("--app", "storefront") if layer == "apps" else ()
        which = ("--owner", layer) if layer in ("team", "storage", "namespaces") else ("--layer", layer)
        return self.run("shell", *which, *app, "--as", kind, "--cmd", command)

    @contextlib.contextmanager
    def cloud(self) -> Generator[Cloud]:
        """The simulated cloud, from within."""
        cloud = Cloud(self.path / "cloud.db")
        try:
            yield cloud
        finally:
            cloud.store.close()

    def calls(self, after: int = 0) -> list[CallEntry]:
        """The audit log after an entry's number."""
        if not (self.path / "cloud.db").exists():
            return []
        with self.cloud() as cloud:
            return cloud.store.calls(after)

    def mark(self) -> int:
        """The number of the audit log's last entry."""
        return max((call.number for call in self.calls()), default=0)

    def state(self, stack: Stack) -> State | None:
        """A stack's state."""
        return state.read(self.directory, stack)

    def raw_state(self, stack: Stack) -> dict[str, Any]:
        """A stack's state as the engine wrote it."""
        file = self.path / "state" / stack.store / ".pulumi" / "stacks" / stack.project / f"{stack.name}.json"
        return cast("dict[str, Any]", json.loads(file.read_text())["checkpoint"]["latest"])

    def outputs(self, stack: Stack) -> dict[str, Any]:
        """A stack's outputs."""
        root = next(each for each in self.raw_state(stack)["resources"] if each["type"] == "pulumi:pulumi:Stack")
        return cast("dict[str, Any]", root.get("outputs", {}))

    def kubectl(self, *arguments: str) -> Ran:
        """Look into the cluster as its administrator."""
        command = [str(self.path / "bin" / "kubectl"), "--kubeconfig", str(self.path / "pki" / "admin.kubeconfig")]
        return ran([*command, *arguments])

    def server_processes(self) -> list[int]:
        """The processes of the servers that run."""
        return [server.pid for server in servers.status(self.path) if server.pid]

    def remove(self) -> None:
        """Stop the servers and remove the folder, whatever state it is in."""
        servers.stop(self.path)
        if self.path.is_file():
            self.path.unlink()
        shutil.rmtree(self.path, ignore_errors=True)


def ran(command: Sequence[str], cwd: Path | None = None, env: Mapping[str, str] | None = None) -> Ran:
    """Run a program to its end; fails the test with the output so far when it hangs, and ends all of it then."""
    process = subprocess.Popen(
        command,
        cwd=cwd,
        env=env,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    return ended(process)


def ended(process: subprocess.Popen[str]) -> Ran:
    """Wait for a command; fails the test when it hangs, and leaves nothing of it behind."""
    try:
        out, err = process.communicate(timeout=SECONDS)
    except subprocess.TimeoutExpired:
        kill_tree(process.pid)
        out, err = process.communicate()
        raise AssertionError(f"did not end within {SECONDS:.0f} s:\n{out}{err}") from None
    return Ran(process.returncode, out, err)


def kill_tree(root: int, spare: Iterable[int] = ()) -> None:
    """`kill -9` of a process and all that descends from it, except for the trees of those to spare."""
    with contextlib.suppress(ProcessLookupError):
        os.kill(root, signal.SIGSTOP)  # or it would start another one meanwhile
        for pid in _descendants(root, frozenset(spare)):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        os.kill(root, signal.SIGKILL)


def _descendants(root: int, spare: frozenset[int]) -> list[int]:
    told = subprocess.run(["ps", "-A", "-o", "pid=,ppid="], capture_output=True, text=True, check=True).stdout
    children: dict[int, list[int]] = {}
    for line in told.splitlines():
        pid, parent = (int(part) for part in line.split())
        children.setdefault(parent, []).append(pid)
    found: list[int] = []
    waiting = [root]
    while waiting:
        below = [pid for pid in children.get(waiting.pop(), []) if pid not in spare]
        found += below
        waiting += below
    return found


def until(moment: Callable[[], bool], process: subprocess.Popen[str]) -> None:
    """Wait for a moment in a running command; fails the test when that ends before, or the moment never comes."""
    deadline = time.monotonic() + SECONDS
    while not moment():
        if process.poll() is not None or time.monotonic() > deadline:
            ran = ended(process)
            raise AssertionError(f"ended with {ran.code} before the moment came:\n{ran.text}")
        time.sleep(0.005)


def is_write(call: CallEntry) -> bool:
    """Return whether a call of the audit log changed something, or tried to."""
    verb = call.method.rpartition(".")[2]
    return not (call.method.startswith(_DRY_RUN) or verb in _READING or verb.startswith(("get", "list", "search")))


def account(name: str) -> str:
    """The e-mail address of a service account of the sandbox's project."""
    return f"{name}@{example.PROJECT}.iam.gserviceaccount.com"


def acting_as(name: str) -> Caller:
    """A service account of the sandbox's project, however it was reached."""
    return Caller(f"serviceAccount:{account(name)}")
