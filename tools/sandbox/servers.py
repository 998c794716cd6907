"""The servers of one sandbox: the Kubernetes control plane, the simulated cloud's webhooks, and Google's
endpoints on demand (`google/`).

It starts, stops and observes them. It does not build the control plane's binary, and of the servers' responses it knows
only their health. They outlive the command that starts them; `stop` ends them. Calls may overlap: every start and stop
holds one lock.
"""

import os
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from sandbox.ports import PortInUseError, Ports, ensure_ports, read_ports, require_free
from sandbox.processes import PATIENCE, Daemon
from sandbox.sql import server as sql
from toolchain.errors import ToolError
from toolchain.files import only_one

__all__ = [
    "PortInUseError",
    "Ports",
    "ServerError",
    "ServerStatus",
    "endpoints",
    "ensure_ports",
    "reserve",
    "start",
    "status",
    "stop",
    "wait_ready",
]

CONTROL_PLANE = "Kubernetes control plane"
WEBHOOKS = "simulated cloud's webhooks"
ENDPOINTS = "Google's endpoints"
_ROOT = Path(__file__).resolve().parent.parent  # the import root of this package
_POLL = 0.1  # seconds


class ServerError(ToolError):
    """A server died or does not get ready; the message has its last lines of output and the path of its log."""


@dataclass(frozen=True)
class ServerStatus:
    """State of one server."""

    name: str
    state: Literal["running", "starting", "stopped"]
    pid: int | None
    port: int | None
    log: Path
    detail: str = ""
    """The condition that a starting server waits for."""


def reserve(directory: Path) -> Ports:
    """Return the ports of the servers: a running server keeps its port, the others get free ones for good.

    Args:
        directory: the sandbox's folder; made if absent.

    Raises:
        PortError: a port cannot be had, mostly because another process listens there (`PortInUseError`).
    """
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)  # keys and the simulated cloud are its owner's business
    with only_one(_lock(directory)):
        return _reserved(directory, _running(directory))


def start(directory: Path, binary: Path, zone: str = "europe-west4-a") -> Ports:
    """Start the servers that do not run yet, and return their ports. It does not wait: see `wait_ready`.

    Args:
        directory: the sandbox's folder; made if absent.
        binary: the built control plane.
        zone: the zone that the node reports; a running node keeps its zone.

    Raises:
        PortError: see `reserve`.
    """
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    with only_one(_lock(directory)):
        running = _running(directory)
        ports = _reserved(directory, running)
        for daemon in reversed(_daemons(directory)):
            if daemon.name not in running:
                _start(daemon, directory, [str(binary), "serve", "--dir", str(directory.resolve()), "--zone", zone])
    return ports


def _running(directory: Path) -> set[str]:
    return {daemon.name for daemon in _daemons(directory) if daemon.pid() is not None}


def _reserved(directory: Path, running: set[str]) -> Ports:
    # What runs keeps its port, even if another one is asked for now.
    ports = (read_ports(directory) if running else None) or ensure_ports(directory)
    for name, port in ((WEBHOOKS, ports.cloud), (CONTROL_PLANE, ports.kube_apiserver)):
        if name not in running:
            require_free(port, name)
    return ports


def wait_ready(directory: Path, on_progress: Callable[[str], None] | None = None, timeout: float = PATIENCE) -> None:
    """Wait until both servers answer and a pod could be scheduled.

    Args:
        directory: the sandbox's folder.
        on_progress: called with one line whenever the awaited condition changes.
        timeout: seconds.

    Raises:
        ServerError: a server died, or time ran out.
    """
    deadline = time.monotonic() + timeout
    last_line = ""
    while True:
        states = status(directory)
        for state in states:
            if state.state == "stopped":
                raise ServerError(_obituary(state))
        waiting = [state for state in states if state.state == "starting"]
        if not waiting:
            return
        line = "; ".join(f"{state.name}: waiting for {state.detail}" for state in waiting)
        if on_progress and line != last_line:
            on_progress(line)
            last_line = line
        if time.monotonic() > deadline:
            raise ServerError(
                f"the sandbox's servers are not ready after {timeout:.0f} s ({line}), so nothing can be deployed to "
                f"it; see {', '.join(str(state.log) for state in waiting)}, then `make down` and try again"
            )
        time.sleep(_POLL)


