"""Durations of the files of tests: the longest begin first, so that no core idles while the last one ends.

`make test ARGS='--numprocesses=logical --dist=loadfile --update-durations'` measures the whole suite and writes
`durations.json`. A file that is not in it takes little, or is new: it comes after the others.
"""

import json
from collections import Counter
from pathlib import Path

import pytest

from example_checkout import origin

FILE = Path(__file__).with_name("durations.json")
# What takes less may run at any time.
_SECONDS = 5


def longest_first(items: list[pytest.Item], seconds: dict[str, int]) -> None:
    """Sort tests by what their file takes, as the number of seconds is known; tests of a file keep their order.

    Tests of whole commands come first. Then the sandboxes that they share end, and do not run on beside all others.
    """

    def place(item: pytest.Item) -> tuple[bool, int]:
        file = _file(item.nodeid)
        return not file.startswith("e2e/"), -seconds.get(file, 0)

    items.sort(key=place)


def expected() -> dict[str, int]:
    """Seconds by file, from the folder of the tests."""
    return dict(json.loads(FILE.read_text(encoding="utf-8")))


class Recorder:
    """Adds up what the tests of each file take, their fixtures included, and writes it at the end."""

    def __init__(self) -> None:
        self._seconds = Counter[str]()

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Count a test's setup, call or teardown."""
        self._seconds[_file(report.nodeid)] += round(report.duration * 1000)

    def pytest_sessionfinish(self) -> None:
        """Write the files that take long into the checkout of the person."""
        (origin() / "tests" / FILE.name).write_text(self.text(), encoding="utf-8")

    def text(self) -> str:
        """The document: the longest first."""
        rounded = {file: round(took / 1000) for file, took in self._seconds.most_common()}
        return json.dumps({file: took for file, took in rounded.items() if took >= _SECONDS}, indent=2) + "\n"


def _file(test: str) -> str:
    return test.partition("::")[0]
