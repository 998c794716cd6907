"""`make history`."""

from typing import Annotated

import typer

from runner.history.command import Words, run
from runner.layout import SANDBOX
from runner.options import NO, App, Environment, Format, Layer, Logs, Switch, switch


def command(
    *,
    who: Annotated[str | None, typer.Option(help="part of a name, a login or an identity")] = None,
    resource: Annotated[str | None, typer.Option(help="part of a resource's name")] = None,
    layer: Layer = None,
    app: App = None,
    since: Annotated[str | None, typer.Option(metavar="3d", help="a date (2026-05-01), or how long ago")] = None,
    until: Annotated[str | None, typer.Option(help="a date (2026-05-01), or how long ago")] = None,
    update: Annotated[str | None, typer.Option(metavar="platform/12", help="one update, in full")] = None,
    stack: Environment = SANDBOX,
    logs: Logs = None,
    reads: Annotated[Switch, switch("show also what only read")] = NO,
    form: Format = "table",
) -> int:
    """Show who changed what, by updates of all layers and out of band."""
    return run(Words(stack, who, resource, layer, app, since, until, update, logs, form, reads))