def stop(directory: Path) -> list[str]:
    """Stop the servers, and return the names of the servers that ran.

    Nothing else of the sandbox is removed but the data of its databases, which are outside of its folder.

    Raises:
        StopError: a server does not end although it was killed.
    """
    if not directory.is_dir():
        return []
    with only_one(_lock(directory)):
        stopped = [daemon.name for daemon in (*_daemons(directory), endpoints(directory)) if daemon.stop()]
        return [*stopped, *sql.stop(directory)]


def status(directory: Path) -> list[ServerStatus]:
    """Return the state of each server: the control plane, the webhooks, and on demand the endpoints and databases."""
    ports = read_ports(directory)
    plane, webhooks = _daemons(directory)
    states = [
        _status(plane, ports.kube_apiserver if ports else None, lambda _: _phase(directory)),
        _status(webhooks, ports.cloud if ports else None, _health),
    ]
    daemons = (endpoints(directory), *(server.daemon for server in sql.servers(directory)))
    on_demand = [_status(daemon, None, lambda _: "") for daemon in daemons]
    return [*states, *(state for state in on_demand if state.pid)]


def endpoints(directory: Path) -> Daemon:
    """Return the daemon of Google's endpoints, which runs on demand (see `google/`); `stop` ends it too."""
    return Daemon(ENDPOINTS, directory / "run" / "google.pid", directory / "logs" / "google.log")


def _lock(directory: Path) -> Path:
    return directory / "run" / "servers.lock"


def _daemons(directory: Path) -> tuple[Daemon, Daemon]:
    run, logs = directory / "run", directory / "logs"
    return (
        Daemon(CONTROL_PLANE, run / "controlplane.pid", logs / "controlplane.log"),
        Daemon(WEBHOOKS, run / "cloud.pid", logs / "cloud.log"),
    )


def _start(daemon: Daemon, directory: Path, control_plane: list[str]) -> None:
    if daemon.name == CONTROL_PLANE:
        _phase_file(directory).unlink(missing_ok=True)  # a killed control plane leaves it behind
        # Its settings come from the sandbox alone: the caller's environment must not change them.
        inherited = {name: value for name, value in os.environ.items() if name in {"PATH", "HOME", "TMPDIR", "LANG"}}
        daemon.start(control_plane, inherited, directory)
    else:
        environment = {**os.environ, "SANDBOX_DIR": str(directory.resolve()), "PYTHONPATH": str(_ROOT)}
        daemon.start([sys.executable, "-m", "sandbox.cloud.webhooks"], environment, _ROOT)


def _status(daemon: Daemon, port: int | None, awaited: Callable[[int | None], str]) -> ServerStatus:
    pid = daemon.pid()
    if pid is None:
        return ServerStatus(daemon.name, "stopped", None, port, daemon.log)
    detail = awaited(port)
    return ServerStatus(daemon.name, "starting" if detail else "running", pid, port, daemon.log, detail)


def _phase_file(directory: Path) -> Path:
    return directory / "run" / "controlplane.status"


def _phase(directory: Path) -> str:
    """Return the part that the control plane waits for, or "" once it is ready."""
    with suppress(FileNotFoundError):
        phase = _phase_file(directory).read_text().strip()
        return "" if phase == "ready" else phase
    return "its first sign of life"


def _health(port: int | None) -> str:
    """Return the condition that the webhooks wait for, or "" if they are healthy."""
    try:
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))  # loopback is never behind a proxy
        with opener.open(f"http://127.0.0.1:{port}/healthz", timeout=2):
            return ""
    except (urllib.error.URLError, OSError):
        return f"an answer on port {port}"


def _obituary(state: ServerStatus) -> str:
    daemon = Daemon(state.name, Path(), state.log)
    words = "".join(f"\n  {line}" for line in daemon.last_lines())
    output = f"; it said last:{words}\n" if words else "; "
    return f"the sandbox's {state.name} is not running{output}its log: {state.log}; `make up` starts it again"
