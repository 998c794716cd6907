"""The table of the benchmark: `.venv/bin/python -m lab.plans` from `tests/`; `--record` makes the plans anew before.

The exit code is 1 when a plan is judged wrongly, unless its case says why. `--accept` writes the digests: read each
difference before it is committed.
"""

import argparse
import sys
from pathlib import Path

import example_checkout
from lab import tenants_sandbox
from lab.plans import store
from lab.plans.cases import cases
from lab.plans.judging import Judged, judge
from lab.plans.results import COLUMNS, rows, summary
from toolchain.environments import CHECKOUT


def main() -> int:
    """Record if asked to, print the table, and return the exit code."""
    example_checkout.enter("lab.plans", sys.argv[1:])
    parser = argparse.ArgumentParser(prog="lab.plans", description=__doc__)
    parser.add_argument("--record", action="store_true", help="make the plans anew, which takes half an hour")
    parser.add_argument("--accept", action="store_true", help="write the digests as they are now")
    arguments = parser.parse_args()
    if arguments.record:
        _record()
    judged = [judge(case) for case in cases()]
    print(table(judged))
    if arguments.accept or arguments.record:
        accept(judged, example_checkout.origin() / store.DIGESTS.relative_to(CHECKOUT))
    return int(any(not one.is_right and not one.case.known for one in judged))


def table(judged: list[Judged]) -> str:
    """Return the results as Markdown."""
    lines = [COLUMNS, ["---"] * len(COLUMNS), *rows(judged)]
    return "\n".join([*(f"| {' | '.join(line)} |" for line in lines), "", summary(judged)])


def accept(judged: list[Judged], folder: Path) -> None:
    """Write the digests of all cases, and remove the digests of other cases."""
    folder.mkdir(exist_ok=True)
    for file in folder.glob("*.txt"):
        file.unlink()
    for one in judged:
        (folder / f"{one.case.name}.txt").write_text(one.text, encoding="utf-8")


def _record() -> None:
    with tenants_sandbox.brought_up("plans") as sandbox:
        raw = sandbox.folder / "raw"
        if sandbox.run("-m", "lab.plans.recording", str(raw)):
            raise SystemExit("not every plan could be recorded, so nothing was written")
        store.write(raw, example_checkout.origin() / store.RECORDED.relative_to(CHECKOUT))
        store.write(raw, store.RECORDED)


if __name__ == "__main__":
    sys.exit(main())
