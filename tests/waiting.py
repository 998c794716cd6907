"""Waiting in tests: for something that happens, never for a time in which it should have happened."""

import time
from collections.abc import Callable

import pytest

# No test takes that long, however busy the machine is: it only says when to stop waiting for what never comes.
LONGEST_SECONDS = 120.0


def eventually(condition: Callable[[], object]) -> None:
    """Return once the condition is true; fail the test when it never is."""
    deadline = time.monotonic() + LONGEST_SECONDS
    while not condition():
        if time.monotonic() > deadline:
            pytest.fail(f"not so within {LONGEST_SECONDS:.0f} s")
        time.sleep(0.01)
