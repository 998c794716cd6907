import threading

import pytest

from toolchain.background import BackgroundWork
from toolchain.errors import ToolError
from toolchain.progress import step


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
