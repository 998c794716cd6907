"""State of one stack in one backend: reading, creation, replacement, move, and repair after an interrupted run."""

import json
import re
from collections.abc import Container, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from cli.bootstrap.stack_file import Encryption
from cli.formats import readable
from cli.pulumi.engine import Engine, reasons
from cli.pulumi.pending import uncertain
from cli.state import running_holder
from engine import states
from engine.corrections import corrected, without
from engine.states import Resource, State
from toolchain.errors import ToolError
from toolchain.files import write_whole
from toolchain.progress import Step, step

_REFUSED = re.compile(r"permission.?denied|\b403\b|does not have .* access", re.IGNORECASE)


def refused(text: str) -> bool:
    """Return whether an error is a refusal of Google's IAM."""
    return _REFUSED.search(text) is not None


def is_unread(resource: Resource) -> bool:
    """Return whether a resource of the state was never read: a created or read resource has outputs."""
    return bool(resource.id) and not resource.outputs and not resource.type.startswith("pulumi:")


def encryption(state: State) -> Encryption | None:
    """KMS key that encrypts a state; None for a passphrase."""
    if state.secrets_providers.get("type") != "cloud":
        return None
    key = cast("dict[str, Any]", state.secrets_providers.get("state") or {})
    return Encryption(str(key["url"]), str(key["encryptedkey"]))


def identities(state: State) -> frozenset[tuple[str, str]]:
    """URN and ID of every resource of a state."""
    return frozenset((resource.urn, resource.id) for resource in state.resources)


def projects(state: State) -> set[str]:
    """Google Cloud projects in which the resources of a state are declared."""
    declared = {resource.inputs.get("project") for resource in state.resources if resource.type.startswith("gcp:")}
    return {project for project in declared if isinstance(project, str)}


@dataclass(frozen=True)
class StackState:
    """State of a stack in the backend of its engine.

    Attributes:
        engine: runs the stack's program.
        project: a folder with the project's file, where the engine may write a stack file of its own.
    """

    engine: Engine
    project: Path

    @property
    def _name(self) -> str:
        return self.engine.stack.name

    @property
    def address(self) -> str:
        """Address of the backend."""
        return self.engine.env["PULUMI_BACKEND_URL"].partition("?")[0]

    def read(self) -> State | None:
        """The state; None when the stack does not exist."""
        listed = json.loads(self._call("stack", "ls", "--json"))
        if self._name not in {item["name"].rpartition("/")[2] for item in listed}:
            return None
        return self._state(self._exported())

    def deployment(self, *, show_secrets: bool = False) -> dict[str, Any]:
        """The deployment as the engine exports it, with secrets decrypted on request; empty without a stack's state.

        Raises `ToolError` when the stack does not exist.
        """
        options = ("--show-secrets",) if show_secrets else ()
        with readable(self.engine.stack.title):
            return states.deployment(self._call("stack", "export", *self._stack(), *options), self.address)

    def write(self, deployment: dict[str, Any]) -> None:
        """Replace the state; the engine encrypts secrets with the key of this state."""
        self._import(deployment)

    def outputs(self) -> dict[str, Any]:
        """The stack's outputs, secret ones decrypted."""
        return cast(
            "dict[str, Any]", json.loads(self._call("stack", "output", *self._stack(), "--json", "--show-secrets"))
        )

    def init(self, secrets_provider: str) -> None:
        """Make an empty stack."""
        self._call("stack", "init", self._name, "--no-select", "--secrets-provider", secrets_provider)

    def take_over(self, source: "StackState", locks: Sequence[bytes], secrets_provider: str) -> None:
        """Copy another backend's state into this backend, encrypted with another key; the source stays unchanged.

        The engine decrypts and encrypts in its own memory, and reverts its changes when it fails. An empty stack and
        locks that a killed attempt left here block it, so they are removed; the engine itself refuses to remove a stack
        that has resources.
        """
        self._release(locks)
        if self.read() is not None:
            self._call("stack", "rm", *self._stack(), "--yes", "--preserve-config")
        address = source.engine.env["PULUMI_BACKEND_URL"]
        self._call("stack", "migrate", address, self._name, "--secrets-provider", secrets_provider, "--yes")

    def settle(self, locks: Sequence[bytes]) -> None:
        """Correct the state after an interrupted update: remove locks of dead processes and pending operations.

        A resource whose creation was interrupted may exist or not. It is added to the state with the ID that it would
        have, and the refresh removes it again if Google does not have it. The next run continues after an interruption.

        Raises `ToolError` when somebody else changes the stack, or a resource cannot be read again.
        """
        self._release(locks)
        exported = self._exported()
        if pending := self._state(exported).pending:
            adopted = {candidate.resource.urn: candidate.id for candidate in map(uncertain, pending) if candidate}
            exported = self._import(corrected(states.deployment(exported, self.address), adopted))
        unread = [resource.urn for resource in self._state(exported).resources if is_unread(resource)]
        if unread:
            title = self.engine.stack.title
            with step(f"{title}: reading {len(unread)} that an interrupted run may have made") as running:
                unreadable = {urn for urn in unread if not self._is_read(urn, running)}
            if unreadable:
                self._forget(unreadable)

    def _is_read(self, urn: str, running: Step) -> bool:
        """Read one resource again; return whether Google answered.

        Google answers 403 also for a missing resource. The next update then creates it, and fails with 409 if it
        exists.
        """
        result = self.engine.refresh(running, ["--target", urn])
        if result.code and not refused(reasons(result)):
            raise ToolError(
                f"{self.engine.stack.title}: what an interrupted run may have made could not be read:\n"
                f"{reasons(result)}\nNothing was created. Correct that and run it again."
            )
        return not result.code

    def _forget(self, urns: Container[str]) -> None:
        with readable(self.engine.stack.title):
            deployment = states.deployment(self._exported(), self.address)
        self._import(without(deployment, urns))

    def _release(self, locks: Sequence[bytes]) -> None:
        holders = [holder for holder in map(running_holder, locks) if holder]
        if holders:
            raise ToolError(
                f"{self.address} is being changed by {holders[0]}, so nothing was started. Wait for it; if you know "
                f"that it runs no more, run `pulumi cancel` on {self.address} and then this again."
            )
        if locks:
            self._call("cancel", "--yes", self._name)

    def _stack(self) -> tuple[str, str]:
        return "--stack", self._name

    def _call(self, *arguments: str) -> str:
        return self.engine.call(*arguments, "--cwd", str(self.project))

    def _state(self, exported: str) -> State:
        with readable(self.engine.stack.title):
            return states.parse(exported, self.address)

    def _exported(self) -> str:
        return self._call("stack", "export", *self._stack())

    def _import(self, deployment: dict[str, Any]) -> str:
        # In the engine's own folder, which is its owner's alone: a move writes secrets decrypted.
        file = self.engine.folder.path / "deployment.json"
        exported = states.exported(deployment)
        try:
            write_whole(file, exported)
            self._call("stack", "import", *self._stack(), "--file", str(file))
        finally:
            file.unlink(missing_ok=True)
        return exported
