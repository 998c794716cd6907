"""One session of pytest that measures which lines each test runs, and tries the mutants."""

import ast
import importlib
import json
import math
import sys
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import zip_longest
from pathlib import Path
from types import FrameType
from typing import Any, Self

import pytest

from lab.mutation import child, exchange, operators

# Seconds of CPU. A test that takes longer is not asked: the score is a lower bound.
_SLOW = 3
# Of all tests of a mutant, beyond which no further test is asked.
_ENOUGH = 20
# A mutant is killed that takes this, and twice what its tests take without it: the first test of several may fill a
# cache of all.
_MORE = 30
_IMPORT = "import"


@dataclass(frozen=True)
class Survivor:
    """Mutant that no test notices.

    Attributes:
        file: the changed file.
        number: its number in the file.
        tests: tests that may notice it where it is imported; empty where that was tried.
    """

    file: Path
    number: int
    tests: tuple[str, ...] = ()

    def written(self) -> str:
        """Return the mutant as a line of JSON."""
        return json.dumps({"file": str(self.file), "number": self.number, "tests": self.tests})

    @classmethod
    def read(cls, fields: Any) -> Self:
        """Read what `written` returned."""
        return cls(Path(fields["file"]), fields["number"], tuple(fields["tests"]))


@dataclass(eq=False)
class Trial:
    """Plugin of pytest: tries the mutants of files in place of running the tests.

    Attributes:
        files: the files.
        modules: modules that are imported before all tests, the files among them.
        prepare: makes what tests share and no mutant changes, once for all.
        say: is called with each survivor.
        failed: names of tests that fail without any mutant.
    """

    files: Sequence[Path]
    modules: Sequence[str]
    prepare: Callable[[], object]
    say: Callable[[Survivor], None]
    failed: list[str] = field(default_factory=list[str])
    _noticed: bool = field(default=False, init=False)
    _sure: set[str] = field(default_factory=set[str], init=False)
    _unsure: set[str] = field(default_factory=set[str], init=False)

    def __post_init__(self) -> None:
        self._lines = _Lines(self.files)
        self._lines.start()
        for module in self.modules:
            importlib.import_module(module)
        self._at_import = self._lines.stop()

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Notice a failure."""
        self._noticed = self._noticed or report.failed

    def pytest_internalerror(self, excrepr: object) -> None:
        """Keep an error of this program."""
        self.failed.append(str(excrepr))

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        """Measure the tests, then try all mutants."""
        self.prepare()
        functions = exchange.functions(self._lines.names)
        tests = list(self._measured(session.items))
        if self.failed:
            return True
        for file in self.files:
            self._try(file, functions[file], tests)
        return True

    def _measured(self, items: Sequence[pytest.Item]) -> Iterator["_Test"]:
        left = list(items)
        while left:
            with child.Child(0) as measured:
                if measured.is_inside:
                    for item, following in zip(left, [*left[1:], None], strict=True):
                        child.limit(_MORE)
                        measured.tell(json.dumps(self._measure(item, following)))
                    measured.end()
            for text in measured.text.splitlines():
                is_noticed, seconds, lines = json.loads(text)
                item = left.pop(0)
                if is_noticed:
                    self.failed.append(item.nodeid)
                elif seconds < _SLOW:
                    yield _Test(item, seconds, {Path(file): frozenset(numbers) for file, numbers in lines.items()})
            if measured.is_killed:
                left.pop(0)  # it takes too long

    def _measure(self, item: pytest.Item, following: pytest.Item | None) -> tuple[bool, float, dict[str, list[int]]]:
        started = time.process_time()
        self._lines.start()
        is_noticed = self._notices(item, following)
        lines = {str(file): sorted(lines) for file, lines in self._lines.stop().items() if lines}
        return is_noticed, time.process_time() - started, lines

    def _try(self, file: Path, functions: Sequence[Any], tests: Sequence["_Test"]) -> None:
        tree = ast.parse(file.read_text(encoding="utf-8"))
        known = sorted((test for test in tests if file in test.lines), key=lambda test: test.seconds)
        kills: defaultdict[str, int] = defaultdict(int)
        exchanged = exchange.Exchange(tree, functions)
        for number, mutant in enumerate(operators.mutants(tree)):
            asked = [test for test in known if test.lines[file] & mutant.lines and test.item.nodeid not in self._unsure]
            asked = _enough(sorted(asked, key=lambda test: (-kills[test.item.nodeid], test.seconds)))
            with child.Child(_limit(asked)) as trial:
                if trial.is_inside:
                    is_exchanged = exchanged.by(mutant.tree)
                    trial.tell(self._killer(asked) if is_exchanged else _IMPORT)
                    trial.end()
            killer = "" if trial.is_killed else trial.text.strip()
            if trial.is_killed or (killer not in ("", _IMPORT) and self._is_sure(killer, asked)):
                kills[killer] += 1
            elif killer == _IMPORT or mutant.lines & self._at_import[file]:
                self.say(Survivor(file, number, tuple(test.item.nodeid for test in _enough(asked or known))))
            else:
                self.say(Survivor(file, number))

    def _is_sure(self, killer: str, asked: Sequence["_Test"]) -> bool:
        """Return whether a test that failed passes without the mutant, where it runs alone as well."""
        if killer not in self._sure | self._unsure:
            with child.Child(_limit(asked)) as alone:
                if alone.is_inside:
                    alone.tell(self._killer([test for test in asked if test.item.nodeid == killer]))
                    alone.end()
            (self._unsure if alone.is_killed or alone.text.strip() else self._sure).add(killer)
        return killer in self._sure

    def _killer(self, tests: Sequence["_Test"]) -> str:
        items = [test.item for test in tests]
        pairs = zip_longest(items, items[1:])
        return next((item.nodeid for item, following in pairs if item and self._notices(item, following)), "")

    def _notices(self, item: pytest.Item, following: pytest.Item | None) -> bool:
        self._noticed = False
        item.config.hook.pytest_runtest_protocol(item=item, nextitem=following)
        return self._noticed


@dataclass(frozen=True)
class _Test:
    item: pytest.Item
    seconds: float
    lines: dict[Path, frozenset[int]]


def _limit(tests: Iterable[_Test]) -> int:
    return _MORE + math.ceil(2 * sum(test.seconds for test in tests))


def _enough(tests: Iterable[_Test]) -> list[_Test]:
    asked: list[_Test] = []
    for test in tests:
        if sum(one.seconds for one in asked) > _ENOUGH:
            break
        asked.append(test)
    return asked


class _Lines:
    """Lines of some files that are run."""

    def __init__(self, files: Sequence[Path]) -> None:
        self.names: dict[str, Path] = {}
        self._files = frozenset(files)
        self._all: dict[str, Path | None] = {}
        self._lines: dict[Path, set[int]] = {}

    def start(self) -> None:
        """Begin to record."""
        self._lines = {file: set() for file in self._files}
        threading.settrace(self._call)
        sys.settrace(self._call)

    def stop(self) -> dict[Path, set[int]]:
        """End it; return the lines by file."""
        sys.settrace(None)
        threading.settrace(None)  # pyright: ignore[reportArgumentType] - as it was
        return self._lines

    def _call(self, frame: FrameType, event: str, argument: Any) -> Any:
        del event, argument
        name = frame.f_code.co_filename
        if name not in self._all:
            file = Path(name).resolve()
            self._all[name] = file if file in self._files else None
            if file in self._files:
                self.names[name] = file
        file = self._all[name]
        if file is None:
            return None
        add = self._lines[file].add

        def line(frame: FrameType, event: str, argument: Any) -> Any:
            del argument
            if event == "line":
                add(frame.f_lineno)
            return line

        return line
