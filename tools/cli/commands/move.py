"""`make move`."""

from typing import Annotated

from cli.layout import SANDBOX
from cli.moving import command as moving
from cli.options import NO, Environment, Switch, switch


def command(
    *, stack: Environment = SANDBOX, yes: Annotated[Switch, switch("agree to the move that is shown")] = NO
) -> int:
    """Move resources to the state of the stack that declares them now; nothing in the cloud changes.

    [When](.github/guides/google-cloud.md#divide-a-stack-that-is-there).
    """
    return moving.run(stack, agreed=yes)
