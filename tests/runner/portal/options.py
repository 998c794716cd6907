"""The options of `make portal`. What writes it is loaded when it is asked: every other command would wait for it."""

from pathlib import Path
from typing import Annotated

import typer

from runner.ci.login import sign_in_to_look
from runner.layout import SANDBOX


def command(
    stack: Annotated[str, typer.Option(help="the environment: sandbox, dev, prod, …")] = SANDBOX,
    *,
    look: Annotated[bool, typer.Option("--drift", help="compare with the cloud as it is")] = False,
    reports: Annotated[Path | None, typer.Option(help="a folder with reports of former runs")] = None,
    logs: Annotated[str | None, typer.Option(help="a folder or gs://… with exported audit logs")] = None,
    out: Annotated[Path | None, typer.Option(help="the folder to write")] = None,
) -> None:
    """Write the answers as a web site that needs no server."""
    sign_in_to_look(stack)
    from runner.portal.command import run  # noqa: PLC0415  templates and models that no other command needs
    from runner.portal.gather import Wanted  # noqa: PLC0415  the same

    raise typer.Exit(run(Wanted(stack, look, reports, logs), out))
