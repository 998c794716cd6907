"""`make new-app`."""

from typing import Annotated

import typer

from cli import new_app
from cli.options import NO, Switch, switch


def command(
    *,
    name: Annotated[str, typer.Option(help="the app's name: 2 to 26 characters")],
    team: Annotated[str, typer.Option(help="the team that owns it")],
    kind: Annotated[str, typer.Option(metavar="webService|worker|cronJob|job", help="the app's kind")] = "webService",
    public: Annotated[Switch, switch("open a public route to it")] = NO,
    group: Annotated[str, typer.Option(help="the address of the team's group, for a team that is new")] = "",
) -> int:
    """Prepare a new app, a branch with a small change for each team that reviews it."""
    return new_app.run(name, team, kind, public=public, group=group)
