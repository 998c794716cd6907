"""`make deploy`."""

from typing import Annotated

import typer

from cli import deploy
from cli.layout import Choice
from cli.options import NO, YES, Layer, Owner, Refresh, RequiredEnvironment, Switch, switch


def command(
    *,
    stack: RequiredEnvironment,
    layer: Layer = None,
    owner: Owner = None,
    app: Annotated[str | None, typer.Option(metavar="'…'", help="apps, separated by blanks")] = None,
    team: Annotated[str | None, typer.Option(metavar="'…'", help="teams, separated by blanks")] = None,
    refresh: Refresh = YES,
    harmless: Annotated[Switch, switch("put harmless drift back, and refuse any plan that does more")] = NO,
) -> int:
    """Deploy to Google Cloud what is previewed and let through, each stack as its own identity."""
    return deploy.run(
        stack, Choice(layer, app or None, owner or None, team or None), refresh=refresh, harmless=harmless
    )
