import threading
import time
from collections.abc import Callable

import pytest

from cli import side_by_side
from cli.layout import Stack
from cli.side_by_side import StackOutcome
from toolchain.errors import ToolError
from toolchain.progress import say, show, step
from waiting import LONGEST_SECONDS

APPS = [Stack("apps", "sandbox", name) for name in ("a", "b", "c", "d")]


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch) -> Callable[[int, int], None]:
    """A machine with so many processors and so much free memory."""

    def of(processors: int, megabytes: int) -> None:
        def of_process(pid: int) -> set[int]:
            return set(range(processors))

        monkeypatch.setattr("os.sched_getaffinity", of_process)
        monkeypatch.setattr(side_by_side, "_free_megabytes", lambda: megabytes)

    of(4, 100_000)
    return of


def _quiet(ended: StackOutcome[str]) -> None:
    """Nobody listens."""


@pytest.mark.parametrize(
    ("wanted", "processors", "megabytes", "at_once"),
    [(50, 8, 100_000, 8), (3, 8, 100_000, 3), (50, 8, 1700, 4), (50, 8, 10, 1), (1, 1, 100_000, 1)],
)
def test_as_many_run_at_once_as_processors_and_memory_allow(
    machine: Callable[[int, int], None], wanted: int, processors: int, megabytes: int, at_once: int
) -> None:
    machine(processors, megabytes)

    assert side_by_side.at_once(wanted) == at_once


def test_no_more_than_that_are_ever_under_way(machine: Callable[[int, int], None]) -> None:
    machine(2, 100_000)
    under_way, most = 0, 0
    lock = threading.Lock()
    both = threading.Barrier(2)

    def work(stack: Stack, stop: threading.Event) -> str:
        nonlocal under_way, most
        with lock:
            under_way += 1
            most = max(most, under_way)
        both.wait(LONGEST_SECONDS)
        time.sleep(0.02)  # in which a third one could begin
        with lock:
            under_way -= 1
        return ""

    side_by_side.run(APPS, work, _quiet)

    assert most == 2


def test_an_app_that_fails_stops_no_other_and_is_named_with_its_reason(machine: object) -> None:
    def work(stack: Stack, stop: threading.Event) -> str:
        if stack.part == "b":
            raise ToolError("apps/b: the preview was stopped.\n  image is not pinned")
        return f"{stack.part} is up"

    ended = side_by_side.run(APPS, work, _quiet)
    error = side_by_side.failures(ended, "could not be brought up", "Correct that.")

    assert [each.result for each in ended] == ["a is up", None, "c is up", "d is up"]
    assert str(error) == (
        "1 of 4 apps could not be brought up:\n  apps/b: the preview was stopped.\n    image is not pinned\n"
        "The other 3 were not affected. Correct that."
    )


@pytest.mark.parametrize("processors", [1, 4])
def test_an_app_waits_for_the_one_that_makes_its_schemas(machine: Callable[[int, int], None], processors: int) -> None:
    machine(processors, 100_000)
    ended: list[str | None] = []

    def work(stack: Stack, stop: threading.Event) -> str:
        time.sleep(0.05 if stack.part == "d" else 0)
        ended.append(stack.part)
        return f"{stack.part} is up"

    outcomes = side_by_side.run(APPS, work, _quiet, {APPS[0]: APPS[3]})

    assert [each.result for each in outcomes] == ["a is up", "b is up", "c is up", "d is up"]
    assert ended.index("a") > ended.index("d")
    assert processors == 1 or ended.index("d") > ended.index("b")


def test_an_app_whose_schemas_are_not_made_is_left_as_it_is_and_no_other(machine: object) -> None:
    def work(stack: Stack, stop: threading.Event) -> str:
        if stack.part == "b":
            raise ToolError("apps/b: the job failed.")
        return f"{stack.part} is up"

    ended = side_by_side.run(APPS, work, _quiet, {APPS[0]: APPS[1]})

    assert [each.result for each in ended] == [None, None, "c is up", "d is up"]
    assert ended[0].failure == "apps/a: apps/b, which makes its schemas, did not end well. It was left as it is."


def test_without_a_failure_there_is_no_error() -> None:
    ended = [StackOutcome(stack, 1.0, "", "", ()) for stack in APPS]

    assert side_by_side.failures(ended, "could not be brought up", "") is None


def test_of_many_failures_the_first_are_told_in_full_and_all_by_name() -> None:
    many = [Stack("apps", "sandbox", f"app-{number}") for number in range(30)]
    ended = [StackOutcome[str](stack, 1.0, None, f"{stack.title}: no answer", ()) for stack in many]

    told = str(side_by_side.failures(ended, "could not be brought up", "Correct that."))

    assert told.count("no answer") == 10
    assert [stack.title for stack in many if stack.title not in told] == []


def test_what_one_app_shows_stands_in_one_piece(machine: object, capsys: pytest.CaptureFixture[str]) -> None:
    together = threading.Barrier(len(APPS))

    def work(stack: Stack, stop: threading.Event) -> str:
        together.wait(LONGEST_SECONDS)
        with step(f"{stack.title}: preview"):
            for number in range(3):
                show(f"{stack.part}{number}")
                say(f"{stack.part}{number}")
                time.sleep(0.002)
        return ""

    side_by_side.run(APPS, work, lambda ended: side_by_side.line(ended, "9 created"))
    printed = capsys.readouterr()

    assert sorted(printed.out.split()) == [f"{app}{number}" for app in "abcd" for number in range(3)]
    blocks = [printed.out.split()[start : start + 3] for start in range(0, 12, 3)]
    assert all(len({text[0] for text in block}) == 1 for block in blocks), printed.out
    said = printed.err.splitlines()
    assert "preview" not in printed.err
    for app in "abcd":
        first = said.index(f"{app}0")
        assert said[first : first + 3] == [f"{app}{number}" for number in range(3)]
        assert said[first + 3].startswith(f"apps/{app} … done in ")
        assert said[first + 3].endswith(", 9 created")


def test_an_interrupt_reaches_what_runs_and_starts_nothing_more(machine: Callable[[int, int], None]) -> None:
    machine(2, 100_000)
    begun: list[str | None] = []
    came_to_an_end: list[str | None] = []

    def work(stack: Stack, stop: threading.Event) -> str:
        begun.append(stack.part)
        if stack.part != "a":
            assert stop.wait(LONGEST_SECONDS)
            came_to_an_end.append(stack.part)
        return ""

    def interrupted(ended: StackOutcome[str]) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        side_by_side.run(APPS, work, interrupted)

    assert set(begun[1:]) == set(came_to_an_end)
    assert "d" not in begun


def test_an_error_that_is_no_apps_own_ends_everything(machine: Callable[[int, int], None]) -> None:
    machine(1, 100_000)
    begun: list[str | None] = []

    def work(stack: Stack, stop: threading.Event) -> str:
        begun.append(stack.part)
        if stack.part == "a":
            raise OSError("no space left on device")
        assert stop.wait(LONGEST_SECONDS)
        return ""

    with pytest.raises(OSError, match="no space left"):
        side_by_side.run(APPS, work, _quiet)

    assert set(begun) <= {"a", "b"}
