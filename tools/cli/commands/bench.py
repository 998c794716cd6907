"""`make bench`."""

import os
import shlex
from typing import Annotated

import typer

from cli import programs, start
from cli.layout import POLICIES


def command(*, args: Annotated[str, typer.Option(metavar="'layers pack'", help="the parts to measure")] = "") -> int:
    """Measure what everything costs, and write the tables of it.

    [The tables](tests/bench/README.md).
    """
    start.tools()
    # The pack is measured by itself as well.
    env = {**os.environ, "PYTHONPATH": f".{os.pathsep}{POLICIES}"}
    return programs.run("bench", shlex.split(args), env)
