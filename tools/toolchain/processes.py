"""Run of another program as a step: output to a log, progress from its lines, no process left behind.

A child ends with this process where the kernel supports it (Linux): after `kill -9` of a build no orphan may continue
to write into a folder that the next run cleans.
"""

import os
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from toolchain.errors import ToolError

_LAUNCHER = Path(__file__).with_name("launcher.py")
_running: set["subprocess.Popen[str]"] = set()
_starting = threading.Lock()
_ended = False


@dataclass(frozen=True)
class ProcessResult:
    """Result of a program: its exit code and its last lines of output, oldest first."""

    code: int
    tail: tuple[str, ...]


def tied(command: Sequence[str]) -> list[str]:
    """A command whose program the kernel ends together with this process, where it supports that."""
    return [sys.executable, "-I", "-S", str(_LAUNCHER), str(os.getpid()), *command]


def run(
    command: Sequence[str],
    *,
    cwd: Path,
    env: Mapping[str, str],
    log: Path | None = None,
    on_line: Callable[[str], None] | None = None,
    keep: int = 40,
) -> ProcessResult:
    """Run `command`, with both outputs together, line by line into `log` and `on_line`; return the result.

    Call it from the main thread: the kernel ties the child to the thread that started it. The result of a program that
    cannot be started has code 127, and its last line has the reason.
    """
    tail: list[str] = []
    with (log or Path(os.devnull)).open("w", encoding="utf-8") as sink:
        child = _started(command, cwd, env)
        try:
            for line in child.stdout or ():
                sink.write(line)
                tail = [*tail[1 - keep :], line.rstrip("\n")] if keep > 1 else [line.rstrip("\n")]
                if on_line:
                    on_line(line.rstrip("\n"))
            return ProcessResult(child.wait(), tuple(tail))
        finally:
            if child.poll() is None:
                child.kill()
                child.wait()
            _running.discard(child)


def end_all() -> None:
    """End the programs that run, and start no other: the command ends, and so does its work in the background."""
    global _ended  # noqa: PLW0603  a process ends once
    with _starting:
        _ended = True
        for child in tuple(_running):  # a thread takes its child out as soon as it has ended
            child.kill()


def _started(command: Sequence[str], cwd: Path, env: Mapping[str, str]) -> "subprocess.Popen[str]":
    with _starting:
        if _ended:
            raise ToolError(f"{command[0]} was not started: the command that needs it ends.")
        child = subprocess.Popen(  # noqa: S603  commands of this package
            tied(command),
            cwd=cwd,
            env=dict(env),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            encoding="utf-8",
            errors="replace",
        )
        _running.add(child)
    return child
