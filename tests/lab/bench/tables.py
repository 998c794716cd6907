"""The tables of measurements: on the terminal, and in README.md, where each has its place."""

import datetime as dt
import os
import platform
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import rich.table
from rich.console import Console

from example_checkout import origin

README = origin() / "tests" / "bench" / "README.md"


@dataclass(frozen=True)
class Table:
    """Measurements of one kind.

    Attributes:
        name: its place in README.md: between `<!-- name -->` and `<!-- /name -->`.
        columns: headings.
        rows: cells.
    """

    name: str
    columns: Sequence[str]
    rows: Sequence[Sequence[str]]


def show(table: Table) -> None:
    """Print a table."""
    shown = rich.table.Table(*table.columns, box=None, pad_edge=False, header_style="bold")
    for row in table.rows:
        shown.add_row(*row)
    console = Console(highlight=False, width=160)
    console.print(shown)
    console.print()


def write(tables: Iterable[Table], file: Path = README) -> None:
    """Put tables into their places, each with when and where it was measured; what else stands there stays.

    Raises:
        SystemExit: a table has no place.
    """
    text = file.read_text(encoding="utf-8")
    for table in tables:
        place = re.compile(rf"(?<=<!-- {table.name} -->\n).*?(?=<!-- /{table.name} -->)", re.DOTALL)
        if not place.search(text):
            raise SystemExit(f"error: {file.name} has no place for the table {table.name!r}, so it was not written")
        made = f"{_markdown(table)}\n*{machine()}*\n"
        text = place.sub(lambda _, made=made: made, text)
    file.write_text(text, encoding="utf-8")


def _markdown(table: Table) -> str:
    lines = [table.columns, ["---"] * len(table.columns), *table.rows]
    return "".join(f"| {' | '.join(cells)} |\n" for cells in lines)


def machine() -> str:
    """When and on what it was measured."""
    today = dt.datetime.now(tz=dt.UTC).date().isoformat()
    return f"{today}, {os.cpu_count()} cores, {platform.system()} on {platform.machine()}"
