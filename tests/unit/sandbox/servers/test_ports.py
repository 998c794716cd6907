"""The sandbox's ports: chosen once, kept, and refused with the holder's name when somebody else listens."""

import json
import os
import socket
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

import pytest

from sandbox.ports import PortError, PortInUseError, Ports, ensure_ports, is_free, read_ports, require_free


@pytest.fixture
def taken() -> Iterator[int]:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        yield listener.getsockname()[1]


def test_two_different_free_ports_are_chosen(tmp_path: Path) -> None:
    ports = ensure_ports(tmp_path)
    assert ports.kube_apiserver != ports.cloud
    assert is_free(ports.kube_apiserver)
    assert is_free(ports.cloud)


def test_chosen_ports_are_kept(tmp_path: Path) -> None:
    assert ensure_ports(tmp_path) == ensure_ports(tmp_path) == read_ports(tmp_path)


def test_the_ports_of_a_sandbox_that_is_stopped_are_left_to_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def four(*_: object) -> range:
        return range(29_000, 29_004)

    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr("random.sample", four)
    monkeypatch.setattr("sandbox.ports.is_free", bool)

    first, second = ensure_ports(tmp_path / "first"), ensure_ports(tmp_path / "second")

    assert {*asdict(first).values(), *asdict(second).values()} == set(range(29_000, 29_004))
    with pytest.raises(PortError, match="no free port"):
        ensure_ports(tmp_path / "third")
    (tmp_path / "first" / "ports.json").unlink()  # discarded
    (tmp_path / "second" / "ports.json").write_text("damaged")
    ensure_ports(tmp_path / "third")
    ensure_ports(tmp_path / "fourth")


def test_the_api_port_follows_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = ensure_ports(tmp_path)
    monkeypatch.setenv("SANDBOX_API_PORT", "29999")
    assert ensure_ports(tmp_path) == Ports(kube_apiserver=29999, cloud=before.cloud)


@pytest.mark.parametrize("value", ["80", "70000", "eighty", "8080 ", "²³⁴⁵"])
def test_a_wish_that_is_no_port_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    monkeypatch.setenv("SANDBOX_API_PORT", value)
    with pytest.raises(PortError, match=r"SANDBOX_API_PORT is .* not a port; set a number from 1024 to 65535"):
        ensure_ports(tmp_path)
    assert not (tmp_path / "ports.json").exists()


@pytest.mark.parametrize("text", ["", "[]", json.dumps({"kube_apiserver": 1}), json.dumps({"cloud": None})])
def test_a_damaged_file_is_named_with_the_remedy(tmp_path: Path, text: str) -> None:
    (tmp_path / "ports.json").write_text(text)
    with pytest.raises(PortError, match=r"ports\.json does not hold .*make down"):
        read_ports(tmp_path)


def test_a_port_that_is_free_is_accepted(tmp_path: Path) -> None:
    require_free(ensure_ports(tmp_path).cloud, "webhooks")


def test_a_taken_port_names_its_holder_and_three_remedies(taken: int) -> None:
    with pytest.raises(PortInUseError) as caught:
        require_free(taken, "Kubernetes control plane")
    message = str(caught.value)
    assert f"port {taken} on 127.0.0.1 is in use" in message
    assert "stop that process" in message
    assert "make down" in message
    assert "SANDBOX_API_PORT=" in message
    if Path("/proc/net/tcp").exists():
        assert f"(process {os.getpid()})" in message
