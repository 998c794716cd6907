"""The launcher, by programs that try what they must not do, with the rights of whoever runs the tests."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from toolchain import confined
from waiting import LONGEST_SECONDS

LAUNCHER = str(confined.__file__)
REFUSED = confined.version() > 0
Run = Callable[[str], "subprocess.CompletedProcess[str]"]


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """Runs Python code in a folder that has an environment, with a file that judges it beside the folder."""
    (tmp_path / "rules.yaml").write_text("strict\n")
    (tmp_path / "layer" / ".venv").mkdir(parents=True)
    (tmp_path / "layer" / "own.txt").write_text("own\n")

    def start(code: str) -> "subprocess.CompletedProcess[str]":
        command = [sys.executable, "-I", "-S", LAUNCHER, sys.executable, "-c", f"import os\n{code}"]
        env = {**os.environ, "TMPDIR": str(tmp_path)}
        return subprocess.run(
            command,
            cwd=tmp_path / "layer",
            env=env,
            text=True,
            capture_output=True,
            timeout=LONGEST_SECONDS,
            check=False,
        )

    return start


WAYS = {
    "write": 'open("../rules.yaml", "w").write("none")',
    "append": 'open("../rules.yaml", "a").write("none")',
    "write in place": 'os.pwrite(os.open("../rules.yaml", os.O_RDWR), b"n", 0)',
    "truncate": 'os.truncate("../rules.yaml", 0)',
    "remove": 'os.remove("../rules.yaml")',
    "replace": 'open(".venv/x", "w").close(); os.replace(".venv/x", "../rules.yaml")',
    "move away": 'os.rename("../rules.yaml", ".venv/rules.yaml")',
    "link": 'os.link("../rules.yaml", ".venv/rules.yaml")',
    "make": 'open("../another.yaml", "w")',
    "make a folder": 'os.mkdir("../more")',
    "make a link": 'os.symlink("rules.yaml", "../link.yaml")',
    "write through a link": 'os.symlink("../../rules.yaml", ".venv/l"); open(".venv/l", "w").write("none")',
    "change its own source": 'open("own.txt", "w").write("none")',
    "through a child": 'raise SystemExit(os.system("echo none > ../rules.yaml") != 0)',
    "mount over it": (
        "import ctypes\n"
        "libc = ctypes.CDLL(None, use_errno=True)\n"
        'raise SystemExit(libc.mount(b".venv", b"..", None, 4096, None) != 0)'
    ),
    "signal": "import signal; os.kill(os.getppid(), 0)",
    "trace": ("import ctypes\nraise SystemExit(ctypes.CDLL(None).ptrace(16, os.getppid(), 0, 0) != 0)"),
    "memory": 'open(f"/proc/{os.getppid()}/mem", "r+b")',
}


@pytest.mark.skipif(not REFUSED, reason="this kernel has no Landlock: files are compared before each verdict instead")
@pytest.mark.parametrize("code", WAYS.values(), ids=WAYS)
def test_a_program_changes_nothing_outside_and_no_other_process(run: Run, tmp_path: Path, code: str) -> None:
    ran = run(code)

    assert ran.returncode != 0
    assert (tmp_path / "rules.yaml").read_text() == "strict\n"
    assert (tmp_path / "layer" / "own.txt").read_text() == "own\n"
    assert not {path.name for path in tmp_path.iterdir()} - {"rules.yaml", "layer", f"prodfirst-programs-{os.getuid()}"}


def test_a_program_keeps_bytecode_and_temporary_files_and_reads_everything(run: Run) -> None:
    ran = run(
        'import tempfile\nopen(".venv/kept", "w").close()\nopen("/dev/null", "w").write("x")\n'
        'tempfile.TemporaryFile().write(b"x")\nprint(open("../rules.yaml").read(), end="")'
    )

    assert (ran.returncode, ran.stdout, ran.stderr) == (0, "strict\n", "")


def test_arguments_input_and_exit_code_are_the_programs(tmp_path: Path) -> None:
    command = [sys.executable, "-I", "-S", LAUNCHER, "/bin/sh", "-c", 'cat; echo "$1"; exit 7', "sh", "an argument"]
    ran = subprocess.run(command, cwd=tmp_path, input="input\n", text=True, capture_output=True, check=False)

    assert (ran.returncode, ran.stdout) == (7, "input\nan argument\n")


def test_a_folder_that_others_can_write_is_no_place_for_temporary_files(run: Run, tmp_path: Path) -> None:
    folder = tmp_path / f"prodfirst-programs-{os.getuid()}"
    folder.mkdir()
    folder.chmod(0o777)

    ran = run("print(1)")

    assert (ran.returncode, ran.stdout) == ((127, "") if REFUSED else (0, "1\n"))
    assert not REFUSED or f"{folder} is not a folder of this user alone; remove it" in ran.stderr
