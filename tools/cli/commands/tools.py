"""`make tools`."""

from cli import optional
from toolchain import cache, engine
from toolchain.progress import say


def command() -> int:
    """Find, download or build the tools, and nothing else."""
    lines = [f"pulumi      {engine.ensure().path}"]
    if embedded := optional.module("cli.embedded.tools"):
        lines.append(f"kubernetes  {embedded.ensure().controlplane}")
    say("\n".join([*lines, f"cache       {cache.root()}"]))
    return 0
