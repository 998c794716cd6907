"""One stack's state in one backend: reading it, making it, moving it, and settling what an interrupted run left."""

import json
import re
from collections.abc import Container, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from pydantic import BaseModel, ConfigDict, Field

from cli.bootstrap.stack_file import Encryption
from cli.pulumi.engine import Engine, reasons
from cli.pulumi.pending import corrected, uncertain
from cli.state import Pending, running_holder
from toolchain.errors import ToolError
from toolchain.progress import Step, step

_REFUSED = re.compile(r"permission.?denied|\b403\b|does not have .* access", re.IGNORECASE)


def refused(text: str) -> bool:
    """Whether an error is a refusal of Google's IAM."""
    return _REFUSED.search(text) is not None


class Deployed(BaseModel):
    """A resource in a state; `id` is empty for what is only Pulumi's own, such as a component."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    urn: str
    type: str
    id: str = ""
    inputs: dict[str, Any] = Field(default_factory=dict[str, Any])
    outputs: dict[str, Any] = Field(default_factory=dict[str, Any])

    @property
    def is_unread(self) -> bool:
        """Whether it was taken into the state without having been read: what was created or read has outputs."""
        return bool(self.id) and not self.outputs and not self.type.startswith("pulumi:")


class Deployment(BaseModel):
    """A state as the engine exports it: encrypted values stay encrypted."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    resources: tuple[Deployed, ...] = ()
    secrets_providers: dict[str, Any] = Field(default_factory=dict[str, Any])

    @property
    def encryption(self) -> Encryption | None:
        """The KMS key that encrypts it; None for a passphrase."""
        told = cast("dict[str, Any]", self.secrets_providers.get("state") or {})
        if self.secrets_providers.get("type") != "cloud":
            return None
        return Encryption(str(told["url"]), str(told["encryptedkey"]))

    @property
    def identities(self) -> frozenset[tuple[str, str]]:
        """Every resource by its name in the state and in the cloud."""
        return frozenset((each.urn, each.id) for each in self.resources)

    def projects(self) -> set[str]:
        """The Google Cloud projects that its resources are declared in."""
        found = {each.inputs.get("project") for each in self.resources if each.type.startswith("gcp:")}
        return {project for project in found if isinstance(project, str)}


@dataclass(frozen=True)
class StackState:
    """The state of a stack in the backend of its engine.

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
        """Where the state is."""
        return self.engine.env["PULUMI_BACKEND_URL"].partition("?")[0]

    def deployment(self) -> Deployment | None:
        """What the state holds; None when the stack does not exist."""
        listed = json.loads(self._call("stack", "ls", "--json"))
        if self._name not in {each["name"].rpartition("/")[2] for each in listed}:
            return None
        return Deployment.model_validate(self._export())

    def outputs(self) -> dict[str, Any]:
        """The stack's outputs, secret ones decrypted."""
        return cast(
            "dict[str, Any]", json.loads(self._call("stack", "output", *self._stack(), "--json", "--show-secrets"))
        )

    def init(self, secrets_provider: str) -> None:
        """Make the stack, empty."""
        self._call("stack", "init", self._name, "--no-select", "--secrets-provider", secrets_provider)

    def take_over(self, source: "StackState", locks: Sequence[bytes], secrets_provider: str) -> None:
        """Copy another backend's state here, encrypted with another key; the source stays as it is.

        The engine decrypts and encrypts in its own memory, and takes back what it did when it fails. An empty stack
        that a killed attempt left here is in its way, and so are its locks; the engine itself refuses to remove a stack
        that has resources.
        """
        self._release(locks)
        if self.deployment() is not None:
            self._call("stack", "rm", *self._stack(), "--yes", "--preserve-config")
        address = source.engine.env["PULUMI_BACKEND_URL"]
        self._call("stack", "migrate", address, self._name, "--secrets-provider", secrets_provider, "--yes")

    def settle(self, locks: Sequence[bytes]) -> None:
        """Make the state true after an interrupted update: no lock of a dead process, and nothing pending.

        What was being created may exist or not. It is taken into the state under the name that it would have, and
        reading it takes it out again if Google does not know it. An interruption in between is seen by the next run.

        Raises `ToolError` when somebody else works on it, or it cannot be read again.
        """
        self._release(locks)
        exported = self._export()
        if exported.get("pending_operations"):
            exported |= corrected(exported, _adopted(exported))
            self._import(exported)
        unread = [each.urn for each in Deployment.model_validate(exported).resources if each.is_unread]
        if unread:
            title = self.engine.stack.title
            with step(f"{title}: reading {len(unread)} that an interrupted run may have made") as running:
                unreadable = {urn for urn in unread if not self._is_read(urn, running)}
            if unreadable:
                self._forget(unreadable)

    def _is_read(self, urn: str, running: Step) -> bool:
        """Read one resource again; whether Google told.

        Google answers 403 also for what is not there. Then it is to be created, which tells: as 409, if it is.
        """
        result = self.engine.refresh(running, ["--target", urn])
        if result.code and not refused(reasons(result)):
            raise ToolError(
                f"{self.engine.stack.title}: what an interrupted run may have made could not be read:\n"
                f"{reasons(result)}\nNothing was created. Correct that and run it again."
            )
        return not result.code

    def _forget(self, urns: Container[str]) -> None:
        exported = self._export()
        kept = [each for each in exported["resources"] if each["urn"] not in urns]
        self._import({**exported, "resources": kept})

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

    def _export(self) -> dict[str, Any]:
        exported = json.loads(self._call("stack", "export", *self._stack()))["deployment"]
        return cast("dict[str, Any]", exported or {})  # null for a stack that nothing was written to yet

    def _import(self, deployment: dict[str, Any]) -> None:
        file = self.project / "deployment.json"
        try:
            file.write_text(json.dumps({"version": 3, "deployment": deployment}), encoding="utf-8")
            self._call("stack", "import", *self._stack(), "--file", str(file))
        finally:
            file.unlink(missing_ok=True)


def _adopted(deployment: dict[str, Any]) -> dict[str, str]:
    """What was being created, by its name in the state, and what it is called in the cloud if it exists."""
    operations = [Pending.model_validate(operation) for operation in deployment["pending_operations"]]
    return {named.resource.urn: named.id for named in map(uncertain, operations) if named}
