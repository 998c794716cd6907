"""Reading a layer's file backend: which stacks exist, what is in them, who holds them, what was left pending.

Read directly, not by asking the engine: it is a published format, and each question to the engine costs half a second.
The state itself is only ever written by the engine.
"""

import json
import os
import socket
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from runner.directory import SandboxDirectory
from runner.layout import Stack
from sandbox.tools.errors import ToolError


@dataclass(frozen=True)
class Pending:
    """An operation that an interrupted update left: `creating`, `updating`, …, on the resource of that URN."""

    operation: str
    urn: str
    type: str
    provider: str
    inputs: dict[str, Any]


@dataclass(frozen=True)
class State:
    """What a stack's state holds; `providers` are the inputs of its providers by their URN."""

    resources: int
    providers: dict[str, dict[str, Any]]
    pending: tuple[Pending, ...]


@dataclass(frozen=True)
class LastUpdate:
    """The newest entry of a stack's history: what it was, how it ended, when (seconds since 1970)."""

    kind: str
    result: str
    ended: int


def _backend(sandbox: SandboxDirectory, stack: Stack) -> Path:
    return sandbox.state(stack.layer) / ".pulumi"


def read(sandbox: SandboxDirectory, stack: Stack) -> State | None:
    """The stack's state; None when the stack does not exist.

    Raises `ToolError` when the file is not readable as a state.
    """
    file = _backend(sandbox, stack) / "stacks" / stack.layer / f"{stack.name}.json"
    try:
        latest = json.loads(file.read_text(encoding="utf-8"))["checkpoint"].get("latest") or {}
    except FileNotFoundError:
        return None
    except (ValueError, KeyError, TypeError) as error:
        raise ToolError(
            f"{file} is not a state that the engine wrote, so {stack.title} cannot be updated. Nothing was started. "
            "Restore it from its .bak neighbour, or begin anew with `make down` and `make up`."
        ) from error
    resources: list[dict[str, Any]] = latest.get("resources") or []
    providers = {each["urn"]: each.get("inputs") or {} for each in resources if each["type"].startswith("pulumi:prov")}
    pending = tuple(_pending(entry) for entry in latest.get("pending_operations") or [])
    return State(len(resources), providers, pending)


def _pending(entry: dict[str, Any]) -> Pending:
    resource = entry["resource"]
    provider, inputs = resource.get("provider", ""), resource.get("inputs") or {}
    return Pending(entry["type"], resource["urn"], resource["type"], provider, inputs)


def last_update(sandbox: SandboxDirectory, stack: Stack) -> LastUpdate | None:
    """The newest update in the stack's history; None when there is none."""
    folder = _backend(sandbox, stack) / "history" / stack.layer / stack.name
    entries = sorted(folder.glob("*.history.json"))
    if not entries:
        return None
    told = json.loads(entries[-1].read_text(encoding="utf-8"))
    return LastUpdate(told["kind"], told["result"], int(told["endTime"]))


def stale_locks(sandbox: SandboxDirectory, stack: Stack) -> list[Path]:
    """The stack's locks whose holder, on this machine, runs no more.

    Raises `ToolError` when a holder still runs.
    """
    folder = _backend(sandbox, stack) / "locks" / "organization" / stack.layer / stack.name
    stale: list[Path] = []
    for file in folder.glob("*.json"):
        try:
            told = json.loads(file.read_text(encoding="utf-8"))
        except ValueError:  # its holder was killed while it wrote
            stale.append(file)
            continue
        if told.get("hostname") == socket.gethostname() and not _is_engine(int(told["pid"])):
            stale.append(file)
            continue
        raise ToolError(
            f"{stack.title} is being updated by process {told['pid']} on {told['hostname']} since "
            f"{told['timestamp']}, so nothing was started. Wait for it, or end that process, and run `make up` again."
        )
    return stale


def _is_engine(pid: int) -> bool:
    """Whether that process runs and is an engine: a number may have been given to another program since."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    told = subprocess.run(["ps", "-o", "comm=", "-p", str(pid)], capture_output=True, text=True, check=False)  # noqa: S603, S607  the system's ps
    return not told.stdout.strip() or "pulumi" in told.stdout
