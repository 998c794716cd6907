"""Calls of the Pulumi engine on one stack."""

import contextlib
import re
import signal
import subprocess
import threading
import time
from collections.abc import Generator, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TextIO

from cli import state
from cli.formats import readable
from cli.layout import Stack
from cli.pulumi import judges
from cli.pulumi.engine_directory import EngineDirectory
from cli.pulumi.gate import PreviewArtifacts
from cli.pulumi.policy_sets import OWN, PolicySet
from engine import plans, states, urns
from engine.document import FormatError
from engine.events import Events, Follower
from engine.options import OptionChange, option_changes
from engine.text import visible
from toolchain import processes
from toolchain.errors import ToolError
from toolchain.progress import Step, say

_GRACE_SECONDS = 30.0
_POLL_SECONDS = 0.1
_SHOWN = 20
_CONSEQUENCE = re.compile(
    r"context canceled$|^(preview|update) failed$|^expected resource operations? for .+ but none were seen"
)
# The engine's advice beside a protected resource; its lines may come one by one.
_ADVICE = re.compile(r"To unprotect the resource,(?s:.*)|^.*`pulumi state unprotect .*$")
REVIEWED_WAY = "Its protection goes first, by an update and an exception of their own (policies/README.md)."


@dataclass(frozen=True)
class Result:
    """Result of a command of the engine.

    Attributes:
        code: exit code.
        outcome: summary of its events.
        output: everything that it printed.
        options: of a preview, options of resources that only the state lacks.
    """

    code: int
    outcome: Events
    output: str
    options: tuple[OptionChange, ...] = ()

    @property
    def is_changed(self) -> bool:
        """Return whether an update would change something: a resource, or the protection of one in the state."""
        return self.outcome.changed > 0 or bool(self.options)


@dataclass(frozen=True)
class Engine:
    """The engine for one stack, in one environment (see `environment.py`).

    Attributes:
        folder: has the engine's program, and gets plans and logs.
        stack: the stack to work on.
        env: environment of every process.
        options: options of each preview, update and refresh.
        refreshes: whether a preview and its update begin from the cloud as it is, and not as the state has it.
        stop: set when the person interrupts; needed outside of the main thread, which alone receives the signal.
        message: message of an update in the history; without one, the engine takes the commit's title.
        policies: sets of policies that each preview and update has to pass.
    """

    folder: EngineDirectory
    stack: Stack
    env: Mapping[str, str]
    options: tuple[str, ...] = ()
    refreshes: bool = field(default=False, kw_only=True)
    stop: threading.Event | None = field(default=None, kw_only=True)
    message: str = field(default="", kw_only=True)
    policies: tuple[PolicySet, ...] = field(default=(OWN,), kw_only=True)

    @property
    def _plan(self) -> Path:
        return self.folder.plans / f"{self.stack.project}-{self.stack.name}.json"

    @property
    def _policies(self) -> list[str]:
        return [option for each in self.policies for option in ("--policy-pack", str(each.folder))]

    @property
    def _refresh(self) -> list[str]:
        return ["--refresh"] if self.refreshes else []

    @property
    def _message(self) -> list[str]:
        return ["--message", self.message] if self.message else []

    @property
    def artifacts(self) -> PreviewArtifacts:
        """Files of the last `preview`, for the plan gate."""
        return PreviewArtifacts(self._plan, self._events("preview"), self.state)

    def state(self) -> bytes:
        """The stack's state: the backend's file, or an export by the engine; the same until the next change."""
        if self.env["PULUMI_BACKEND_URL"].startswith("file://"):
            return state.file(self.folder, self.stack).read_bytes()
        return self.call("stack", "export", "--stack", self.stack.name).encode()

    def preview(self, step: Step) -> Result:
        """Preview an update, with the verdict of the policies; keep the plan for `update`."""
        self._plan.unlink(missing_ok=True)
        result = self._run("preview", [*self._refresh, *self._policies, "--save-plan", str(self._plan)], step)
        return replace(result, options=tuple(self._options(result.outcome)))

    def _options(self, outcome: Events) -> Iterable[OptionChange]:
        if not self._plan.exists():
            return ()
        with readable(self.stack.title):
            plan = plans.parse(self._plan.read_bytes(), self._plan.name)
            return option_changes(plan, states.parse(self.state(), "of the backend"), outcome)

    def update(self, step: Step) -> Result:
        """Carry out the plan of `preview`, and nothing else."""
        judges.require_unchanged(self.stack.title)
        options = ["--yes", "--skip-preview", *self._refresh, *self._message, *self._policies]
        return self._run("up", [*options, "--plan", str(self._plan)], step)

    def refresh(self, step: Step, options: Sequence[str]) -> Result:
        """Read the resources of the state from the cloud."""
        return self._run("refresh", ["--yes", "--skip-preview", *self._message, *options], step)

    def call(self, *arguments: str) -> str:
        """Run another command; return its output."""
        done = subprocess.run(  # noqa: S603  the folder's own engine
            [str(self.folder.bin / "pulumi"), *arguments, "--non-interactive"],
            cwd=self.stack.folder,
            env=dict(self.env),
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise ToolError(f"`pulumi {' '.join(arguments)}` failed for {self.stack.title}:\n{done.stderr.strip()}")
        return done.stdout

    def _events(self, command: str) -> Path:
        return self.folder.logs() / f"{self.stack.project}-{self.stack.name}-{command}.events.json"

    def _run(self, command: str, options: Sequence[str], step: Step) -> Result:
        self._heed()
        judges.before_run(self.stack, self.policies)
        name = f"{self.stack.project}-{self.stack.name}-{command}"
        events = self._events(command)
        events.unlink(missing_ok=True)
        follower = Follower(events)
        arguments = [command, "--non-interactive", "--color", "never", "--suppress-progress", *self.options, *options]
        with readable(self.stack.title), (self.folder.logs() / f"{name}.log").open("w+", encoding="utf-8") as log:
            with _interrupts_kept() as kept:
                child = self._start([*arguments, "--event-log", str(events)], log)
            try:
                if kept:
                    signal.raise_signal(signal.SIGINT)
                while child.poll() is None:
                    self._heed()
                    follower.poll()
                    step.note = note(follower.events)
                    time.sleep(_POLL_SECONDS)
            except (KeyboardInterrupt, FormatError):
                _interrupt(child, self.stack)
                raise
            log.seek(0)
            return Result(child.returncode, follower.close(), log.read())

    def _heed(self) -> None:
        if self.stop and self.stop.is_set():
            raise KeyboardInterrupt

    def _start(self, arguments: Sequence[str], log: TextIO) -> "subprocess.Popen[bytes]":
        return subprocess.Popen(  # noqa: S603  the folder's own engine
            processes.tied([str(self.folder.bin / "pulumi"), *arguments]),
            cwd=self.stack.folder,
            # The event log is one of the engine's options for its developers.
            env={**self.env, "PULUMI_DEBUG_COMMANDS": "true"},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            # A process group of its own: Ctrl-C must reach the engine once, from here; twice means "terminate at once".
            process_group=0,
        )


@contextlib.contextmanager
def _interrupts_kept() -> Generator[list[int]]:
    """Collect interrupts during the block in a list: a raised one would leave an engine that no process ends.

    A process that the block starts gets interrupts again as soon as it runs (`launcher.py`).
    """
    kept: list[int] = []

    def keep(number: int, frame: object) -> None:
        del frame
        kept.append(number)

    before = signal.getsignal(signal.SIGINT)
    handles_interrupts = before is not signal.SIG_IGN and threading.current_thread() is threading.main_thread()
    if handles_interrupts:
        signal.signal(signal.SIGINT, keep)
    blocked = signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGINT])
    try:
        yield kept
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, blocked)
        if handles_interrupts:
            signal.signal(signal.SIGINT, before)


