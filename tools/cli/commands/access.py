"""`make access`."""

from pathlib import Path
from typing import Annotated

import typer

from cli import access, target
from cli.layout import SANDBOX
from cli.options import NO, Environment, Format, Switch, switch
from toolchain.errors import UsageError


def command(
    *,
    who: Annotated[str | None, typer.Option(help="a person, a group, an account, a workload, a job")] = None,
    can: Annotated[str | None, typer.Option(help="a permission, or a verb and a kind in the cluster")] = None,
    on: Annotated[str | None, typer.Option(help="a resource")] = None,
    stack: Environment = SANDBOX,
    form: Format = "table",
    before: Annotated[
        Path | None, typer.Option(metavar="file", help="an earlier answer in JSON: shows what was gained and lost")
    ] = None,
    planned: Annotated[Switch, switch("show what the change in this checkout gains and loses")] = NO,
) -> int:
    """Show who can do what, and by which path.

    [More](policies/README.md#who-has-access-to-what).
    """
    cloud = target.of(stack)
    cloud.sign_in()
    if planned and before:
        raise UsageError("PLANNED compares with the present, so nothing was asked; give it or BEFORE, not both")
    question = access.AccessQuestion(who, can, on, form, before.resolve() if before else None, planned)
    return access.run(cloud, question)
