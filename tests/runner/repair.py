"""Making a stack usable again after its update was killed.

A killed update leaves a lock and, for each operation that was under way, a note in the state. Nobody knows whether an
interrupted creation reached the cloud, so it is asked: what exists is adopted into the state, what does not is
forgotten, and the next update creates it. Without this a creation that did reach the cloud would fail as a duplicate.
"""

from collections.abc import Iterable

from runner import state
from runner.engine import Engine, reasons
from runner.existence import Identity, exists, identity
from runner.state import State
from sandbox.tools.errors import ToolError
from sandbox.tools.progress import Step, say, step

# An adoption that was interrupted in its turn stays noted as `importing`, and is settled the same way.
_UNCERTAIN = ("creating", "importing")


def repair(engine: Engine) -> bool:
    """Settle what an interrupted update left behind; return whether there was anything.

    Raises `ToolError` when another update runs, or the cloud cannot be asked.
    """
    stack = engine.stack
    locks = state.stale_locks(engine.sandbox, stack)
    if locks:
        say(f"{stack.title}: the last update was killed; its lock is removed")
        engine.call("cancel", "--yes", stack.name)
    held = state.read(engine.sandbox, stack)
    if held is None or not held.pending:
        return bool(locks)
    with step(f"{stack.title}: settling {len(held.pending)} operations of an interrupted update") as running:
        _settle(engine, held, running)
    return True


def _settle(engine: Engine, held: State, running: Step) -> None:
    options = ["--clear-pending-creates"]
    for found in _existing(engine, held):
        options += ["--import-pending-creates", found.resource.urn, "--import-pending-creates", found.id]
    result = engine.refresh(running, options)
    if result.code:
        raise ToolError(
            f"{engine.stack.title}: the operations of an interrupted update could not be settled:\n{reasons(result)}\n"
            "Nothing was created. Correct that and run `make up` again."
        )


def _existing(engine: Engine, held: State) -> Iterable[Identity]:
    """The resources among the pending ones that are in the cloud."""
    for entry in held.pending:
        resource = entry.resource
        found = identity(resource) if entry.operation in _UNCERTAIN else None
        if found and exists(engine.sandbox, engine.env, found, held.provider_inputs(resource)):
            yield found
