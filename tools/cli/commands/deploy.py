"""`make deploy`."""

from typing import Annotated

import typer

from cli import deploy
from cli.options import Layer, Owner, RequiredEnvironment


def command(
    *,
    stack: RequiredEnvironment,
    layer: Layer = None,
    owner: Owner = None,
    apps: Annotated[str | None, typer.Option("--app", metavar="'…'", help="apps, separated by blanks")] = None,
) -> int:
    """Deploy to Google Cloud what is previewed and let through, each stack as its own identity."""
    return deploy.run(stack, layer, owner or None, apps or None)
