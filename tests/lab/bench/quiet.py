"""Waiting for a machine that has nothing else to do, so that a measurement is one of the product."""

import time
from pathlib import Path

from toolchain.progress import say

_EVERY = 2.0  # seconds of each look
_IDLE = 0.8  # of the machine's time
_LONGEST = 180.0  # seconds


def settled() -> None:
    """Returns once four fifths of the machine are idle; after three minutes in any case, and says so then.

    The servers of a sandbox are busy for a while after hundreds of pods have come.
    """
    end = time.monotonic() + _LONGEST
    before = _spent()
    while time.monotonic() < end:
        time.sleep(_EVERY)
        now = _spent()
        if now[0] - before[0] > _IDLE * (now[1] - before[1]):
            return
        before = now
    say("the machine is still busy with something else: what follows is slower than it would be")


def _spent() -> tuple[int, int]:
    """Time since the start of the machine, of all processors: idle, and in all (proc_stat(5))."""
    fields = [int(field) for field in Path("/proc/stat").read_text(encoding="ascii").partition("\n")[0].split()[1:]]
    return fields[3] + fields[4], sum(fields[:8])
