"""Progress of long steps, for a terminal and for a log.

A terminal gets one line that is rewritten while the step runs; anything else gets plain lines, one at the start, one
every so often, one at the end, each with the time it took so far.
"""

import contextlib
import os
import sys
import threading
import time
from collections.abc import Generator

_TERMINAL_SECONDS = 0.2
_LOG_SECONDS = 20.0


class Step:
    """A running step; `note` is what it says about itself at the moment, e.g. `412 packages`."""

    def __init__(self, title: str) -> None:
        self.title = title
        self.note = ""
        self.started = time.monotonic()

    def line(self, end: str = "…") -> str:
        """`title … 3m20s, note`."""
        parts = [part for part in (duration(time.monotonic() - self.started), self.note) if part]
        return f"{self.title} {end} {', '.join(parts)}"


def duration(seconds: float) -> str:
    """`0.4s`, `12s`, `3m20s`."""
    if seconds < 9.95:
        return f"{seconds:.1f}s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes}m{rest:02d}s" if minutes else f"{rest}s"


def say(message: str) -> None:
    """One line for the person who waits; standard error, so that a command's output stays its own."""
    print(message, file=sys.stderr, flush=True)


@contextlib.contextmanager
def step(title: str) -> Generator[Step]:
    """Show that `title` runs, for how long, and how it ended."""
    running = Step(title)
    terminal = sys.stderr.isatty() and os.environ.get("TERM", "") != "dumb"
    ended = threading.Event()
    if not terminal:
        say(f"{title} …")
    shown = threading.Thread(target=_show, args=(running, ended, terminal), daemon=True)
    shown.start()
    try:
        yield running
    except BaseException:
        _end(running, ended, shown, terminal, "failed after")
        raise
    _end(running, ended, shown, terminal, "done in")


def _show(running: Step, ended: threading.Event, terminal: bool) -> None:
    while not ended.wait(_TERMINAL_SECONDS if terminal else _LOG_SECONDS):
        if terminal:
            columns = os.get_terminal_size(sys.stderr.fileno()).columns or 80
            sys.stderr.write("\r\x1b[K" + running.line()[: columns - 1])
            sys.stderr.flush()
        else:
            say(running.line())


def _end(running: Step, ended: threading.Event, shown: threading.Thread, terminal: bool, how: str) -> None:
    ended.set()
    shown.join()
    if terminal:
        sys.stderr.write("\r\x1b[K")
    say(running.line(f"… {how}"))
