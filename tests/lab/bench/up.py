"""Cost of bringing the sandbox up: from zero, unchanged, and for each further stack."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from cli.layout import SANDBOX, stacks
from lab.bench import calls
from lab.bench.checkout import Checkout
from lab.bench.memory import Peak
from lab.bench.place import UP, Place
from lab.bench.process import output
from lab.bench.tables import Table
from toolchain.progress import say

# As many as make the difference larger than the noise of a machine.
_FURTHER = 8
_KINDS = ("from zero, tools cached", "unchanged")
_COLUMNS = ("`make up`", "stacks", "time", "each further stack", "memory at the peak, servers included")


@dataclass(frozen=True)
class Run:
    """An `up`: its seconds, and the megabytes of all processes of the sandbox at the peak."""

    seconds: float
    megabytes: float


def measured(place: Place) -> Table:
    """Table of `make up` in a copy of the checkout with further apps, and in this checkout, whose sandbox stays up.

    Args:
        place: of the run; its sandbox is not up yet.
    """
    more = Checkout(place.empty("further-stacks"))
    more.declare(f"further-{number}" for number in range(_FURTHER))
    try:
        say(f"make up with {_FURTHER} further stacks, from zero and unchanged …")
        larger = [_run(lambda: output(UP, more.folder / "tools", more.env), more.sandbox.path) for _ in _KINDS]
    finally:
        more.run("down")
    say("make up, from zero and unchanged …")
    smaller = [_run(place.bring_up, place.directory.path) for _ in _KINDS]
    number = len(stacks(SANDBOX))
    listed: list[list[str]] = []
    for kind, few, many in zip(_KINDS, smaller, larger, strict=True):
        listed += rows(kind, number, few, number + _FURTHER, many)
    share = calls.measured(place.directory.path, place.env)
    calls_row = [f"unchanged: {share.number} calls of the simulated cloud in it", "", f"{share.seconds:.2f} s", "", ""]
    return Table("up", _COLUMNS, [*listed, calls_row])


def rows(kind: str, few: int, fewer: Run, many: int, more: Run) -> list[list[str]]:
    """Rows of `up` with few and with many stacks, and the seconds of each further one."""
    each = (more.seconds - fewer.seconds) / (many - few)
    return [
        [kind, str(few), f"{fewer.seconds:.1f} s", "", f"{fewer.megabytes:.0f} MB"],
        [kind, str(many), f"{more.seconds:.1f} s", f"{each:.1f} s", f"{more.megabytes:.0f} MB"],
    ]


def _run(operation: Callable[[], object], sandbox: Path) -> Run:
    started = time.monotonic()
    with Peak(sandbox) as peak:
        operation()
    return Run(time.monotonic() - started, peak.megabytes)
