"""`make bootstrap`."""

from typing import Annotated

from cli.bootstrap import setup
from cli.options import NO, RequiredEnvironment, Switch, switch


def command(
    *, stack: RequiredEnvironment, yes: Annotated[Switch, switch("agree to everything beforehand")] = NO
) -> int:
    """Take an empty project to a running foundation, or go on with it.

    [What it does](.github/guides/google-cloud.md).
    """
    try:
        return setup.run(stack, agreed=yes)
    except KeyboardInterrupt:
        setup.explain_interrupt(stack)
        raise
