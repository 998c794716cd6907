"""`make explain`."""

import shlex
from typing import Annotated

import typer

from cli.embedded import reports


def command(
    *, args: Annotated[str, typer.Option(metavar="'--last 3'", help="arguments of the report: how many refusals")] = ""
) -> int:
    """Explain the last refusals of the simulated cloud: the missing permission, and what would grant it."""
    return reports.run("sandbox.cloud.explain", shlex.split(args))
