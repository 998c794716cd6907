"""The first run on what an administrator has at the beginning: an empty project, a login and a checkout."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import example_tenant as example
from cli import rollout
from cli.embedded.plugins import OWN
from cli.environment import stripped
from e2e import vendor_files
from e2e.harness import SECONDS, Ran, Sandbox, is_write, kill_tree, ran
from e2e.sandboxes import copy_checkout
from sandbox import programs
from sandbox.cloud import seed
from sandbox.google import control
from sandbox.google.address import Endpoints
from toolchain import engine

STACK = "trial"
FILES = (
    "identity/Pulumi.foundation-trial.yaml",
    "identity/Pulumi.trial.yaml",
    "identity/Pulumi.team-shop-trial.yaml",
    "platform/Pulumi.trial.yaml",
    "platform/Pulumi.storage-trial.yaml",
    "platform/Pulumi.namespaces-shop-trial.yaml",
    "apps/Pulumi.storefront-trial.yaml",
)
FOUNDATION, TEAM = f"foundation-{STACK}", f"team-shop-{STACK}"
BUCKET = f"{example.PROJECT}-state-foundation"
SECRET = "correct horse battery staple"

# None of them changes anything.
_ASKING = (
    "cloudbilling.projects.getBillingInfo",
    "cloudidentity.groups.lookup",
    "cloudkms.projects.locations.keyRings.cryptoKeys.decrypt",
)
_SANDBOX_FILES = tuple(file.replace("trial", "sandbox") for file in FILES)
# The layer itself has no secret output; these ones, of all its stacks, show that secrets move.
_SECRET_OUTPUT = f'\npulumi.export("proof", pulumi.Output.secret("{SECRET}"))\n'


def _waiver(stack: str) -> dict[str, object]:
    """Security's leave for that output of a stack, which its rules refuse everywhere."""
    return {
        "policy": "secret-outputs-without-credentials",
        "resource": {"stack": f"identity/{stack}", "type": "pulumi:pulumi:Stack", "name": f"identity-{stack}"},
        "reason": "a made-up secret, to show that secrets move with the state",
        "owner": "security",
        "expires": str(datetime.now(UTC).date() + timedelta(days=1)),
    }


@dataclass(frozen=True)
class FirstRun:
    """A checkout with the stack files of an environment, and the simulated cloud behind Google's own host names."""

    checkout: Path
    sandbox: Sandbox
    endpoints: Endpoints
    mirror: dict[str, str]
    number: list[int] = field(default_factory=lambda: [0])

    def environment(self, person: str = seed.ADMIN) -> dict[str, str]:
        """A person's own: the login, and where the vendor's files are."""
        directory = self.sandbox.directory
        return {
            **stripped(),
            **self.endpoints.environment(),
            **self.mirror,
            "SANDBOX_DIR": str(directory.path),
            # Has no plugin: those that run are the recorded ones.
            "PULUMI_HOME": str(directory.path / "their-pulumi"),
            "GOOGLE_APPLICATION_CREDENTIALS": str(seed.write_credentials(directory.path, person)),
            "PATH": f"{directory.bin}{os.pathsep}{os.environ['PATH']}",
            "PYTHONPATH": str(self.checkout / "tools"),
        }

    def start(self, *arguments: str, **more: str) -> "Running":
        """Start a command in a session of its own, as a terminal would."""
        self.number[0] += 1
        out, err = (self.sandbox.path / "logs" / f"run-{self.number[0]}.{name}" for name in ("out", "err"))
        with out.open("w") as stdout, err.open("w") as stderr:
            process = subprocess.Popen(
                ["env", "--default-signal=INT", sys.executable, "-m", "cli", *arguments],
                cwd=self.checkout,
                env={**self.environment(), **more},
                stdin=subprocess.DEVNULL,
                stdout=stdout,
                stderr=stderr,
                text=True,
                start_new_session=True,
            )
        return Running(process, out, err)

    def written(self, mark: int) -> list[str]:
        """The calls that changed something since an entry of the audit log, by method."""
        return [call.method for call in self.sandbox.calls(mark) if is_write(call) and call.method not in _ASKING]

    def bootstrap(self, *arguments: str, **more: str) -> Ran:
        """Run `make bootstrap` to its end, agreeing to everything."""
        return self.start("bootstrap", "--stack", STACK, "--yes", "yes", *arguments, **more).ended()

    def pulumi(self, *arguments: str, stack: str = FOUNDATION, bucket: str = BUCKET) -> Ran:
        """Run the engine on the state of a stack of identity in its bucket, by default on the foundation's."""
        env = {**self.environment(), "PULUMI_BACKEND_URL": f"gs://{bucket}", "PULUMI_STACK": stack}
        command = [str(self.sandbox.directory.bin / "pulumi"), *arguments, "--non-interactive"]
        return ran(command, self.checkout / "identity", env)

    def objects(self) -> list[str]:
        """The names of the objects in the bucket of the foundation's state."""
        with self.sandbox.cloud() as cloud:
            prefix = f"//storage.googleapis.com/projects/{example.PROJECT}/buckets/{BUCKET}/objects/"
            return [str(stored.generated["name"]) for stored in cloud.store.find("storage.objects", prefix)]

    @property
    def local(self) -> Path:
        """The folder of the first run."""
        return self.checkout / ".bootstrap" / STACK


@dataclass(frozen=True)
class Running:
    """A command that runs, and the files that it prints to."""

    process: "subprocess.Popen[str]"
    out: Path
    err: Path

    def until(self, moment: Callable[[], bool]) -> None:
        """Wait for a moment in it; fails the test when it ends before."""
        deadline = time.monotonic() + SECONDS
        while not moment():
            if self.process.poll() is not None or time.monotonic() > deadline:
                ran = self.ended()
                raise AssertionError(f"ended with {ran.code} before the moment came:\n{ran.text}")
            time.sleep(0.005)

    def until_it_says(self, text: str) -> None:
        """Wait until it says something on standard error."""
        self.until(lambda: text in self.err.read_text())

    def kill(self) -> Ran:
        """`kill -9` of it and all that it started."""
        kill_tree(self.process.pid)
        return self.ended()

    def ended(self) -> Ran:
        """Wait for its end."""
        try:
            self.process.wait(SECONDS)
        finally:
            kill_tree(self.process.pid)
        return Ran(self.process.returncode, self.out.read_text(), self.err.read_text())


@contextmanager
def first_run(folder: Path, sandbox: Sandbox) -> Generator[FirstRun]:
    """An empty project and a checkout beside it."""
    checkout = folder / "a checkout"
    copy_checkout(checkout)
    for source, target in zip(_SANDBOX_FILES, FILES, strict=True):
        lines = (checkout / source).read_text().splitlines(keepends=True)
        (checkout / target).write_text("".join(line for line in lines if not line.startswith("encryptionsalt:")))
    (checkout / rollout.FILE).write_text(json.dumps({"environments": [{"name": STACK}]}))
    with (checkout / "identity/__main__.py").open("a") as program:
        program.write(_SECRET_OUTPUT)
    waivers = [_waiver(stack) for stack in (FOUNDATION, STACK, TEAM)]
    (checkout / "policies/waivers.yaml").write_text(json.dumps({"waivers": waivers}))
    sandbox.directory.prepare(engine.ensure().path, OWN)
    seed.seed(sandbox.path, 6443, example.TENANT)
    with control.running(sandbox.path, programs.ensure_objects()) as endpoints:
        yield FirstRun(checkout, sandbox, endpoints, vendor_files.record(checkout, folder / "vendor"))
