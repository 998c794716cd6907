"""Protocol of a target: the operations that commands need on the platform that runs an environment's stacks."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol

from cli.abandoned import Abandoned, Place
from cli.access_source import AccessSource
from cli.bootstrap.stack_state import StackState
from cli.history.file_store import FileStore
from cli.history.model import Entry
from cli.layout import ALL, Choice, Stack
from cli.projects import Kind


@dataclass(frozen=True)
class EngineProgram:
    """The engine: its program, and the variables of its processes."""

    program: Path
    env: Mapping[str, str]


@dataclass(frozen=True)
class PreviewEngine(EngineProgram):
    """The engine for the preview of one stack.

    Attributes:
        identity: the read-only account that it runs as.
        state: reads the stack's state.
    """

    identity: str
    state: Callable[[], bytes]


@dataclass(frozen=True)
class AuditLog:
    """Entries of an audit log, and notes on what it does not show."""

    entries: Sequence[Entry]
    notes: Sequence[str] = ()


@dataclass(frozen=True)
class DatabaseSession:
    """A person's way to send SQL to the datastores of an environment over Google's API.

    Attributes:
        send: sends SQL to a database of an instance; the response of `instances.executeSql`.
        who: the person, for messages.
    """

    send: Callable[[str, str, str], dict[str, Any]]
    who: str


class Target(Protocol):
    """An environment, in the embedded sandbox or on Google Cloud."""

    @property
    def environment(self) -> str:
        """Name of the environment, as in the names of stack files."""
        ...

    def require_deployable(self) -> None:
        """Check that `make deploy` and `make bootstrap` apply to the environment.

        Raises `UsageError` when they do not.
        """
        ...

    def sign_in(self, choice: Choice = ALL) -> None:
        """Sign in a job of a workflow that reads the environment's stacks, narrowed to a choice."""
        ...

    def start(self) -> None:
        """Start the servers that previews need."""
        ...

    def preview(self, stack: Stack) -> AbstractContextManager[PreviewEngine]:
        """The engine for a preview of a stack.

        Raises `ToolError` when the read-only account cannot be used, or there is no state to compare with.
        """
        ...

    def places(self, stacks: Sequence[Stack], reader: Kind) -> Iterator[Place]:
        """Backends in which the states of stacks are; in the sandbox all of them."""
        ...

    def abandoned(self) -> list[Abandoned]:
        """States of the environment with resources that are of no declared stack, where backends can be read."""
        ...

    def states(self, stacks: Sequence[Stack], into: Path) -> list[Path]:
        """Files with the states of stacks, as exports or as a file backend has them; new ones are written to a folder.

        Raises `ToolError` when a state cannot be read.
        """
        ...

    def analyzer(self) -> EngineProgram:
        """The engine for `pulumi policy analyze`, which reads files and reaches no cloud."""
        ...

    def access(self, stack: Stack) -> AccessSource:
        """The cloud's policies, roles and groups, read as the account that previews the identity layer's stack."""
        ...

    def databases(self, person: str | None) -> AbstractContextManager[DatabaseSession]:
        """The datastores, reached as the person; a person of the sandbox may be named by their address.

        Raises `UsageError` when a person is named on Google Cloud.
        """
        ...

    def is_prepared(self, stack: Stack) -> bool:
        """Return whether a stack has a state, or one is made when it is first needed."""
        ...

    def administered(self, stacks: Sequence[Stack]) -> AbstractContextManager[list[StackState]]:
        """States of prepared stacks, to be read and written by an administrator."""
        ...

    def histories(self, layer: str) -> Iterator[tuple[FileStore, dict[str, str]]]:
        """Backends with the history of a layer's updates, each with the deploy identities of its stacks.

        The identities are by app; the identity under "" is that of all other stacks.
        """
        ...

    def audit_log(self, since: datetime | None, until: datetime, *, reads: bool) -> AuditLog:
        """Entries of the audit log within a time; `reads` includes calls that only read."""
        ...
