"""Building one program of a Go module of this repository into the cache.

An entry's key is a hash of what the program is made of: `go.mod`, `go.sum`, its sources and its linker flags. Go's own
version is left out on purpose: an upgrade of Go would make everybody build for ten minutes for the same program, and a
machine that got the cache from elsewhere would need Go only to compute a key.
"""

import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from toolchain import cache, golang, processes
from toolchain.errors import ToolError
from toolchain.progress import Step, say, step

_SOURCES = (".go", ".mod", ".sum", ".py")


@dataclass(frozen=True)
class Program:
    """A program to build: its file name, the module's folder, the package, the linker flags.

    `sources` are the folders (relative to the module, not recursive; `.` is the module itself) whose files it is made
    of; `title` and `takes` are for the person who waits.
    """

    name: str
    module: Path
    package: str
    ldflags: str
    sources: tuple[str, ...]
    title: str
    takes: str

    def key(self) -> str:
        """The name of its entry in the cache."""
        parts = [sys.platform, os.uname().machine, self.package, self.ldflags]
        for folder in self.sources:
            for file in sorted((self.module / folder).iterdir()):
                if file.suffix in _SOURCES and not file.name.endswith("_test.go"):
                    parts += [f"{folder}/{file.name}", file.read_text(encoding="utf-8")]
        return cache.key_of(*parts)


def find(program: Program) -> Path | None:
    """The built program in the cache, or None."""
    entry = cache.entry(program.name, program.key())
    return entry / program.name if entry else None


def ensure(program: Program) -> Path:
    """The built program, built now when it is not in the cache.

    Raises `ToolError` when there is no Go, no network for the modules, no space, or the build fails.
    """

    def make(folder: Path) -> None:
        compiler = golang.ensure()
        with step(f"building {program.title} ({program.takes} the first time, cached afterwards)") as running:
            _build(program, str(compiler.path), folder, running)

    waiting = f"which builds {program.title} …"
    entry = cache.fill(program.name, program.key(), make, lambda holder: say(f"waiting for {holder}, {waiting}"))
    return entry / program.name


def _build(program: Program, go: str, folder: Path, running: Step) -> None:
    log = cache.root() / "logs" / f"build-{program.name}.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    scratch = folder / "scratch"
    scratch.mkdir()
    # What a killed build leaves in Go's temporary folder is removed with the unfinished entry.
    env = {**golang.environment(), "GOTMPDIR": str(scratch)}
    output = folder / program.name
    command = [go, "build", "-v", "-ldflags", program.ldflags, "-o", str(output), program.package]
    counts = {"downloaded": 0, "packages": 0}

    def count(line: str) -> None:
        counts["downloaded" if line.startswith("go: downloading ") else "packages"] += 1
        running.note = f"{counts['packages']} packages" if counts["packages"] else f"{counts['downloaded']} modules"

    ended = processes.run(command, cwd=program.module, env=env, log=log, on_line=count)
    if ended.code:
        raise ToolError(_failure(program, ended, log))
    scratch.rmdir()
    if not output.is_file():
        raise ToolError(f"building {program.title}: Go reported success without a program; its output is in {log}")


def _failure(program: Program, ended: processes.Ended, log: Path) -> str:
    said = "\n".join(ended.tail)
    if "no space left on device" in said:
        return cache.full_disk(f"building {program.title}", cache.root())
    if "read-only file system" in said or "permission denied" in said:
        remedy = "Make Go's caches writable (`go env GOCACHE GOMODCACHE`) or point those variables elsewhere."
    elif any(sign in said for sign in ("dial tcp", "module lookup disabled", "no such host", "i/o timeout")):
        remedy = (
            "Its modules could not be downloaded. Check the connection to the module proxy (`go env GOPROXY`), and "
            "unset SANDBOX_OFFLINE if it is set; then run `make tools`."
        )
    else:
        remedy = "Run `make tools` again after correcting that."
    lines = "\n".join(f"  {line}" for line in _telling(ended.tail))
    what = f"building {program.title} failed (go ended with {ended.code}):\n{lines}"
    return f"{what}\nThe whole output is in {log}. {remedy}"


def _telling(tail: Sequence[str]) -> Sequence[str]:
    """The last lines that are not just names of packages."""
    return [line for line in tail if " " in line][-6:] or tail[-6:]
