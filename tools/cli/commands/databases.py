"""`make databases`."""

from typing import Annotated

import typer

from cli import target
from cli.databases import compare
from cli.layout import SANDBOX
from cli.options import NO, Environment, Switch, switch
from toolchain.errors import UsageError


def command(
    *,
    stack: Environment = SANDBOX,
    check: Annotated[Switch, switch("only show what is not as declared, and fail if anything is not")] = NO,
    declared: Annotated[Switch, switch("only show what is declared, from files alone")] = NO,
    person: Annotated[
        str | None,
        typer.Option("--as", metavar="address", help="the person of the sandbox; on Google Cloud it is your login"),
    ] = None,
) -> int:
    """Set the rights inside of the databases to what is declared, as yourself.

    [More](platform/DATASTORES.md#rights-inside-the-databases).
    """
    if check and declared:
        raise UsageError("DECLARED reads files alone, so there is nothing to check; give it or CHECK, not both")
    if declared:
        return compare.show(stack)
    with target.of(stack).databases(person) as session:
        return compare.run(stack, session.send, session.who, check=check)
