"""Daemons: processes that outlive the command that started them, found again by a lock that they hold.

A daemon holds an exclusive lock on its pid file, inherited at its start, until it and all its children have ended. A
number in a file alone could later be the pid of an unrelated process; the lock proves that the process is the daemon.
"""

import fcntl
import os
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from toolchain.errors import ToolError

# Seconds after which a server that runs and does not answer counts as hanging. Two idle cores need five; a machine
# that is short of memory needs minutes. One that ended is noticed at once.
PATIENCE = 600.0
_POLL = 0.05  # seconds
_KILLED = 30.0  # seconds for the kernel to remove a killed process, also on a busy machine
_started: list[subprocess.Popen[bytes]] = []  # children of this very process, to be reaped when they end


class StopError(ToolError):
    """A process did not end although it was killed."""


@dataclass(frozen=True)
class Daemon:
    """A daemon: its name for messages, its pid file, and its log file."""

    name: str
    pid_file: Path
    log: Path

    def pid(self) -> int | None:
        """Return the process id if it runs, else None."""
        try:
            with self.pid_file.open() as file:
                try:
                    fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                except BlockingIOError:
                    return int(file.read().strip() or 0)
        except FileNotFoundError:
            pass
        return None

    def start(self, command: Sequence[str], environment: Mapping[str, str], directory: Path) -> None:
        """Start it in a session of its own, so that neither an interrupt nor a closed terminal reaches it."""
        for path in (self.pid_file, self.log):
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with self.pid_file.open("a+") as lock, self.log.open("wb") as log:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            lock.truncate(0)
            process = subprocess.Popen(  # noqa: S603 (the command is this package's own)
                command,
                env=dict(environment),
                cwd=directory,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                pass_fds=(lock.fileno(),),
            )
            lock.write(f"{process.pid}\n")
        _started.append(process)

    def stop(self, grace: float = 5) -> bool:
        """End it and its children by a signal, and kill them after `grace` seconds. Return whether it ran.

        Raises:
            StopError: it did not end.
        """
        pid = self.pid()
        if pid is None:
            self.pid_file.unlink(missing_ok=True)
            return False
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGTERM)
        if not self._ends_within(grace):
            # The group's number cannot be reused while one of its processes lives, so this reaches no other process.
            with suppress(ProcessLookupError):
                os.killpg(pid, signal.SIGKILL)
            if not self._ends_within(_KILLED):
                raise StopError(
                    f"the sandbox's {self.name} (process {pid}) is still there after SIGKILL, so its files stay in "
                    "use; it probably waits for a disk: try again later"
                )
        self.pid_file.unlink(missing_ok=True)
        return True

    def last_lines(self, count: int = 8) -> list[str]:
        """Return the last lines of its output."""
        try:
            return self.log.read_text(errors="replace").rstrip().splitlines()[-count:]
        except OSError:
            return []

    def _ends_within(self, seconds: float) -> bool:
        deadline = time.monotonic() + seconds
        while self.pid() is not None:
            if time.monotonic() > deadline:
                return False
            time.sleep(_POLL)
        for process in _started:
            process.poll()
        return True
