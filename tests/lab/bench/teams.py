"""Cost of one more team among others: previews of its stacks in identity and in the platform.

The other teams have their stack files, which the commands read. Their stacks are not deployed: no other stack reads
them.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from lab.bench import floor
from lab.bench.checkout import Checkout, Cost
from lab.bench.quiet import settled
from lab.bench.tables import Table
from toolchain.progress import say

NUMBERS = (2, 50, 200)
_COLUMNS = (
    *("the last of so many teams", "preview of", "lines of the plan", "time", "processor", "memory", "times the floor"),
    "time, processor, memory: times the second team",
)


@dataclass(frozen=True)
class _Previewed:
    """A preview of a new team's stack: its cost, and the lines of the plan."""

    cost: Cost
    lines: int


def measured(folder: Path) -> Table:
    """Table of the previews of the last team's stacks, for each number of teams, with an app and the policies.

    Args:
        folder: an empty one.
    """
    bench = Checkout(folder)
    try:
        for layer in ("identity", "platform"):
            bench.run("up", "--layer", layer)
        lowest = floor.seconds(bench.sandbox)
        rows: list[list[str]] = []
        first: dict[str, _Previewed] = {}
        for number in NUMBERS:
            say(f"{number} teams …")
            for layer, found in _last_of(bench, number):
                first.setdefault(layer, found)
                rows.append(_row(number, layer, found, first[layer], lowest))
        return Table("teams", _COLUMNS, rows)
    finally:
        bench.run("down")


def _last_of(bench: Checkout, number: int) -> Iterator[tuple[str, _Previewed]]:
    """Previews of the stacks of the last of so many teams; its stack in identity is deployed in between."""
    present = sum(1 for _ in (bench.folder / "identity").glob("Pulumi.team-*-sandbox.yaml"))
    for index in range(present, number):
        bench.declare([f"app-{index:03}"], f"team-{index:03}")
    team = f"team-{number - 1:03}"
    for layer in ("identity", "platform"):
        settled()
        cost, text = bench.printed("preview", "--layer", layer, "--team", team)
        yield layer, _Previewed(cost, len(text.splitlines()))
        if layer == "identity":
            bench.run("up", "--layer", layer, "--team", team)


def _row(number: int, layer: str, found: _Previewed, second: _Previewed, lowest: float) -> list[str]:
    times = f"{found.cost.seconds / lowest:.1f}"
    return [f"{number:,}", layer, f"{found.lines:,}", *found.cost.cells(), times, found.cost.times(second.cost)]
