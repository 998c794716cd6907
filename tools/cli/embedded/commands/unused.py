"""`make unused`."""

import shlex
from typing import Annotated

import typer

from cli.embedded import reports


def command(
    *,
    args: Annotated[
        str, typer.Option(metavar="'--member platform-deploy'", help="arguments of the report: whose grants")
    ] = "",
) -> int:
    """List roles and permissions that were granted and never used."""
    return reports.run("sandbox.cloud.unused", shlex.split(args))
