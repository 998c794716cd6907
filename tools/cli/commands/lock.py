"""`make lock`."""

from typing import Annotated

from cli import lock
from cli.options import NO, Switch, switch


def command(*, upgrade: Annotated[Switch, switch("take the newest versions that are allowed")] = NO) -> int:
    """Write the lock files from each `pyproject.toml`."""
    return lock.run(upgrade=upgrade)
