"""`make bench`."""

import shlex
from typing import Annotated

import typer

from cli import programs
from cli.embedded import tools


def command(*, args: Annotated[str, typer.Option(metavar="'layers pack'", help="the parts to measure")] = "") -> int:
    """Measure what everything costs in one run of about 36 minutes, and write the tables of it.

    [The tables, and how long it takes at most](tests/lab/bench/README.md).
    """
    tools.ensure()
    return programs.run("lab.bench", shlex.split(args))
