"""The options of `make bootstrap`. What does it is loaded when it is asked: every other command would wait for it."""

from typing import Annotated

import typer

from sandbox.tools.errors import UsageError


def command(
    stack: Annotated[str | None, typer.Option(help="the environment: dev, prod, …")] = None,
    answer: Annotated[str | None, typer.Option("--yes", help="`yes` agrees to everything beforehand")] = None,
) -> None:
    """Bring up the identity layer of an environment on Google Cloud, or go on with it."""
    if stack is None:
        raise UsageError("which environment? STACK is dev, prod or another one that has stack files")
    from runner.bootstrap import setup  # noqa: PLC0415  Google's libraries take 0.3 s to load

    try:
        code = setup.run(stack, answer)
    except KeyboardInterrupt:
        setup.explain_interrupt(stack)
        raise
    raise typer.Exit(code)
