"""`make unused`."""

import shlex
from typing import Annotated

import typer

from cli import programs


def command(
    *,
    args: Annotated[
        str, typer.Option(metavar="'--member platform-deploy'", help="arguments of the report: whose grants")
    ] = "",
) -> int:
    """List roles and permissions that were granted and never used."""
    return programs.of_sandbox("sandbox.cloud.unused", shlex.split(args))
