"""`make status`: servers, stacks and identities of the sandbox; it starts and changes nothing."""

import time

from rich.table import Table

from cli import state
from cli.console import wide_console
from cli.embedded.directory import SandboxDirectory
from cli.embedded.environment import runs_as
from cli.layout import SANDBOX, Stack, stacks
from sandbox import servers
from toolchain.progress import duration


def run() -> int:
    """Print the tables; return 1 when a server does not run."""
    sandbox = SandboxDirectory.default().required()
    console = wide_console()
    console.print(f"sandbox {sandbox.path}\n", soft_wrap=True)
    running = servers.status(sandbox.path)
    table = _table("server", "state", "process", "port", "log")
    for server in running:
        shown = f"{server.state}{f' ({server.detail})' if server.detail else ''}"
        table.add_row(server.name, shown, str(server.pid or ""), str(server.port or ""), server.log.name)
    console.print(table)
    console.print()
    table = _table("layer", "stack", "resources", "last update", "previewed as", "deployed as")
    for stack in stacks(SANDBOX):
        table.add_row(*_row(sandbox, stack))
    console.print(table)
    if all(server.state == "running" for server in running):
        return 0
    console.print("\nnot every server runs; `make up` starts them")
    return 1


def _row(sandbox: SandboxDirectory, stack: Stack) -> tuple[str, ...]:
    current = state.read(sandbox, stack)
    identities = (_short(runs_as(sandbox, stack, "preview")), _short(runs_as(sandbox, stack, "deploy")))
    if current is None:
        return (stack.title, stack.name, "-", "never", *identities)
    last = state.last_update(sandbox, stack)
    shown = f"{last.kind} {last.result}, {duration(max(0.0, time.time() - last.ended))} ago" if last else "never"
    if current.pending:
        shown = f"interrupted, {len(current.pending)} operations pending (`make up` settles them)"
    return (stack.title, stack.name, str(len(current.resources)), shown, *identities)


def _short(account: str) -> str:
    return account.partition("@")[0]


def _table(*headings: str) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    for heading in headings:
        table.add_column(heading, overflow="fold")
    return table
