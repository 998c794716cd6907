"""Tables of measurements: prints them, and writes them into README.md."""

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
from toolchain.errors import ToolError
from toolchain.files import write_whole

README = origin() / "tests" / "lab" / "bench" / "README.md"


@dataclass(frozen=True)
class Table:
    """Measurements of one kind.

    Attributes:
        name: the name of its markers in README.md: between `<!-- name -->` and `<!-- /name -->`.
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


def write(tables: Iterable[Table], circumstances: str, file: Path = README) -> None:
    """Write tables between their markers, all at once; the rest of the document stays.

    Args:
        tables: of one run.
        circumstances: date and machine, below each table.
        file: the document.

    Raises:
        ToolError: a table has no markers in the document.
    """
    text = file.read_text(encoding="utf-8")
    for table in tables:
        place = re.compile(rf"(?<=<!-- {table.name} -->\n).*?(?=<!-- /{table.name} -->)", re.DOTALL)
        if not place.search(text):
            raise ToolError(f"{file.name} has no place for the table {table.name!r}, so no table was written")
        made = f"{_markdown(table)}\n*{circumstances}*\n"
        text = place.sub(lambda _, made=made: made, text)
    write_whole(file, text, mode=0o644)


def _markdown(table: Table) -> str:
    lines = [table.columns, ["---"] * len(table.columns), *table.rows]
    return "".join(f"| {' | '.join(cells)} |\n" for cells in lines)


def machine() -> str:
    """Date and machine of a measurement."""
    today = dt.datetime.now(tz=dt.UTC).date().isoformat()
    return f"{today}, {os.cpu_count()} cores, {platform.system()} on {platform.machine()}"
