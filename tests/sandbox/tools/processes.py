"""Running another program as a step: output to a log, progress from its lines, nothing left behind.

A child dies with this process where the kernel offers that (Linux): after `kill -9` of a build no orphan may go on
writing into a folder that the next run cleans.
"""

import ctypes
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

_PR_SET_PDEATHSIG = 1


@dataclass(frozen=True)
class Ended:
    """How a program ended: its exit code and its last lines of output, oldest first."""

    code: int
    tail: tuple[str, ...]


def die_with_parent() -> Callable[[], None] | None:
    """What a new process runs before its program, so that the kernel ends it with this one; None if there is no way."""
    if sys.platform != "linux":
        return None
    library = ctypes.CDLL(None)
    parent = os.getpid()

    def request() -> None:
        library.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:  # it ended between fork and prctl
            os._exit(1)

    return request


def run(
    command: Sequence[str],
    *,
    cwd: Path,
    env: Mapping[str, str],
    log: Path | None = None,
    on_line: Callable[[str], None] | None = None,
    keep: int = 40,
) -> Ended:
    """Run `command`, both outputs together, line by line into `log` and `on_line`; return how it ended.

    Call it from the main thread: the kernel ties the child's life to the thread that started it.
    Raises `FileNotFoundError` when the program does not exist.
    """
    tail: list[str] = []
    with (log or Path(os.devnull)).open("w", encoding="utf-8") as sink:
        child = subprocess.Popen(  # noqa: S603  commands of this package
            command,
            cwd=cwd,
            env=dict(env),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            encoding="utf-8",
            errors="replace",
            preexec_fn=die_with_parent(),  # noqa: PLW1509  two system calls, no lock
        )
        try:
            for line in child.stdout or ():
                sink.write(line)
                tail = [*tail[1 - keep :], line.rstrip("\n")] if keep > 1 else [line.rstrip("\n")]
                if on_line:
                    on_line(line.rstrip("\n"))
            return Ended(child.wait(), tuple(tail))
        finally:
            if child.poll() is None:
                child.kill()
                child.wait()
