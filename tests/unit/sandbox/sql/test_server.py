"""A server's processes and data: as whom they run, and that nothing of them outlives the sandbox."""

import os
import pwd
import shutil
import signal
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from sandbox import servers
from sandbox.sql.programs import PostgresError
from sandbox.sql.server import Server, home_of
from waiting import eventually


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    """The server of one instance, which does not run yet."""
    sandbox = tmp_path / "sandbox"
    sandbox.mkdir()
    (sandbox / "cloud.db").touch()
    yield Server(sandbox, "p.orders")
    servers.stop(sandbox)


def _home(server: Server) -> Path:
    home = home_of(server.sandbox)
    assert home is not None
    return home


@dataclass(frozen=True)
class Process:
    """A running process: its number, its parent's, and its effective user's."""

    pid: int
    parent: int
    user: int


def _running() -> list[Process]:
    """The processes of this machine, but for those that ended and nobody asked about."""
    listed = subprocess.run(["ps", "-eo", "pid=,ppid=,uid=,stat="], capture_output=True, text=True, check=True).stdout
    rows = [line.split() for line in listed.splitlines()]
    return [Process(int(row[0]), int(row[1]), int(row[2])) for row in rows if not row[3].startswith("Z")]


def _postmaster(server: Server) -> Process:
    """The server itself, whose parent watches the sandbox."""
    [found] = [process for process in _running() if process.parent == server.daemon.pid()]
    return found


def _pids(server: Server) -> list[int]:
    """The watching process, the server, and the server's own processes."""
    watcher, postmaster = server.daemon.pid(), _postmaster(server)
    assert watcher is not None
    return [watcher, postmaster.pid, *(found.pid for found in _running() if found.parent == postmaster.pid)]


def _until_gone(pids: list[int], home: Path) -> None:
    eventually(lambda: not home.exists() and not {process.pid for process in _running()} & set(pids))


def test_it_drops_roots_rights_creates_no_account_and_listens_on_no_network(server: Server) -> None:
    accounts = [entry.pw_name for entry in pwd.getpwall()]
    server.ensure({})

    assert [entry.pw_name for entry in pwd.getpwall()] == accounts
    assert _postmaster(server).user != 0
    with server.connect("postgres") as session:
        assert session.execute("SHOW listen_addresses").fetchone() == ("",)


def test_stopping_leaves_no_process_and_no_data(server: Server) -> None:
    server.ensure({})
    pids, home = _pids(server), _home(server)

    assert servers.stop(server.sandbox) == ["PostgreSQL of orders"]
    _until_gone(pids, home)


def test_a_discarded_sandbox_takes_its_server_along(server: Server) -> None:
    server.ensure({})
    pids, home = _pids(server), _home(server)

    shutil.rmtree(server.sandbox)
    _until_gone(pids, home)


def test_a_killed_supervisor_leaves_a_server_that_is_found_and_stopped(server: Server) -> None:
    server.ensure({})
    pids, home = _pids(server), _home(server)

    os.kill(pids[0], signal.SIGKILL)
    assert servers.stop(server.sandbox) == ["PostgreSQL of orders"]
    _until_gone(pids[1:], home)


def test_data_survive_a_killed_server(server: Server) -> None:
    server.ensure({})
    with server.connect("postgres") as session:
        session.execute("CREATE TABLE kept (n int)")
    for pid in _pids(server)[:2]:
        os.kill(pid, signal.SIGKILL)
    server.ensure({})
    with server.connect("postgres") as session:
        assert session.execute("SELECT count(*) FROM kept").fetchone() == (0,)


def test_settings_of_a_persons_own_server_have_no_effect(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {"PGHOSTADDR": "203.0.113.1", "PGSERVICE": "elsewhere", "PGOPTIONS": "-c nonsense=1"}.items():
        monkeypatch.setenv(name, value)
    server.ensure({})
    with server.connect("postgres") as session:
        assert session.execute("SELECT current_user").fetchone() == ("cloudsqladmin",)


def test_a_server_that_cannot_start_says_why(server: Server) -> None:
    with pytest.raises(PostgresError, match="unrecognized configuration parameter"):
        server.ensure({"nonsense": "on"})
