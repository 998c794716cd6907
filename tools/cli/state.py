"""A file backend: a stack's state, its last update, and its locks.

The files are read directly, because each call of the engine costs half a second. Only the engine writes the state.
"""

import socket
import subprocess
from pathlib import Path

from cli.formats import readable
from cli.layout import Stack
from cli.pulumi.engine_directory import EngineDirectory
from engine import backends, states
from engine.backends import HistoryEntry
from engine.document import FormatError
from engine.states import State
from toolchain.errors import ToolError


def _backend(folder: EngineDirectory, stack: Stack) -> Path:
    return folder.state(stack.store) / ".pulumi"


def file(folder: EngineDirectory, stack: Stack) -> Path:
    """File of the stack's state in the file backend."""
    return _backend(folder, stack) / "stacks" / stack.project / f"{stack.name}.json"


def read(folder: EngineDirectory, stack: Stack) -> State | None:
    """The stack's state; None when the stack does not exist.

    Raises `ToolError` when the file is not a valid state.
    """
    source = file(folder, stack)
    try:
        return states.parse(source.read_bytes(), source.name)
    except FileNotFoundError:
        return None
    except FormatError as error:
        raise ToolError(
            f"{source} is not a state that the engine wrote ({error.why}), so {stack.title} cannot be updated. Nothing "
            "was started. Restore it from its .bak neighbour, or begin anew with `make down` and `make up`."
        ) from error


def last_update(folder: EngineDirectory, stack: Stack) -> HistoryEntry | None:
    """The newest update in the stack's history; None when there is none."""
    history = _backend(folder, stack) / "history" / stack.project / stack.name
    entries = sorted(history.glob("*.history.json"))
    if not entries:
        return None
    with readable(stack.title):
        return backends.history_entry(entries[-1].read_bytes(), entries[-1].name)


def stale_locks(folder: EngineDirectory, stack: Stack) -> list[Path]:
    """Locks of the stack whose holder, on this machine, no longer runs.

    Raises `ToolError` when a holder still runs.
    """
    locks = _backend(folder, stack) / "locks" / "organization" / stack.project / stack.name
    stale: list[Path] = []
    for lock in locks.glob("*.json"):
        holder = running_holder(lock.read_bytes())
        if holder:
            raise ToolError(
                f"{stack.title} is being updated by {holder}, so nothing was started. Wait for it, or end that "
                f"process, and run `make up` again. If you know that nothing runs, remove {lock} first."
            )
        stale.append(lock)
    return stale


def running_holder(lock: bytes) -> str:
    """Holder of a lock, such as `process 7 on host since …`; empty when the holder no longer runs.

    A holder on another machine counts as running, because this machine cannot check it, and so does one whose lock
    cannot be read: another version of the engine may have written it. A lock that is cut off is of a killed holder.
    """
    try:
        holder = backends.lock(lock, "of the backend")
    except FormatError:
        return "" if _is_cut_off(lock) else "somebody whose lock cannot be read, perhaps another version of the engine"
    if holder.hostname == socket.gethostname() and not _is_engine(holder.pid):
        return ""
    return f"process {holder.pid} on {holder.hostname} since {holder.timestamp}"


def _is_cut_off(lock: bytes) -> bool:
    """Return whether a lock is the beginning of one: its holder was killed while it wrote."""
    text = lock.strip()
    return not text or (text.startswith(b"{") and not text.endswith(b"}"))


def _is_engine(pid: int) -> bool:
    """Return whether the process runs and is an engine: its number may have been given to another program since.

    A zombie does not run; in a container whose first process does not collect zombies, every killed engine stays one.
    """
    command = ["ps", "-o", "stat=,comm=", "-p", str(pid)]
    output = subprocess.run(command, capture_output=True, text=True, check=False).stdout  # noqa: S603  the system's ps
    condition, _, program = output.strip().partition(" ")
    return "pulumi" in program and not condition.startswith("Z")