def note(outcome: Events) -> str:
    """Progress of a command of the engine, and the resource that it waits for."""
    if not outcome.started:
        return ""
    done = f"{len(outcome.finished & outcome.started)} of {len(outcome.started)} steps"
    return "; ".join(
        [done, *(visible(f"{urns.label(urn)}: {text}") for urn, text in list(outcome.waiting.items())[-1:])]
    )


def _interrupt(child: subprocess.Popen[bytes], stack: Stack) -> None:
    """Ask the engine to stop after its current operations, so that the state is correct; kill it when it does not."""
    say(f"interrupted: letting the engine finish what is under way in {stack.title} …")
    child.send_signal(signal.SIGINT)
    try:
        child.wait(_GRACE_SECONDS)
    except subprocess.TimeoutExpired:
        child.kill()
        child.wait()


def reviewed(text: str) -> str:
    """Text of the engine with the reviewed procedure instead of its advice to remove a protection manually."""
    return _ADVICE.sub(REVIEWED_WAY, text)


def reasons(result: Result) -> str:
    """Reasons why a command failed, for the person: violations, then errors, else the end of the output."""
    texts = [f"policy {text}" for text in result.outcome.violations] + causes(result)
    texts = texts or [text for _, text in result.outcome.errors]
    if not texts:
        texts = result.output.strip().splitlines()[-_SHOWN:]
    lines = [indented(reviewed(text)) for text in texts[:_SHOWN]]
    if len(texts) > _SHOWN:
        lines.append(f"  … and {len(texts) - _SHOWN} more, in the log of the engine")
    return "\n".join(lines)


def causes(result: Result) -> list[str]:
    """Errors of a command without their consequences, which add nothing to the errors themselves."""
    return [text for _, text in result.outcome.errors if not _CONSEQUENCE.search(text)]


def indented(text: str) -> str:
    """A text as an item of a list: its first line by two columns, the others by four."""
    first, *rest = visible(text, kept="\n\t").splitlines() or [""]
    return "\n".join([f"  {first}", *(f"    {line}" for line in rest)])
