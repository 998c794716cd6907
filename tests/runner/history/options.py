"""The options of `make history`. What answers is loaded when it is asked: every other command would wait for it."""

from typing import Annotated

import typer

from runner.layout import SANDBOX


def command(
    *,
    stack: Annotated[str, typer.Option(help="the environment: sandbox, dev, prod, …")] = SANDBOX,
    who: Annotated[str | None, typer.Option(help="part of a name, a login or an identity")] = None,
    resource: Annotated[str | None, typer.Option(help="part of a resource's name")] = None,
    layer: Annotated[str | None, typer.Option(help="identity, platform or apps")] = None,
    app_name: Annotated[str | None, typer.Option("--app")] = None,
    since: Annotated[str | None, typer.Option(help="2026-05-01, or 3d ago")] = None,
    until: Annotated[str | None, typer.Option(help="the same")] = None,
    update: Annotated[str | None, typer.Option(help="one in full: platform/12")] = None,
    logs: Annotated[str | None, typer.Option(help="a folder or gs://… with exported audit logs")] = None,
    form: Annotated[str, typer.Option("--format", help="table, markdown or json")] = "table",
    reads: Annotated[bool, typer.Option(help="also what only read")] = False,
) -> None:
    """Tell who did what, from the states' history and from audit logs."""
    from runner.history.command import Words, run  # noqa: PLC0415  no other command needs it

    raise typer.Exit(run(Words(stack, who, resource, layer, app_name, since, until, update, logs, form, reads)))
