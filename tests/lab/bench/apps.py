"""Cost of one app among others, and of several at once.

All layers are brought up for each number of apps in turn.
"""

import json
import statistics
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from lab.bench import floor, single
from lab.bench.checkout import Checkout, Cost
from lab.bench.process import output
from lab.bench.quiet import settled
from lab.bench.tables import Table
from toolchain.progress import say

_RUNS = 3
# Among how many apps the single stack is measured at most: with more, its preview alone takes many minutes.
_LARGEST_SINGLE = 50
_OF_A_TEAM = 5
_MEASURED = "measured"


def _one(bench: Checkout) -> tuple[Cost, Cost]:
    """Cost of a preview of the measured app with a new image, and of the update: medians of several runs."""
    previews: list[Cost] = []
    updates: list[Cost] = []
    for _ in range(_RUNS):
        bench.write(_MEASURED)
        settled()
        previews.append(bench.run("preview", "--app", _MEASURED))
        updates.append(bench.run("up", "--app", _MEASURED))
    return _median(previews), _median(updates)


def _median(costs: Sequence[Cost]) -> Cost:
    return Cost(
        statistics.median(cost.seconds for cost in costs),
        statistics.median(cost.processor for cost in costs),
        statistics.median(cost.megabytes for cost in costs),
    )


def _rows(bench: Checkout, numbers: Sequence[int]) -> Iterator[tuple[int, list[list[str]]]]:
    """Rows for each number of apps: one app, and all of them. Apps stay for the next number."""
    names = [f"app-{number:03}" for number in range(1, max(numbers))]
    alone: tuple[Cost, Cost] | None = None
    lowest, present = 0.0, 0
    for number in numbers:
        bench.declare([_MEASURED])
        for index, name in enumerate(names[: number - 1]):
            bench.declare([name], f"team-{index // _OF_A_TEAM:03}")
        among = f"{number} apps" if number > 1 else "one app"
        for layer in ("identity", "platform"):
            bench.run("up", "--layer", layer)
        lowest = lowest or floor.seconds(bench.sandbox)
        platform = bench.run("preview", "--owner", "platform")
        every = bench.run("up", "--layer", "apps")
        preview, update = _one(bench)
        yield (
            number,
            [
                _row(f"{among}: `make preview OWNER=platform`", platform, lowest),
                _row(f"{number - present} of them new: `make up LAYER=apps`", every, lowest),
                _row(f"one app among {number}: `make preview APP=…`", preview, lowest, alone and alone[0]),
                _row(f"one app among {number}: `make up APP=…`", update, lowest, alone and alone[1]),
            ],
        )
        alone = alone or (preview, update)
        present = number


def _row(what: str, cost: Cost, lowest: float, alone: Cost | None = None) -> list[str]:
    row = [what, *cost.cells(), f"{cost.seconds / lowest:.1f}", cost.times(alone) if alone else ""]
    say("  ".join(row))
    return row


_COLUMNS = ("what", "time", "processor", "memory", "times the floor", "time, processor, memory: times one alone")


def measured(folder: Path, numbers: Sequence[int]) -> Iterator[Table]:
    """Tables for each number of apps; for one number that takes no hours, the single stack as well.

    Args:
        folder: an empty one.
        numbers: of apps, ascending.
    """
    compared = max((number for number in numbers if number <= _LARGEST_SINGLE), default=numbers[0])
    bench = Checkout(folder)
    bench.remove_apps()
    rows: list[list[str]] = []
    try:
        for number, taken in _rows(bench, numbers):
            rows += taken
            if number == compared:
                say(f"{number} apps in their layers and in a single stack …")
                yield Table("single-apps", (f"change, among {number} apps", *single.COLUMNS), _single(bench))
    finally:
        bench.run("down")
    yield Table("apps", _COLUMNS, rows)


def _single(bench: Checkout) -> list[list[str]]:
    """Rows of `lab.bench.single`, run in the copy."""
    return json.loads(output([sys.executable, "-m", "lab.bench.single"], bench.folder / "tests", bench.env))
