"""`make ci`."""

from typing import Annotated

import typer

from cli.github import steps


def command(*, step: Annotated[str, typer.Option(help="the step's name")]) -> int:
    """Do a step of a workflow on GitHub."""
    return steps.run(step)
