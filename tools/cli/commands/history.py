"""`make history`."""

from datetime import UTC, datetime
from typing import Annotated

import typer

from cli.history.command import NEWEST, run
from cli.history.question import Question, moment, update_key
from cli.layout import SANDBOX
from cli.options import NO, App, Environment, Format, Layer, Logs, Switch, switch

# Format of a time, for both SINCE and UNTIL.
_Time = Annotated[str | None, typer.Option(metavar="3d", help="a date (2026-05-01), or how long ago")]


def command(
    *,
    who: Annotated[str | None, typer.Option(help="part of a name, a login or an identity")] = None,
    resource: Annotated[str | None, typer.Option(help="part of a resource's name")] = None,
    layer: Layer = None,
    app: App = None,
    since: _Time = None,
    until: _Time = None,
    update: Annotated[str | None, typer.Option(metavar="platform/12", help="one update, in full")] = None,
    stack: Environment = SANDBOX,
    logs: Logs = None,
    reads: Annotated[Switch, switch("show also what only read")] = NO,
    form: Format = "table",
) -> int:
    """Show who changed what, by updates of all layers and out of band."""
    now = datetime.now(UTC)
    beginning = moment(since, "SINCE", now) if since is not None else None
    question = Question(
        who=who,
        resource=resource,
        layer=layer,
        app=app,
        since=beginning,
        until=moment(until, "UNTIL", now) if until is not None else now,
        update=update_key(update) if update is not None else None,
        reads=reads,
        # A JSON document is complete; any other form shows what fits a screen.
        details=form == "json",
        newest=None if since or form == "json" else NEWEST,
    )
    return run(question, stack, logs, form)
