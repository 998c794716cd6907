"""The endpoints run on demand, once, keep what they hold, and leave nothing behind."""

import os
import shutil
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

import example_tenant as example
from sandbox import programs, servers
from sandbox.cloud import seed
from sandbox.cloud.api import Cloud
from sandbox.google import control
from unit.sandbox.google.clients import ADMIN, BUCKET, PROJECT, World
from waiting import eventually

API = f"https://storage.googleapis.com/storage/v1/b/{BUCKET}/o/kept?alt=media"
UPLOAD = f"https://storage.googleapis.com/upload/storage/v1/b/{BUCKET}/o?uploadType=media&name=kept"


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    """A sandbox with a bucket."""
    seed.seed(tmp_path, 6443, example.TENANT)
    cloud = Cloud(tmp_path / "cloud.db")
    cloud.call("serviceusage.services.enable", f"{PROJECT}/services/storage.googleapis.com", ADMIN)
    uniform = {"iamConfiguration": {"uniformBucketLevelAccess": {"enabled": True}}}
    cloud.call("storage.buckets.insert", f"{PROJECT}/buckets/{BUCKET}", ADMIN, uniform)
    cloud.store.close()
    yield tmp_path
    control.stop(tmp_path)


def start(folder: Path) -> World:
    return World(folder, Cloud(folder / "cloud.db"), control.start(folder, programs.ensure_objects()))


def processes(folder: Path) -> list[int]:
    """The processes that work in a sandbox's folder."""
    found: list[int] = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            if (entry / "cwd").readlink() == folder / "run":
                found.append(int(entry.name))
        except OSError:
            continue
    return found


def test_they_start_once_and_keep_objects_over_a_restart(folder: Path) -> None:
    world = start(folder)
    assert control.start(folder, programs.ensure_objects()) == world.endpoints
    token = world.token(ADMIN.member)
    assert world.send("POST", UPLOAD, token, data=b"content").ok
    assert control.stop(folder)
    assert not control.stop(folder)
    assert processes(folder) == []
    again = start(folder)
    assert again.send("GET", API, token).text == "content"


def test_they_are_a_server_of_the_sandbox_while_they_run(folder: Path) -> None:
    assert servers.ENDPOINTS not in [server.name for server in servers.status(folder)]
    start(folder)
    assert servers.ENDPOINTS in [server.name for server in servers.status(folder) if server.state == "running"]
    assert servers.stop(folder) == [servers.ENDPOINTS]


def test_after_a_kill_nothing_is_left_and_they_start_anew(folder: Path) -> None:
    world = start(folder)
    token = world.token(ADMIN.member)
    world.send("POST", UPLOAD, token, data=b"content")
    pid = servers.endpoints(folder).pid()
    assert pid is not None
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
    eventually(lambda: processes(folder) == [])
    assert start(folder).send("GET", API, token).text == "content"


def test_they_end_when_their_sandbox_is_discarded(folder: Path) -> None:
    start(folder)
    pid = servers.endpoints(folder).pid()
    assert pid is not None
    shutil.rmtree(folder)
    folder.mkdir()
    eventually(lambda: os.waitpid(pid, os.WNOHANG) != (0, 0))


def test_a_start_that_fails_says_why_and_where_the_log_is(folder: Path) -> None:
    with pytest.raises(servers.ServerError, match="No such file or directory") as raised:
        control.start(folder, folder / "none")
    assert "Google's endpoints did not start" in str(raised.value)
    assert str(folder / "logs" / "google.log") in str(raised.value)
