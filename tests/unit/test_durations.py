from types import SimpleNamespace
from typing import cast

import pytest
from xdist.plugin import pytest_xdist_auto_num_workers

from durations import Recorder, Shard, expected, longest_first
from toolchain.environments import CHECKOUT


def _item(test: str) -> pytest.Item:
    return cast("pytest.Item", SimpleNamespace(nodeid=test))


def test_the_longest_files_come_first_and_their_tests_stay_in_order() -> None:
    tests = ["e2e/long.py::two", "e2e/long.py::one", "e2e/new.py::one", "e2e/longer.py::one"]
    items = [_item(test) for test in tests]

    longest_first(items, {"e2e/long.py": 80, "e2e/longer.py": 90})

    ordered = ["e2e/longer.py::one", "e2e/long.py::two", "e2e/long.py::one", "e2e/new.py::one"]
    assert [item.nodeid for item in items] == ordered


def test_whole_commands_come_before_all_else_so_that_their_shared_sandboxes_end() -> None:
    items = [_item(test) for test in ("unit/new.py::one", "unit/long.py::one", "e2e/new.py::one", "e2e/a.py::one")]

    longest_first(items, {"unit/long.py": 60, "e2e/a.py": 6})

    ordered = ["e2e/a.py::one", "e2e/new.py::one", "unit/long.py::one", "unit/new.py::one"]
    assert [item.nodeid for item in items] == ordered


def test_what_a_file_takes_is_all_of_its_tests_with_their_fixtures() -> None:
    recorder = Recorder()
    for test, seconds in (("a.py::one", 3.4), ("a.py::two", 4.2), ("b.py::one", 70.0), ("c.py::one", 0.3)):
        recorder.pytest_runtest_logreport(cast("pytest.TestReport", SimpleNamespace(nodeid=test, duration=seconds)))

    assert recorder.text() == '{\n  "b.py": 70,\n  "a.py": 8\n}\n'


def test_a_process_more_than_cores_uses_what_waiting_tests_leave(pytestconfig: pytest.Config) -> None:
    cores = pytest_xdist_auto_num_workers(pytestconfig)

    assert pytestconfig.hook.pytest_xdist_auto_num_workers(config=pytestconfig) == cores + 1


def test_shards_have_every_file_once_and_take_about_as_long_as_each_other() -> None:
    seconds = expected()
    files = {*seconds, *(f"unit/new_{number}.py" for number in range(40))}

    parts = [Shard(number, 8).files(files, seconds) for number in range(1, 9)]

    assert sorted(file for part in parts for file in part) == sorted(files)
    took = [sum(seconds.get(file, 1) for file in part) for part in parts]
    assert max(took) - min(took) <= max(seconds.values()) // 4


def test_a_shard_leaves_out_the_tests_of_other_files_and_keeps_a_file_together() -> None:
    items = [_item(test) for test in ("a.py::one", "b.py::one", "a.py::two", "c.py::one")]

    others = Shard.parsed("1/2").keep(items, {"a.py": 9, "b.py": 4, "c.py": 3})

    assert [item.nodeid for item in items] == ["a.py::one", "a.py::two"]
    assert [item.nodeid for item in others] == ["b.py::one", "c.py::one"]


@pytest.mark.parametrize("text", ["0/8", "9/8", "1", "a/b", "1/2/3"])
def test_what_is_no_shard_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"no part|literal|unpack"):
        Shard.parsed(text)


def test_every_recorded_file_is_there() -> None:
    assert [file for file in expected() if not (CHECKOUT / "tests" / file).is_file()] == []
