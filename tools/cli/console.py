"""Console for tables: a terminal has its own width, any other output is wide enough that no cell is broken."""

import sys

from rich.console import Console

_LOG_COLUMNS = 200


def wide_console() -> Console:
    """Console for the result of a command, on standard output."""
    return Console(highlight=False, width=None if sys.stdout.isatty() else _LOG_COLUMNS)
