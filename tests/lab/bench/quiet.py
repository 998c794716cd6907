"""Waits until the machine is idle, so that other work does not distort a measurement."""

import time
from pathlib import Path

from toolchain.progress import say

_EVERY = 2.0  # seconds between two samples
_IDLE = 0.8  # of the machine's time
_LONGEST = 60.0  # seconds


def settled() -> None:
    """Returns once the machine is four fifths idle; after a minute in any case, with a message.

    The servers of a sandbox stay busy for a while after hundreds of pods were created.
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


def idle() -> float:
    """Share of the machine's time that was idle during one sample."""
    before = _spent()
    time.sleep(_EVERY)
    now = _spent()
    return (now[0] - before[0]) / (now[1] - before[1])


def _spent() -> tuple[int, int]:
    """Idle and total time of all processors since the machine started (proc_stat(5))."""
    fields = [int(field) for field in Path("/proc/stat").read_text(encoding="ascii").partition("\n")[0].split()[1:]]
    return fields[3] + fields[4], sum(fields[:8])
