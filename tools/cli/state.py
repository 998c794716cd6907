"""Reading a layer's file backend: which stacks exist, what is in them, who holds them, what was left pending.

Read directly, not by asking the engine: it is a published format, and each question to the engine costs half a second.
The state itself is only ever written by the engine.
"""

import socket
import subprocess
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from cli.layout import Stack
from cli.pulumi.engine_directory import EngineDirectory
from toolchain.errors import ToolError


class _Ignoring(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)


class Resource(_Ignoring):
    """A resource as the state holds it; `provider` is the URN and ID of its provider, `uses` the URNs by property."""

    urn: str
    type: str
    provider: str = ""
    inputs: dict[str, Any] = Field(default_factory=dict[str, Any])
    uses: dict[str, list[str] | None] = Field(
        default_factory=dict[str, "list[str] | None"], alias="propertyDependencies"
    )


class Pending(_Ignoring):
    """An operation that an interrupted update left: `creating`, `updating`, …"""

    operation: str = Field(alias="type")
    resource: Resource


class State(_Ignoring):
    """What a stack's state holds."""

    resources: tuple[Resource, ...] = ()
    pending: tuple[Pending, ...] = Field(default=(), alias="pending_operations")

    def provider_inputs(self, resource: Resource) -> dict[str, Any]:
        """The configuration of a resource's provider; empty when the state does not hold that provider."""
        urn = resource.provider.rpartition("::")[0]
        inputs = next((each.inputs for each in self.resources if each.urn == urn), dict[str, Any]())
        # The engine's own notes (version, download address) lie beside the configuration, and it keeps them to itself.
        return {name: value for name, value in inputs.items() if not name.startswith("__")}


class _Checkpoint(_Ignoring):
    latest: State | None = None


class _StateFile(_Ignoring):
    checkpoint: _Checkpoint


class _Holder(_Ignoring):
    """The content of a lock."""

    pid: int
    hostname: str
    timestamp: str


class LastUpdate(_Ignoring):
    """The newest entry of a stack's history: what it was, how it ended, when (seconds since 1970)."""

    kind: str
    result: str
    ended: int = Field(alias="endTime")


def _backend(folder: EngineDirectory, stack: Stack) -> Path:
    return folder.state(stack.project) / ".pulumi"


def file(folder: EngineDirectory, stack: Stack) -> Path:
    """Where a file backend keeps the stack's state."""
    return _backend(folder, stack) / "stacks" / stack.project / f"{stack.name}.json"


def read(folder: EngineDirectory, stack: Stack) -> State | None:
    """The stack's state; None when the stack does not exist.

    Raises `ToolError` when the file is not readable as a state.
    """
    source = file(folder, stack)
    try:
        return _StateFile.model_validate_json(source.read_bytes()).checkpoint.latest or State()
    except FileNotFoundError:
        return None
    except ValidationError as error:
        raise ToolError(
            f"{source} is not a state that the engine wrote, so {stack.title} cannot be updated. Nothing was started. "
            "Restore it from its .bak neighbour, or begin anew with `make down` and `make up`."
        ) from error


def last_update(folder: EngineDirectory, stack: Stack) -> LastUpdate | None:
    """The newest update in the stack's history; None when there is none."""
    history = _backend(folder, stack) / "history" / stack.project / stack.name
    entries = sorted(history.glob("*.history.json"))
    if not entries:
        return None
    return LastUpdate.model_validate_json(entries[-1].read_bytes())


def stale_locks(folder: EngineDirectory, stack: Stack) -> list[Path]:
    """The stack's locks whose holder, on this machine, runs no more.

    Raises `ToolError` when a holder still runs.
    """
    locks = _backend(folder, stack) / "locks" / "organization" / stack.project / stack.name
    stale: list[Path] = []
    for lock in locks.glob("*.json"):
        holder = running_holder(lock.read_bytes())
        if holder:
            raise ToolError(
                f"{stack.title} is being updated by {holder}, so nothing was started. Wait for it, or end that "
                "process, and run `make up` again."
            )
        stale.append(lock)
    return stale


def running_holder(lock: bytes) -> str:
    """Who holds a lock of that content, such as `process 7 on host since …`; empty for one that runs no more.

    A holder on another machine counts as running: nobody can tell from here.
    """
    try:
        told = _Holder.model_validate_json(lock)
    except ValidationError:  # its holder was killed while it wrote
        return ""
    if told.hostname == socket.gethostname() and not _is_engine(told.pid):
        return ""
    return f"process {told.pid} on {told.hostname} since {told.timestamp}"


def _is_engine(pid: int) -> bool:
    """Whether that process runs and is an engine: its number may have been given to another program since.

    A zombie runs no more; in a container whose first process does not collect them, every killed engine stays one.
    """
    command = ["ps", "-o", "stat=,comm=", "-p", str(pid)]
    told = subprocess.run(command, capture_output=True, text=True, check=False).stdout  # noqa: S603  the system's ps
    condition, _, program = told.strip().partition(" ")
    return "pulumi" in program and not condition.startswith("Z")
