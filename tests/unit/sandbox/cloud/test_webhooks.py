"""The webhooks' server as the API server meets it: many requests on one connection, each of which it waits for."""

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from sandbox.cloud.credentials import DIRECTORY_VARIABLE
from sandbox.ports import ensure_ports
from toolchain.environments import CHECKOUT
from waiting import eventually

ASKED = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n"
MANY = 20


@pytest.fixture
def port(tmp_path: Path) -> Iterator[int]:
    """The port of a running server."""
    port = ensure_ports(tmp_path).cloud
    environment = {**os.environ, DIRECTORY_VARIABLE: str(tmp_path), "PYTHONPATH": str(CHECKOUT / "tools")}
    with subprocess.Popen([sys.executable, "-m", "sandbox.cloud.webhooks"], env=environment) as server:
        try:
            eventually(lambda: _listens(port))
            yield port
        finally:
            server.terminate()


def _listens(port: int) -> bool:
    with socket.socket() as asking:
        return asking.connect_ex(("127.0.0.1", port)) == 0


def test_an_answer_comes_in_one_piece_so_that_no_part_of_it_waits_for_a_confirmation(port: int) -> None:
    with socket.create_connection(("127.0.0.1", port)) as connection:
        for _ in range(MANY):
            connection.sendall(ASKED)
            head, _, body = connection.recv(65536).partition(b"\r\n\r\n")

            assert head.startswith(b"HTTP/1.1 200")
            assert body == b"ok"
