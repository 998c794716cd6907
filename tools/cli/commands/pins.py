"""`make pins`."""

from typing import Annotated

from cli import pins
from cli.options import NO, Switch, switch


def command(*, check: Annotated[Switch, switch("only show what is not as committed")] = NO) -> int:
    """Record the published SHA-256 of the vendors' files that deployments run."""
    return pins.run(check=check)
