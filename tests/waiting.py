"""Waiting in tests: for something that happens, never for a time in which it should have happened."""

import time
from collections.abc import Callable

import pytest

# No test takes that long, however busy the machine is: it only says when to stop waiting for what never comes.
LONGEST_SECONDS = 600.0

# Part of the time that goes into looking. To look costs as much as what a test waits for: a database, or a state.
_LOOKING = 0.1


def sparing(condition: Callable[[], bool]) -> Callable[[], bool]:
    """Return the condition with a pause after each look in vain, so that waiting takes little from the awaited."""

    def look() -> bool:
        began = time.thread_time()
        if condition():
            return True
        time.sleep((time.thread_time() - began) / _LOOKING)
        return False

    return look


def eventually(condition: Callable[[], object]) -> None:
    """Return once the condition is true; fail the test when it never is."""
    deadline = time.monotonic() + LONGEST_SECONDS
    while not condition():
        if time.monotonic() > deadline:
            pytest.fail(f"not so within {LONGEST_SECONDS:.0f} s")
        time.sleep(0.01)
