"""Servers start while other work goes on, and so does the build of the control plane."""

import threading
from pathlib import Path

import pytest

import example_tenant as example
from cli.embedded import start
from cli.embedded.directory import SandboxDirectory
from cli.embedded.start import ServerStart
from sandbox import programs, servers
from sandbox.gateway import kinds
from toolchain import engine
from toolchain.errors import ToolError
from toolchain.versions import InstalledProgram


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Calls for servers and programs, in order."""
    done: list[str] = []

    def started(folder: Path, binary: Path, zone: str) -> None:
        done.append(f"started {binary.name} in {zone}")

    def obtained() -> InstalledProgram:
        done.append("engine")
        return InstalledProgram(Path("/programs/pulumi"), "3", "cache")

    def running(_: Path) -> list[str]:
        return []

    def installed(folder: Path, kubectl: Path) -> None:
        assert kubectl.is_symlink()
        (folder / "kinds").touch()

    monkeypatch.setattr(kinds, "install", installed)
    monkeypatch.setattr(start, "tenant", lambda: example.TENANT)
    monkeypatch.setattr(engine, "ensure", obtained)
    monkeypatch.setattr(servers, "start", started)
    monkeypatch.setattr(servers, "status", running)
    return done


@pytest.fixture
def sandbox(tmp_path: Path) -> SandboxDirectory:
    """A folder without a sandbox."""
    return SandboxDirectory(tmp_path / "sandbox")


ZONE = f"{example.TENANT.region}-a"
BUILT = InstalledProgram(Path("/programs/controlplane"), "1", "built")


def test_a_control_plane_that_is_there_starts_before_anything_else(
    sandbox: SandboxDirectory, calls: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(programs, "find_controlplane", lambda: BUILT)

    with sandbox.locked("a test"):
        starting = ServerStart(sandbox)

    assert calls == [f"started controlplane in {ZONE}", "engine"]
    assert (sandbox.bin / "kubectl").readlink() == BUILT.path
    assert (sandbox.path / "cloud.db").exists()
    starting.wait()
    assert (sandbox.path / "kinds").exists()


def test_a_control_plane_is_built_while_what_needs_none_goes_on(
    sandbox: SandboxDirectory, calls: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    may_end = threading.Event()

    def build() -> InstalledProgram:
        may_end.wait()
        return BUILT

    monkeypatch.setattr(programs, "find_controlplane", lambda: None)
    monkeypatch.setattr(programs, "ensure_controlplane", build)

    with sandbox.locked("a test"):
        starting = ServerStart(sandbox)
        assert calls == ["engine"]
        assert (sandbox.bin / "pulumi").is_symlink()
        may_end.set()
        starting.wait()

    assert calls == ["engine", f"started controlplane in {ZONE}"]
    assert (sandbox.path / "kinds").exists()
    assert (sandbox.bin / "kubectl").readlink() == BUILT.path


def test_a_build_that_fails_ends_the_command_that_needs_it(
    sandbox: SandboxDirectory, calls: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def build() -> InstalledProgram:
        raise ToolError("Go is needed to build the sandbox's programs")

    monkeypatch.setattr(programs, "find_controlplane", lambda: None)
    monkeypatch.setattr(programs, "ensure_controlplane", build)

    with sandbox.locked("a test"), pytest.raises(ToolError, match="Go is needed"):
        ServerStart(sandbox).wait()
    assert calls == ["engine"]
