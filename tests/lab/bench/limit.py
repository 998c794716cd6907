"""Time limit of a part of the benchmark, so that a run ends in a stated time."""

import signal
from collections.abc import Generator
from contextlib import contextmanager
from types import FrameType


class TimeLimitError(Exception):
    """A part took longer than its limit."""


@contextmanager
def limited(minutes: float) -> Generator[None]:
    """Raise `TimeLimitError` in the block, in the main thread, once it has taken so many minutes."""

    def end(_: int, __: FrameType | None) -> None:
        raise TimeLimitError(f"it was ended after {minutes:g} minutes, its limit")

    before = signal.signal(signal.SIGALRM, end)
    signal.setitimer(signal.ITIMER_REAL, minutes * 60)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
