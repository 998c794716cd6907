"""Build of a program of a Go module of this repository into the cache.

An entry's key is a hash of the sources of the program: `go.mod`, `go.sum`, its sources and its linker flags. Go's own
version is left out on purpose: an upgrade of Go would make everybody build the same program for ten minutes, and a
machine with a copied cache would need Go only to compute a key.
"""

import os
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from toolchain import cache, golang, processes
from toolchain.errors import ToolError
from toolchain.progress import Step, duration, say, step

_SOURCES = (".go", ".mod", ".sum", ".py")
_DOWNLOADING = "go: downloading "
# Name, folder and files of each package that is to be compiled.
_STALE = "{{if .Stale}}{{.ImportPath}}\t{{.Dir}}\t{{range .GoFiles}}{{.}}\t{{end}}{{end}}"
# Before this share is compiled, an estimate of the remaining time is a guess.
_ESTIMATE_SHARE = 0.05


@dataclass(frozen=True)
class Program:
    """A program to build.

    Attributes:
        name: name of its file.
        module: folder of its Go module.
        package: the package to build.
        ldflags: flags of the linker.
        sources: folders with its sources (relative to the module, not recursive; `.` is the module itself).
        title: name for the person who waits.
        takes: duration of the first build, for the person who waits.
        gcflags: flags of the compiler, for all packages.
    """

    name: str
    module: Path
    package: str
    ldflags: str
    sources: tuple[str, ...]
    title: str
    takes: str
    gcflags: str = ""

    @property
    def flags(self) -> tuple[str, ...]:
        """Flags of Go's commands that determine the result of the build."""
        return ("-ldflags", self.ldflags, *(("-gcflags", f"all={self.gcflags}") if self.gcflags else ()))

    def key(self) -> str:
        """Key of the program's entry in the cache."""
        parts = [sys.platform, os.uname().machine, self.package, self.ldflags, *filter(None, [self.gcflags])]
        for folder in self.sources:
            for file in sorted((self.module / folder).iterdir()):
                if file.suffix in _SOURCES and not file.name.endswith("_test.go"):
                    parts += [f"{folder}/{file.name}", file.read_text(encoding="utf-8")]
        return cache.key_of(*parts)


def find(program: Program) -> Path | None:
    """The built program in the cache; None when it is not there."""
    entry = cache.entry(program.name, program.key())
    return entry / program.name if entry else None


def ensure(program: Program) -> Path:
    """Path of the program, which is built when it is not in the cache.

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
    # Files that a killed build leaves in Go's temporary folder are removed with the unfinished entry.
    env = {**golang.environment(), "GOTMPDIR": str(scratch)}
    output = folder / program.name
    progress = _Progress(running, _stale(program, go, env, running))
    command = [go, "build", "-v", *program.flags, "-o", str(output), program.package]
    result = processes.run(command, cwd=program.module, env=env, log=log, on_line=progress.take)
    if result.code:
        raise ToolError(_failure(program, result, log))
    scratch.rmdir()
    if not output.is_file():
        raise ToolError(f"building {program.title}: Go reported success without a program; its output is in {log}")


def _stale(program: Program, go: str, env: Mapping[str, str], running: Step) -> dict[str, int]:
    """Bytes of source of each package that Go has yet to compile; Go downloads the modules for the list.

    Empty when Go cannot list them: then the build reports the reason.
    """
    sizes: dict[str, int] = {}
    downloaded = 0

    def take(line: str) -> None:
        nonlocal downloaded
        if line.startswith(_DOWNLOADING):
            downloaded += 1
            running.note = f"{downloaded} modules downloaded"
        elif "\t" in line:
            package, folder, *files = line.rstrip("\t").split("\t")
            with suppress(OSError):
                sizes[package] = sum(Path(folder, file).stat().st_size for file in files)

    command = [go, "list", "-deps", *program.flags, "-f", _STALE, program.package]
    result = processes.run(command, cwd=program.module, env=env, on_line=take)
    return {} if result.code else sizes


class _Progress:
    """Progress from the packages that `go build -v` names: the finished share and the remaining time."""

    def __init__(self, running: Step, stale: Mapping[str, int]) -> None:
        self._running = running
        self._rest = dict(stale)
        self._packages, self._bytes, self._compiled = len(stale), sum(stale.values()), 0
        self._started = time.monotonic()

    def take(self, line: str) -> None:
        """Take one line of output: the name of the package that is being compiled, or another text."""
        if (size := self._rest.pop(line, None)) is None:
            return
        self._compiled += size
        done = self._compiled / max(self._bytes, 1)
        note = f"{self._packages - len(self._rest)} of {self._packages} packages"
        if done >= _ESTIMATE_SHARE:
            note += f", about {duration((time.monotonic() - self._started) * (1 - done) / done)} left"
        self._running.note = note


def _failure(program: Program, result: processes.ProcessResult, log: Path) -> str:
    output = "\n".join(result.tail)
    if "no space left on device" in output:
        return cache.full_disk(f"building {program.title}", cache.root())
    if "read-only file system" in output or "permission denied" in output:
        remedy = "Make Go's caches writable (`go env GOCACHE GOMODCACHE`) or point those variables elsewhere."
    elif any(sign in output for sign in ("dial tcp", "module lookup disabled", "no such host", "i/o timeout")):
        remedy = (
            "Its modules could not be downloaded. Check the connection to the module proxy (`go env GOPROXY`), and "
            "unset SANDBOX_OFFLINE if it is set; then run `make tools`."
        )
    else:
        remedy = "Run `make tools` again after correcting that."
    lines = "\n".join(f"  {line}" for line in _informative(result.tail))
    what = f"building {program.title} failed (go ended with {result.code}):\n{lines}"
    return f"{what}\nThe whole output is in {log}. {remedy}"


def _informative(tail: Sequence[str]) -> Sequence[str]:
    """Last lines that are more than names of packages."""
    return [line for line in tail if " " in line][-6:] or tail[-6:]
