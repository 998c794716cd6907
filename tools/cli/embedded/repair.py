"""Repair of a stack after its update was killed.

A killed update leaves a lock and, for each operation in progress, a pending operation in the state. The state does not
show whether an interrupted creation reached the cloud, so the cloud is read: an existing resource is adopted into the
state, a missing one is forgotten, and the next update creates it. Without the repair a creation that did reach the
cloud would fail as a duplicate.

`pulumi refresh --import-pending-creates` promises this behaviour; at the pinned version it forgets the operation
instead of reading the resource. So the state is exported, corrected, imported, and its corrected parts are refreshed.
"""

import json
from collections.abc import Iterable
from pathlib import Path

from cli import state
from cli.embedded.directory import SandboxDirectory
from cli.embedded.provider_read import exists
from cli.formats import readable
from cli.pulumi.engine import Engine, reasons
from cli.pulumi.pending import UNCERTAIN, UncertainResource, uncertain
from engine import states
from engine.corrections import corrected
from engine.states import State
from toolchain.errors import ToolError
from toolchain.files import write_whole
from toolchain.progress import Step, say, step


def repair(sandbox: SandboxDirectory, engine: Engine) -> bool:
    """Settle the pending operations and locks of an interrupted update; return whether there were any.

    Raises `ToolError` when another update runs, or the cloud cannot be read.
    """
    stack = engine.stack
    locks = state.stale_locks(sandbox, stack)
    if locks:
        say(f"{stack.title}: the last update was killed; its lock is removed")
        engine.call("cancel", "--yes", stack.name)
    current = state.read(sandbox, stack)
    unread = _unread(engine)
    if current is None or not (current.pending or unread.exists()):
        return bool(locks)
    with step(f"{stack.title}: settling {len(current.pending)} operations of an interrupted update") as running:
        _settle(sandbox, engine, current, running)
    return True


def _unread(engine: Engine) -> Path:
    """File with the URNs whose state is uncertain; it survives an interrupted repair."""
    return engine.folder.path / "run" / f"unread-{engine.stack.project}-{engine.stack.name}.json"


def _settle(sandbox: SandboxDirectory, engine: Engine, current: State, running: Step) -> None:
    unread = _unread(engine)
    urns: set[str] = set(json.loads(unread.read_text(encoding="utf-8"))) if unread.exists() else set()
    if current.pending:
        adopted = list(_existing(sandbox, engine, current))
        urns |= {candidate.resource.urn for candidate in adopted}
        urns |= {entry.resource.urn for entry in current.pending if entry.operation not in UNCERTAIN}
        write_whole(unread, json.dumps(sorted(urns)))
        _correct(engine, adopted)
    present = {resource.urn for resource in (state.read(sandbox, engine.stack) or State()).resources}
    if urns & present:
        _refresh(engine, sorted(urns & present), running)
    unread.unlink(missing_ok=True)


def _existing(sandbox: SandboxDirectory, engine: Engine, current: State) -> Iterable[UncertainResource]:
    """Uncertain resources that exist in the cloud."""
    for entry in current.pending:
        candidate = uncertain(entry)
        if candidate and exists(sandbox, engine.env, candidate, current.provider_inputs(entry.resource)):
            yield candidate


def _correct(engine: Engine, adopted: Iterable[UncertainResource]) -> None:
    """Add the adopted resources to the state, and remove every pending operation from it."""
    file = engine.folder.path / "run" / f"repair-{engine.stack.project}-{engine.stack.name}.json"
    try:
        engine.call("stack", "export", "--stack", engine.stack.name, "--file", str(file))
        with readable(engine.stack.title):
            deployment = states.deployment(file.read_bytes(), file.name)
        settled = corrected(deployment, {candidate.resource.urn: candidate.id for candidate in adopted})
        file.write_text(states.exported(settled), encoding="utf-8")
        engine.call("stack", "import", "--stack", engine.stack.name, "--file", str(file))
    finally:
        file.unlink(missing_ok=True)


def _refresh(engine: Engine, urns: Iterable[str], running: Step) -> None:
    result = engine.refresh(running, [option for urn in urns for option in ("--target", urn)])
    if result.code:
        raise ToolError(
            f"{engine.stack.title}: the operations of an interrupted update could not be settled:\n{reasons(result)}\n"
            "Nothing was created. Correct that and run `make up` again."
        )
