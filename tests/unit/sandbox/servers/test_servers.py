"""Starting and watching the servers, with small programs in place of the real ones."""

import socket
import sys
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest

from sandbox import servers
from sandbox.ports import PortInUseError, ensure_ports
from sandbox.servers import ServerError
from waiting import LONGEST_SECONDS, eventually

READY = """\
import pathlib, sys, time
folder = pathlib.Path(sys.argv[sys.argv.index("--dir") + 1])
(folder / "run" / "controlplane.status").write_text("ready\\n")
time.sleep(60)
"""
DIES = "import sys; sys.exit('etcd does not start on its folder')"
STUCK = READY.replace("ready\\n", "kube-apiserver\\n")


def program(folder: Path, text: str) -> Path:
    path = folder / "controlplane"
    path.write_text(f"#!{sys.executable}\n{text}")
    path.chmod(0o700)
    return path


@pytest.fixture
def sandbox(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A sandbox whose webhooks answer at once."""
    (tmp_path / "tools" / "sandbox" / "cloud").mkdir(parents=True)
    webhooks = tmp_path / "tools" / "sandbox" / "cloud" / "webhooks.py"
    webhooks.write_text(
        "import http.server, json, os, pathlib\n"
        "ports = json.loads((pathlib.Path(os.environ['SANDBOX_DIR']) / 'ports.json').read_text())\n"
        "class Answer(http.server.BaseHTTPRequestHandler):\n"
        "    def do_GET(self): self.send_response(200); self.end_headers()\n"
        "http.server.HTTPServer(('127.0.0.1', ports['cloud']), Answer).serve_forever()\n"
    )
    monkeypatch.setattr(servers, "_ROOT", tmp_path / "tools")
    folder = tmp_path / "sandbox"
    folder.mkdir()
    yield folder
    servers.stop(folder)


def test_nothing_runs_in_a_new_sandbox(sandbox: Path) -> None:
    assert [state.state for state in servers.status(sandbox)] == ["stopped", "stopped"]
    assert servers.stop(sandbox) == []


def test_a_sandbox_that_does_not_exist_has_nothing_to_stop(tmp_path: Path) -> None:
    assert servers.stop(tmp_path / "none") == []
    assert not (tmp_path / "none").exists()


def test_both_servers_start_and_stop(sandbox: Path, tmp_path: Path) -> None:
    ports = servers.start(sandbox, program(tmp_path, READY))
    servers.wait_ready(sandbox, timeout=LONGEST_SECONDS)
    assert [(state.state, state.port) for state in servers.status(sandbox)] == [
        ("running", ports.kube_apiserver),
        ("running", ports.cloud),
    ]
    assert len(servers.stop(sandbox)) == 2
    assert [state.state for state in servers.status(sandbox)] == ["stopped", "stopped"]


def test_a_second_start_changes_nothing(sandbox: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    binary = program(tmp_path, READY)
    servers.start(sandbox, binary)
    servers.wait_ready(sandbox, timeout=LONGEST_SECONDS)
    before = servers.status(sandbox)
    monkeypatch.setenv("SANDBOX_API_PORT", "29998")  # what runs keeps its port
    servers.start(sandbox, binary)
    assert servers.status(sandbox) == before


def test_progress_says_what_is_awaited(sandbox: Path, tmp_path: Path) -> None:
    servers.start(sandbox, program(tmp_path, STUCK))
    phase = sandbox / "run" / "controlplane.status"
    eventually(lambda: phase.exists() and phase.read_text())
    told: list[str] = []
    with pytest.raises(ServerError, match=r"not ready after 2 s .*waiting for kube-apiserver.*make down"):
        servers.wait_ready(sandbox, told.append, timeout=2)
    assert any("waiting for kube-apiserver" in line for line in told)
    assert all(line != following for line, following in pairwise(told))


def test_a_server_that_dies_is_reported_with_its_last_words_and_its_log(sandbox: Path, tmp_path: Path) -> None:
    servers.start(sandbox, program(tmp_path, DIES))
    with pytest.raises(ServerError) as caught:
        servers.wait_ready(sandbox, timeout=LONGEST_SECONDS)
    message = str(caught.value)
    assert "Kubernetes control plane is not running" in message
    assert "etcd does not start on its folder" in message
    assert str(sandbox / "logs" / "controlplane.log") in message


def test_a_taken_port_starts_neither_server(sandbox: Path, tmp_path: Path) -> None:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", ensure_ports(sandbox).kube_apiserver))
        listener.listen()
        with pytest.raises(PortInUseError, match="Kubernetes control plane cannot start"):
            servers.start(sandbox, program(tmp_path, READY))
    assert [state.state for state in servers.status(sandbox)] == ["stopped", "stopped"]
