import subprocess
import sys
import threading
from pathlib import Path

import pytest

from toolchain.background import BackgroundWork
from toolchain.environments import CHECKOUT
from toolchain.errors import ToolError
from toolchain.progress import step
from waiting import LONGEST_SECONDS


def test_work_goes_on_beside_and_its_result_is_waited_for(capsys: pytest.CaptureFixture[str]) -> None:
    may_end = threading.Event()

    def work() -> int:
        with step("building") as running:
            running.note = "3 of 5 packages"
            may_end.wait()
        return 7

    beside = BackgroundWork(work, "waiting for the build")
    assert capsys.readouterr().err == ""

    threading.Timer(0.3, may_end.set).start()
    assert beside.result() == 7
    assert capsys.readouterr().err.startswith("waiting for the build …\nwaiting for the build … done in")


def test_a_result_that_is_there_is_no_step(capsys: pytest.CaptureFixture[str]) -> None:
    ended = threading.Event()
    beside = BackgroundWork(lambda: ended.set() or "there", "waiting")
    ended.wait()
    for _ in range(2):
        assert beside.result() == "there"
    assert "failed" not in capsys.readouterr().err


def test_an_error_of_the_work_is_raised_where_it_is_waited_for() -> None:
    def work() -> None:
        raise ToolError("no compiler")

    with pytest.raises(ToolError, match="no compiler"):
        BackgroundWork(work, "waiting").result()


def test_a_command_that_ends_early_leaves_nothing_of_the_work_behind(tmp_path: Path) -> None:
    """The work of a thread is between two statements at any moment; here it has started a program."""
    script = f"""
import os, time
from pathlib import Path
from toolchain import cache, processes
from toolchain.background import BackgroundWork

def make(folder):
    (folder / "half").write_text("made")
    processes.run(["sleep", "60"], cwd=folder, env=os.environ)
    processes.run(["touch", {str(tmp_path / "later")!r}], cwd=folder, env=os.environ)

BackgroundWork(lambda: cache.fill("tool", "key", make, print), "building")
while not list(cache.root().rglob("half")):
    time.sleep(0.01)
raise SystemExit("the command ends")
"""
    environment = {"PYTHONPATH": str(CHECKOUT / "tools"), "XDG_CACHE_HOME": str(tmp_path), "PATH": "/usr/bin:/bin"}

    ended = subprocess.run(
        [sys.executable, "-c", script],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=LONGEST_SECONDS,
    )

    assert (ended.returncode, ended.stderr) == (1, "the command ends\n")
    assert list(tmp_path.rglob("*.partial")) == []
    assert not (tmp_path / "later").exists()
