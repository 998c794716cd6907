import json
import os
import shutil
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from cli import state
from cli.embedded.directory import SandboxDirectory
from cli.layout import Stack
from engine.corrections import corrected
from engine.states import State
from toolchain.errors import ToolError
from waiting import eventually

STACK = Stack("identity", "sandbox")


def _resource(name: str, **more: object) -> dict[str, Any]:
    return {"urn": f"urn:pulumi:sandbox::identity::gcp:x:Y::{name}", "type": "gcp:x:Y", "custom": True, **more}


def _pending(name: str, operation: str = "creating") -> dict[str, Any]:
    return {"type": operation, "resource": _resource(name, inputs={"a": 1})}


def test_a_creation_that_reached_the_cloud_is_adopted_last_and_one_that_did_not_is_forgotten() -> None:
    there, gone = _pending("there"), _pending("gone")
    deployment = {"resources": [_resource("before", id="1")], "pending_operations": [there, gone]}

    result = corrected(deployment, {there["resource"]["urn"]: "cloud/there"})

    assert [(each["urn"].rpartition("::")[2], each["id"]) for each in result["resources"]] == [
        ("before", "1"),
        ("there", "cloud/there"),
    ]
    assert result["resources"][1]["inputs"] == {"a": 1}
    assert result["pending_operations"] == []


def test_a_replacement_that_reached_the_cloud_makes_the_old_resource_obsolete() -> None:
    new = _pending("thing")
    deployment = {"resources": [_resource("thing", id="old")], "pending_operations": [new]}

    result = corrected(deployment, {new["resource"]["urn"]: "new"})

    assert [(each["id"], each.get("delete", False)) for each in result["resources"]] == [("old", True), ("new", False)]


def test_a_resource_that_is_in_the_state_already_is_not_adopted_twice() -> None:
    new = _pending("thing")
    deployment = {"resources": [_resource("thing", id="same")], "pending_operations": [new]}

    assert corrected(deployment, {new["resource"]["urn"]: "same"})["resources"] == [_resource("thing", id="same")]


@pytest.fixture
def sandbox(tmp_path: Path) -> SandboxDirectory:
    """A sandbox folder with nothing in it."""
    return SandboxDirectory(tmp_path)


def _write_state(sandbox: SandboxDirectory, content: str) -> None:
    file = sandbox.state("identity") / ".pulumi" / "stacks" / "identity" / "sandbox.json"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(content)


def test_a_stack_that_was_never_made_has_no_state(sandbox: SandboxDirectory) -> None:
    assert state.read(sandbox, STACK) is None


def test_a_new_stack_has_an_empty_state(sandbox: SandboxDirectory) -> None:
    _write_state(sandbox, json.dumps({"version": 3, "checkpoint": {"latest": {"metadata": {}}}}))

    assert state.read(sandbox, STACK) == State()


def test_pending_operations_and_provider_configurations_are_read(sandbox: SandboxDirectory) -> None:
    provider: dict[str, Any] = {
        "urn": "urn:p::gcp",
        "type": "pulumi:providers:gcp",
        "inputs": {"project": "demo", "__internal": {}},
    }
    waiting = _pending("thing")
    waiting["resource"]["provider"] = "urn:p::gcp::1234"
    latest: dict[str, Any] = {"resources": [provider], "pending_operations": [waiting]}
    _write_state(sandbox, json.dumps({"version": 3, "checkpoint": {"latest": latest}}))

    held = state.read(sandbox, STACK)

    assert held is not None
    assert held.pending[0].operation == "creating"
    assert held.provider_inputs(held.pending[0].resource) == {"project": "demo"}


@pytest.mark.parametrize("content", ["", "{", "[]", '{"checkpoint": 3}'])
def test_a_damaged_state_is_one_message_and_stops_everything(sandbox: SandboxDirectory, content: str) -> None:
    _write_state(sandbox, content)

    with pytest.raises(ToolError, match=r"is not a state that the engine wrote.*\.bak"):
        state.read(sandbox, STACK)


def _write_lock(sandbox: SandboxDirectory, content: str) -> Path:
    folder = sandbox.state("identity") / ".pulumi" / "locks" / "organization" / "identity" / "sandbox"
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / "lock.json"
    file.write_text(content)
    return file


def _holder(pid: int, hostname: str | None = None) -> str:
    told = {
        "pid": pid,
        "username": "u",
        "hostname": hostname or socket.gethostname(),
        "timestamp": "2026-01-01T00:00:00Z",
    }
    return json.dumps(told)


@pytest.fixture
def engine_process(tmp_path: Path) -> subprocess.Popen[bytes]:
    """A running process whose program is called pulumi."""
    program = tmp_path / "pulumi"
    shutil.copy("/bin/sleep", program)
    process = subprocess.Popen([program, "60"])
    command = ["ps", "-o", "comm=", "-p", str(process.pid)]
    eventually(lambda: "pulumi" in subprocess.run(command, capture_output=True, text=True, check=False).stdout)
    return process


def test_a_running_update_stops_another(sandbox: SandboxDirectory, engine_process: subprocess.Popen[bytes]) -> None:
    _write_lock(sandbox, _holder(engine_process.pid))
    try:
        with pytest.raises(ToolError, match=rf"identity is being updated by process {engine_process.pid}"):
            state.stale_locks(sandbox, STACK)
    finally:
        engine_process.kill()
        engine_process.wait()


def test_the_lock_of_a_killed_update_is_stale_even_while_its_process_is_a_zombie(
    sandbox: SandboxDirectory, engine_process: subprocess.Popen[bytes]
) -> None:
    lock = _write_lock(sandbox, _holder(engine_process.pid))
    engine_process.kill()
    os.waitid(os.P_PID, engine_process.pid, os.WEXITED | os.WNOWAIT)

    assert state.stale_locks(sandbox, STACK) == [lock]
    engine_process.wait()
    assert state.stale_locks(sandbox, STACK) == [lock]


def test_a_lock_whose_number_another_program_got_is_stale(sandbox: SandboxDirectory) -> None:
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as other:
        lock = _write_lock(sandbox, _holder(other.pid))

        assert state.stale_locks(sandbox, STACK) == [lock]
        other.kill()


@pytest.mark.parametrize("content", ["", "{", '{"pid": 12', '{"pid":12,"hostname":"a'])
def test_a_lock_that_was_being_written_when_its_holder_was_killed_is_stale(
    sandbox: SandboxDirectory, content: str
) -> None:
    lock = _write_lock(sandbox, content)

    assert state.stale_locks(sandbox, STACK) == [lock]


@pytest.mark.parametrize("content", ["{}", '{"version": 2, "holder": {"pid": 12}}', "[]", "locked by me", "\x00"])
def test_a_lock_that_cannot_be_read_is_named_and_stays(sandbox: SandboxDirectory, content: str) -> None:
    lock = _write_lock(sandbox, content)

    with pytest.raises(
        ToolError, match=r"by somebody whose lock cannot be read.* nothing was started.* remove "
    ) as told:
        state.stale_locks(sandbox, STACK)
    assert str(lock) in str(told.value)
    assert lock.exists()


def test_a_lock_from_another_machine_is_respected(sandbox: SandboxDirectory) -> None:
    _write_lock(sandbox, _holder(1, "elsewhere"))

    with pytest.raises(ToolError, match="on elsewhere since"):
        state.stale_locks(sandbox, STACK)
