import os
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from toolchain import build, golang
from toolchain.environments import CHECKOUT
from toolchain.errors import ToolError
from toolchain.progress import Step
from waiting import eventually

from .conftest import MakeProgram

# A Go that writes a program where it is told to, naming packages as `go list` and `go build -v` do.
_GO = """
[ "$1" = "version" ] && { echo "go version go1.26.8 linux/amd64"; exit 0; }
[ "$1" = "list" ] && { echo "go: downloading example.com/m v1.0.0"; cat "$LISTED"; exit 0; }
cat "$BUILT"
while [ "$1" != "-o" ]; do shift; done
echo built > "$2"
"""


@pytest.fixture
def module(tmp_path: Path, cache_home: Path, monkeypatch: pytest.MonkeyPatch) -> build.Program:
    """A program of a module with one source file."""
    for variable in ("LISTED", "BUILT"):
        monkeypatch.setenv(variable, os.devnull)
    folder = tmp_path / "module"
    folder.mkdir()
    (folder / "go.mod").write_text("module m\n")
    (folder / "main.go").write_text("package main\n")
    return build.Program("thing", folder, ".", "-s -w", (".",), "the thing", "about 1 s")


def test_a_program_is_built_once_and_then_found(module: build.Program, program: MakeProgram) -> None:
    program("go", _GO)
    path = build.ensure(module)
    program("go", "exit 1")

    assert build.ensure(module) == path == build.find(module)
    assert path.read_text() == "built\n"
    assert [each.name for each in path.parent.iterdir()] == ["thing"]


@pytest.mark.parametrize("changed", ["go.mod", "go.sum", "main.go"])
def test_a_changed_source_makes_another_program(module: build.Program, changed: str) -> None:
    before = module.key()
    (module.module / changed).write_text("changed")

    assert module.key() != before


@pytest.mark.parametrize("irrelevant", ["main_test.go", "README.md"])
def test_what_is_not_built_in_does_not_matter(module: build.Program, irrelevant: str) -> None:
    before = module.key()
    (module.module / irrelevant).write_text("changed")

    assert module.key() == before


def test_other_flags_of_the_compiler_make_another_program(module: build.Program) -> None:
    assert replace(module, gcflags="-l").key() != module.key()


def test_progress_is_of_all_that_is_to_be_compiled_with_the_time_that_is_left(
    module: build.Program, program: MakeProgram, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program("go", _GO)
    sources = tmp_path / "sources"
    sources.mkdir()
    (sources / "small.go").write_text("s" * 10)
    (sources / "large.go").write_text("l" * 90)
    listed = [f"example.com/{size}\t{sources}\t{size}.go\t" for size in ("small", "large")]
    (sources / "listed").write_text("\n".join([*listed, "example.com/no-source\t/nowhere\tx.go"]))
    (sources / "built").write_text("example.com/small\nexample.com/large\nnot a package\n")
    monkeypatch.setenv("LISTED", str(sources / "listed"))
    monkeypatch.setenv("BUILT", str(sources / "built"))
    notes: list[str] = []
    monkeypatch.setattr(Step, "note", property(lambda _: "", lambda _, note: notes.append(note)), raising=False)

    build.ensure(module)

    assert notes[:2] == ["", "1 modules downloaded"]
    assert [note.partition(" packages")[0] for note in notes[2:]] == ["1 of 2", "2 of 2"]
    assert notes[-1].endswith("about 0.0s left")


def test_the_persons_go_settings_do_not_reach_the_build(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GOFLAGS", "-mod=vendor")
    monkeypatch.setenv("GOWORK", "/their/go.work")
    monkeypatch.setenv("GOOS", "plan9")
    monkeypatch.setenv("GOPROXY", "https://proxy.example")

    env = golang.environment()

    assert env["GOFLAGS"] == "-mod=readonly -trimpath"
    assert (env["GOTOOLCHAIN"], env["GOWORK"]) == ("local", "off")
    assert "GOOS" not in env
    assert env["GOPROXY"] == "https://proxy.example"


def test_without_go_and_offline_nothing_is_built_and_the_remedy_is_named(
    module: build.Program, program: MakeProgram, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SANDBOX_OFFLINE", "1")
    monkeypatch.setenv("PATH", str(program("other", "").parent))

    with pytest.raises(ToolError, match=r"Go 1\.25\.11 or later is needed.*not on PATH.*go\.dev/dl.*make tools"):
        build.ensure(module)


def test_a_go_that_is_too_old_is_not_used(module: build.Program, program: MakeProgram) -> None:
    old = program("go", 'echo "go version go1.24.9 linux/amd64"')

    assert golang.find() == (None, f"{old} is 1.24.9")


@pytest.mark.parametrize(
    ("output", "said"),
    [
        ("link: write failed: no space left on device", "the disk is full"),
        ("open /x: read-only file system", "Make Go's caches writable"),
        ("m@v1: Get: dial tcp: lookup proxy: no such host", "could not be downloaded.*GOPROXY"),
        ("m: module lookup disabled by GOPROXY=off", "could not be downloaded.*SANDBOX_OFFLINE"),
        ("./main.go:1:1: syntax error: oops", "syntax error: oops(?s:.*)whole output is in"),
    ],
)
def test_a_failed_build_names_its_cause_and_keeps_nothing(
    module: build.Program, program: MakeProgram, cache_home: Path, output: str, said: str
) -> None:
    program("go", f'[ "$1" = "version" ] && {{ echo "go version go1.26.8"; exit 0; }}; echo "{output}" >&2; exit 1')

    with pytest.raises(ToolError, match=said):
        build.ensure(module)

    assert build.find(module) is None
    assert not list(cache_home.rglob("*.partial"))


def test_a_build_killed_in_the_middle_leaves_no_entry_and_no_orphan_and_the_next_run_builds(
    module: build.Program, program: MakeProgram, cache_home: Path, tmp_path: Path
) -> None:
    program(
        "go", f'[ "$1" = "version" ] && {{ echo "go version go1.26.8"; exit 0; }}; echo $$ > {tmp_path}/pid; sleep 60'
    )
    script = (
        "from pathlib import Path\nfrom toolchain import build\n"
        f"build.ensure(build.Program('thing', Path({str(module.module)!r}), '.', '-s -w', ('.',), 'the thing', 'long'))"
    )
    env = {**os.environ, "PYTHONPATH": str(CHECKOUT / "tools")}
    with subprocess.Popen([sys.executable, "-c", script], env=env, stderr=subprocess.DEVNULL) as child:
        pid = tmp_path / "pid"
        eventually(lambda: pid.exists() and pid.read_text().strip() != "")
        child.send_signal(signal.SIGKILL)
        child.wait()
    if sys.platform == "linux":
        eventually(lambda: not _runs(int(pid.read_text())))
    assert build.find(module) is None

    program("go", _GO)
    build.ensure(module)

    assert not list(cache_home.rglob("*.partial"))


def test_the_packages_that_a_killed_build_has_compiled_stay_in_gos_own_cache(
    module: build.Program, program: MakeProgram, cache_home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The partial entry, which the next run removes, holds temporary files alone."""
    monkeypatch.setenv("GOCACHE", str(tmp_path / "gos"))
    program("go", f'[ "$1" = "build" ] && echo "$GOCACHE $GOTMPDIR" > {tmp_path}/folders\n{_GO}')

    build.ensure(module)

    kept, temporary = (tmp_path / "folders").read_text().split()
    assert kept == str(tmp_path / "gos")
    assert temporary.startswith(f"{cache_home}/thing/{module.key()}.")


def _runs(pid: int) -> bool:
    try:
        return "Z" not in Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
