"""Where tables go: a terminal at its own width, anything else wide enough that no cell is broken."""

import sys

from rich.console import Console

_LOG_COLUMNS = 200


def wide_console() -> Console:
    """The console of a command's result, on standard output."""
    return Console(highlight=False, width=None if sys.stdout.isatty() else _LOG_COLUMNS)
