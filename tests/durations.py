"""Durations of the files of tests: the longest begin first, so that no core idles while the last one ends.

`make test ARGS='--numprocesses=logical --dist=loadfile --update-durations'` measures the whole suite and writes
`durations.json`. A file that is not in it takes little, or is new: it comes after the others.
"""

import json
from collections import Counter
from dataclasses import dataclass
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


@dataclass(frozen=True)
class Shard:
    """Part of the files of tests, so that several machines run all of them, each about as long as the others.

    Attributes:
        number: of the part, from one on.
        of: number of parts.
    """

    number: int
    of: int

    @classmethod
    def parsed(cls, text: str) -> "Shard":
        """Read a part from an option such as `1/8`.

        Raises:
            ValueError: the text is none.
        """
        number, of = (int(part) for part in text.split("/"))
        if not 1 <= number <= of:
            raise ValueError(f"{text} is no part")
        return cls(number, of)

    def keep(self, items: list[pytest.Item], seconds: dict[str, int]) -> list[pytest.Item]:
        """Remove the tests of other parts from a list, and return them; a file is in one part."""
        own = self.files({_file(item.nodeid) for item in items}, seconds)
        others = [item for item in items if _file(item.nodeid) not in own]
        items[:] = [item for item in items if _file(item.nodeid) in own]
        return others

    def files(self, files: set[str], seconds: dict[str, int]) -> set[str]:
        """Files of this part: the longest first, each into the part that has the least so far."""
        parts: list[tuple[int, int, set[str]]] = [(0, number, set()) for number in range(self.of)]
        for file in sorted(files, key=lambda name: (-seconds.get(name, 1), name)):
            took, number, members = min(parts, key=lambda part: part[:2])
            parts[number] = (took + seconds.get(file, 1), number, {*members, file})
        return parts[self.number - 1][2]


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
