"""Detached processes: found by their lock, stopped for certain, never confused with a stranger."""

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from sandbox.processes import Daemon
from waiting import eventually

SLEEPS = [sys.executable, "-c", "import time; time.sleep(60)"]
DEAF = [
    sys.executable,
    "-c",
    "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('deaf', flush=True); time.sleep(60)",
]
ENVIRONMENT = {"PATH": os.environ.get("PATH", "")}


@pytest.fixture
def daemon(tmp_path: Path) -> Iterator[Daemon]:
    made = Daemon("server", tmp_path / "run" / "server.pid", tmp_path / "logs" / "server.log")
    yield made
    made.stop(grace=0.2)


def test_one_that_never_started_does_not_run(daemon: Daemon) -> None:
    assert daemon.pid() is None
    assert daemon.stop() is False


def test_a_started_one_is_found_in_a_session_of_its_own(daemon: Daemon, tmp_path: Path) -> None:
    daemon.start(SLEEPS, ENVIRONMENT, tmp_path)
    pid = daemon.pid()
    assert pid is not None
    assert os.getsid(pid) == pid != os.getsid(0)


def test_a_stopped_one_is_gone(daemon: Daemon, tmp_path: Path) -> None:
    daemon.start(SLEEPS, ENVIRONMENT, tmp_path)
    assert daemon.stop() is True
    assert daemon.pid() is None
    assert not daemon.pid_file.exists()


def test_one_that_ignores_the_request_is_killed(daemon: Daemon, tmp_path: Path) -> None:
    daemon.start(DEAF, ENVIRONMENT, tmp_path)
    eventually(lambda: "deaf" in daemon.log.read_text())
    assert daemon.stop(grace=0.2) is True
    assert daemon.pid() is None


def test_a_killed_one_does_not_run(daemon: Daemon, tmp_path: Path) -> None:
    daemon.start(SLEEPS, ENVIRONMENT, tmp_path)
    os.kill(daemon.pid() or 0, 9)
    eventually(lambda: daemon.pid() is None)


def test_a_pid_file_that_names_a_stranger_is_not_believed(daemon: Daemon) -> None:
    daemon.pid_file.parent.mkdir()
    daemon.pid_file.write_text(f"{os.getpid()}\n")  # this very test: a stop would end it
    assert daemon.pid() is None
    assert daemon.stop() is False


def test_children_that_survive_their_parent_count_and_are_stopped(daemon: Daemon, tmp_path: Path) -> None:
    script = "import subprocess; subprocess.Popen(['sleep', '60'], close_fds=False)"
    daemon.start([sys.executable, "-c", script], ENVIRONMENT, tmp_path)
    parent = daemon.pid()
    assert parent is not None
    os.waitid(os.P_PID, parent, os.WEXITED | os.WNOWAIT)
    assert daemon.pid() == parent
    assert daemon.stop(grace=0.2) is True
    assert daemon.pid() is None


def test_its_last_lines_are_kept(daemon: Daemon, tmp_path: Path) -> None:
    daemon.start([sys.executable, "-c", "print(*range(20), sep='\\n')"], ENVIRONMENT, tmp_path)
    eventually(lambda: daemon.last_lines(3) == ["17", "18", "19"])
