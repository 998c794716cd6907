"""`make test`."""

import shlex
from typing import Annotated

import typer

from cli import programs
from cli.embedded import tools

# Files side by side, in the order of tests/durations.py: what tests share, such as a sandbox that is up, they share
# within a file's process.
_WHOLE_SUITE = ("--numprocesses=logical", "--dist=loadfile", "--no-loadscope-reorder")


def command(*, args: Annotated[str, typer.Option(metavar="'-k name'", help="arguments of pytest")] = "") -> int:
    """Run the tests."""
    tools.ensure()
    return programs.run("pytest", ["-c", "pyproject.toml", *(shlex.split(args) or _WHOLE_SUITE)])
