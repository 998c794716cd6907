"""`make down`: stop the servers and discard the sandbox as a whole."""

from cli.embedded.directory import SandboxDirectory
from sandbox import servers
from toolchain.progress import say

_WHY = (
    "Discarded as a whole, not by `pulumi destroy`: datastores are protected, and no layer's identity may destroy one. "
    "That holds here as it does on Google Cloud."
)


def run() -> int:
    """Stop and discard the sandbox; an absent sandbox is a success."""
    sandbox = SandboxDirectory.default()
    if not sandbox.path.exists():
        say(f"there is no sandbox at {sandbox.path}; nothing to do")
        return 0
    with sandbox.locked("discarding the sandbox"):
        stopped = servers.stop(sandbox.path)
        sandbox.discard()
    say(f"stopped: {', '.join(stopped) or 'nothing was running'}; discarded: {sandbox.path}")
    say(_WHY)
    return 0
