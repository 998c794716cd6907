"""`make needs`."""

from typing import Annotated

import typer

from cli import needs, target
from cli.layout import SANDBOX, Choice, stacks
from cli.options import App, Environment, Layer, Owner, Team
from toolchain.errors import UsageError


def command(
    *,
    layer: Layer = None,
    app: App = None,
    owner: Owner = None,
    team: Team = None,
    stack: Environment = SANDBOX,
    form: Annotated[str, typer.Option("--format", metavar="table|json", help="how the answer is written")] = "table",
) -> int:
    """Show what the update of a change requires, and what it would be refused for: permissions, APIs, groups.

    [More](policies/README.md#what-the-update-would-be-refused-for).
    """
    if form not in ("table", "json"):
        raise UsageError(f"FORMAT={form} is neither table nor json, so nothing was asked")
    cloud = target.of(stack)
    choice = Choice(layer, app, owner, team)
    cloud.sign_in(choice)
    return needs.run(cloud, stacks(stack, choice), form)
