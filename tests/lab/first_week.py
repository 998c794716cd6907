"""An adopter's first week with every suite after each step: `.venv/bin/python -m lab.first_week`, from `tests/`.

The suites run in a copy of the checkout without the adopter's files. Where that copy equals, byte by byte, the copy
after an earlier step, the suites are not run again; `make check` and the test of the committed stacks run after each
step.
"""

import subprocess
import sys
import tempfile
import time
from pathlib import Path

from rich.console import Console
from rich.table import Table

import example_checkout
from e2e.sandboxes import copy_checkout
from unit.first_week import STEPS, Week

_CONFORMANCE = "ARGS=unit/test_committed_stacks.py -q"


def main() -> int:
    """Take the steps and print what passed; 1 when anything failed."""
    example_checkout.enter("lab.first_week", sys.argv[1:])
    table = Table("step", "make check", "committed stacks", "suites", "seconds")
    known: dict[str, str] = {}
    with tempfile.TemporaryDirectory(prefix="week-") as folder:
        week = Week(Path(folder).resolve() / "checkout")
        copy_checkout(week.root)
        subprocess.run(["git", "init", "--quiet"], cwd=week.root, check=True)  # noqa: S607  git
        for step in STEPS:
            started = time.monotonic()
            step(week)
            if step.__name__ != "team_without_app":
                _make(week.root, "docs")
            row = [_make(week.root, "check"), _make(week.root, "test", _CONFORMANCE)]
            content = example_checkout.content(week.root)
            if content not in known:
                known[content] = _make(week.root, "test")
                row.append(known[content])
            else:
                row.append(f"{known[content]} (same files)")
            table.add_row(step.__name__, *row, f"{time.monotonic() - started:.0f}")
            Console().print(" | ".join([step.__name__, *row]), markup=False)
    Console().print(table)
    return int(any("FAILED" in cell for column in table.columns for cell in map(str, column.cells)))


def _make(root: Path, *arguments: str) -> str:
    """The last line that a target printed, or that it failed, with all that it printed."""
    done = subprocess.run(["make", *arguments], cwd=root, capture_output=True, text=True, check=False)  # noqa: S603, S607  make
    if done.returncode:
        sys.stdout.write(done.stdout + done.stderr)
        return "FAILED"
    return (done.stdout.strip().splitlines() or ["passed"])[-1].strip("= ")


if __name__ == "__main__":
    sys.exit(main())
