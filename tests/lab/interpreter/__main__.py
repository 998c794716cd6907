"""Compare `act` and the double case by case: `.venv/bin/python -m lab.interpreter`, from `tests/`.

Words after the command name the cases to run; without any, all are. It exits with 1 when a case differs.
"""

import sys
import tempfile
import time
from pathlib import Path

from rich.console import Console
from rich.table import Table

from lab.interpreter import act, double
from lab.interpreter.cases import CASES, Case
from lab.interpreter.place import Commands


def _compared(case: Case, console: Console) -> tuple[int, bool]:
    """Run a case twice; return the number of commands, and whether both runs started the same."""
    with tempfile.TemporaryDirectory(prefix="interpreter-") as name:
        folders = [Path(name) / "act", Path(name) / "double"]
        for folder in folders:
            folder.mkdir()
        by_act, said = act.run(case, folders[0])
        by_double = double.run(case, folders[1])
    for who, more in (("act", by_act - by_double), ("the double", by_double - by_act)):
        _show(who, more, console)
    if by_act != by_double:
        console.print(said, markup=False, highlight=False)
    return by_act.total(), by_act == by_double


def _show(who: str, more: Commands, console: Console) -> None:
    for job, command, variables in sorted(more):
        console.print(
            f"  {who} alone: {job}: make {command} {variables}", markup=False, highlight=False, soft_wrap=True
        )


def main(words: list[str]) -> int:
    """Run the cases and print what came of them."""
    console = Console()
    chosen = [case for case in CASES if not words or any(word in f"{case.workflow} {case.name}" for word in words)]
    table = Table("workflow", "case", "commands", "act and double", "seconds", title=f"act {act.VERSION}")
    failed = 0
    for case in chosen:
        started = time.monotonic()
        count, same = _compared(case, console)
        failed += not same
        row = (case.workflow, case.name, str(count), "the same" if same else "DIFFERENT")
        table.add_row(*row, f"{time.monotonic() - started:.0f}")
        console.print(" | ".join(row), markup=False, highlight=False)
    console.print(table)
    return int(failed > 0 or not chosen)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
