"""`make tools`."""

from cli import start
from toolchain import cache
from toolchain.progress import say


def command() -> int:
    """Find, download or build the tools, and nothing else."""
    found = start.tools()
    say(f"pulumi      {found.pulumi}\nkubernetes  {found.controlplane}\ncache       {cache.root()}")
    return 0
