"""`make drifted`."""

from typing import Annotated

import typer

from cli import target
from cli.drifted import command as drifted
from cli.layout import SANDBOX, Choice, stacks
from cli.options import App, Environment, Layer, Owner, Team


def command(
    *,
    layer: Layer = None,
    app: App = None,
    owner: Owner = None,
    team: Team = None,
    stack: Environment = SANDBOX,
    resource: Annotated[str | None, typer.Option(metavar="name", help="one resource, by its name in the plan")] = None,
    path: Annotated[
        str | None, typer.Option("--property", metavar="path", help="one property, as the answer writes it")
    ] = None,
    choice: Annotated[
        str | None, typer.Option(metavar="adopt|accept", help="the patch of the code, or the entry that accepts it")
    ] = None,
    until: Annotated[str | None, typer.Option(metavar="2027-01-31", help="last day of the acceptance")] = None,
    reason: Annotated[str | None, typer.Option(metavar="'…'", help="reason of the acceptance")] = None,
) -> int:
    """Show what drifted by property, with the ways to repair it: put back, adopt into the code, accept until a date.

    [More](.github/guides/on-call.md#drift).
    """
    asked = drifted.question(resource or "", path or "", choice or "", until or "", reason or "")
    cloud = target.of(stack)
    chosen = Choice(layer, app, owner, team)
    cloud.sign_in(chosen)
    return drifted.run(cloud, stacks(stack, chosen), asked)
