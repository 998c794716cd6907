"""`make doctor`; without STACK `toolchain.stage0` runs `cli.doctor` itself until this module has an environment."""

from typing import Annotated

import typer

from cli import doctor


def command(
    *, stack: Annotated[str | None, typer.Option(metavar="prod", help="the limits of an environment instead")] = None
) -> int:
    """Show what was found where, and what is missing; of an environment, how much of Google's limits is used."""
    if stack is None:
        return doctor.main()
    from cli import limits, target  # noqa: PLC0415 - without STACK the command runs where nothing is installed

    cloud = target.of(stack)
    cloud.sign_in()
    return limits.run(cloud)
