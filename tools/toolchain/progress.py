"""Progress of long steps, for a terminal and for a log.

A terminal gets one line that is rewritten while the step runs; any other output gets plain lines at the start, at
intervals and at the end, each with the elapsed time.
"""

import contextlib
import os
import sys
import threading
import time
from collections.abc import Generator
from contextvars import ContextVar
from dataclasses import dataclass, field

_TERMINAL_SECONDS = 0.2
_LOG_SECONDS = 20.0
_CLEARED = "\r\x1b[K"


class Step:
    """A running step; `note` is its current state, such as `412 packages`."""

    def __init__(self, title: str) -> None:
        self.title = title
        self.note = ""
        self.started = time.monotonic()

    def line(self, end: str = "…") -> str:
        """Line such as `title … 3m20s, note`."""
        parts = [part for part in (duration(time.monotonic() - self.started), self.note) if part]
        return f"{self.title} {end} {', '.join(parts)}"


@dataclass
class ThreadOutput:
    """Kept output of a thread: its texts, each with whether it is output of the command, and its current step."""

    texts: list[tuple[str, bool]] = field(default_factory=list[tuple[str, bool]])
    step: Step | None = None


_OUTPUT: ContextVar[ThreadOutput | None] = ContextVar("aside", default=None)


@contextlib.contextmanager
def captured_output() -> Generator[ThreadOutput]:
    """Keep the output of this thread for the caller: lines of several threads would interleave."""
    kept = ThreadOutput()
    token = _OUTPUT.set(kept)
    try:
        yield kept
    finally:
        _OUTPUT.reset(token)


def duration(seconds: float) -> str:
    """Text of a duration: `0.4s`, `12s`, `3m20s`."""
    if seconds < 9.95:
        return f"{seconds:.1f}s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes}m{rest:02d}s" if minutes else f"{rest}s"


def say(message: str) -> None:
    """Print a line for the person who waits, on standard error, apart from the command's output."""
    if kept := _OUTPUT.get():
        kept.texts.append((message, False))
    else:
        print(message, file=sys.stderr, flush=True)


def show(text: str) -> None:
    """Print a part of the command's output."""
    if kept := _OUTPUT.get():
        kept.texts.append((text, True))
    else:
        print(text, flush=True)


@contextlib.contextmanager
def step(title: str) -> Generator[Step]:
    """Show a running step: its title, its duration, and its result."""
    running = Step(title)
    if kept := _OUTPUT.get():
        kept.step = running
        yield running
        return
    terminal = _is_terminal()
    finished = threading.Event()
    if not terminal:
        say(f"{title} …")
    shown = threading.Thread(target=_show, args=(running, finished, terminal), daemon=True)
    shown.start()
    try:
        yield running
    except BaseException:
        _end(running, finished, shown, terminal, "failed after")
        raise
    _end(running, finished, shown, terminal, "done in")


def clear() -> None:
    """Clear the line of the running step, so that another line can be printed; the step then writes its line again."""
    if _is_terminal() and not _OUTPUT.get():
        sys.stderr.write(_CLEARED)
        sys.stderr.flush()


def _is_terminal() -> bool:
    return sys.stderr.isatty() and os.environ.get("TERM", "") != "dumb"


def _show(running: Step, finished: threading.Event, terminal: bool) -> None:
    while not finished.wait(_TERMINAL_SECONDS if terminal else _LOG_SECONDS):
        if terminal:
            columns = os.get_terminal_size(sys.stderr.fileno()).columns or 80
            sys.stderr.write(_CLEARED + running.line()[: columns - 1])
            sys.stderr.flush()
        else:
            say(running.line())


def _end(running: Step, finished: threading.Event, shown: threading.Thread, terminal: bool, how: str) -> None:
    finished.set()
    shown.join()
    if terminal:
        sys.stderr.write(_CLEARED)
    say(running.line(f"… {how}"))
