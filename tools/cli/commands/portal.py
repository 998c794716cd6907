"""`make portal`."""

from pathlib import Path
from typing import Annotated

import typer

from cli import target
from cli.layout import SANDBOX
from cli.options import NO, Environment, Logs, Switch, switch
from cli.portal.command import run
from cli.portal.gather import Scope


def command(
    *,
    stack: Environment = SANDBOX,
    drift: Annotated[Switch, switch("compare with the cloud as it is")] = NO,
    reports: Annotated[Path | None, typer.Option(metavar="folder", help="a folder with reports of former runs")] = None,
    logs: Logs = None,
    out: Annotated[Path | None, typer.Option(metavar=".portal", help="the folder to write")] = None,
) -> int:
    """Write all answers as a web site that needs no server.

    [More](.github/guides/portal.md).
    """
    target.of(stack).sign_in()
    return run(Scope(stack, drift, reports, logs), out)
