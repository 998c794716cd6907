"""Chained previews against what comes later: `.venv/bin/python -m lab.chained [name …]`, from `tests/`.

It brings up a sandbox of its own, and takes an hour or longer. The exit code is 1 when a predicted plan is
another one than the later plan, and nothing was said of it before.
"""

import argparse
import signal
import sys
from contextlib import closing
from typing import NoReturn

import example_checkout
from cli.embedded.directory import SandboxDirectory
from cli.target.sandbox import Sandbox
from lab import tenants_sandbox
from lab.chained.changes import GROUPS, changes
from lab.chained.comparison import Comparison, compare, stack_of, update
from lab.chained.results import row, summary
from sandbox.cloud.store import Store
from toolchain.errors import ToolError
from toolchain.progress import say

_INSIDE = "--inside"


def main() -> int:
    """Compare the named changes, or all; return the exit code."""
    parser = argparse.ArgumentParser(prog="lab.chained", description=__doc__)
    parser.add_argument("names", nargs="*", help="names of changes")
    parser.add_argument(_INSIDE, action="store_true", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.inside:
        return _compared(arguments.names)
    example_checkout.enter("lab.chained", sys.argv[1:])
    # Ended from outside, it stops its servers as well.
    signal.signal(signal.SIGTERM, _end)
    with tenants_sandbox.brought_up("chained") as sandbox:
        return sandbox.run("-m", "lab.chained", _INSIDE, *arguments.names)


def _end(number: int, frame: object) -> NoReturn:
    del frame
    sys.exit(128 + number)


def _admit() -> None:
    """Make the groups that the changes name."""
    with closing(Store(SandboxDirectory.default().path / "cloud.db")) as store:
        for group in GROUPS:
            store.add_membership(f"group:{group}@example.com", "user:somebody@example.com")


def _compared(names: list[str]) -> int:
    sandbox = Sandbox()
    sandbox.start()
    _admit()
    done: list[Comparison] = []
    failed = 0
    for change in changes():
        if names and change.name not in names:
            continue
        try:
            done.append(compare(change, sandbox))
        except ToolError as error:
            say(f"{change.name}: {error}")
            failed += 1
            for title in change.stacks:  # what the change has left
                update(stack_of(title))
            continue
        print("\n".join(row(done[-1])), flush=True)
    print(f"{summary(done)}; {failed} could not be compared")
    return int(failed or any(stack.differences and not stack.announced for each in done for stack in each.stacks))


if __name__ == "__main__":
    sys.exit(main())
