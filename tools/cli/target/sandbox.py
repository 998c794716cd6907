"""The embedded sandbox as a target: its own engine, file backends, the simulated cloud.

Of the modules that commands share, only this module may import the sandbox; `target.of` loads it for the sandbox only.
"""

import os
import subprocess
import tempfile
from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from functools import cached_property
from pathlib import Path

from cli import abandoned, state
from cli.abandoned import Abandoned, Place
from cli.access_source import AccessSource
from cli.bootstrap.stack_state import StackState
from cli.embedded.cloud import SimulatedCloud
from cli.embedded.directory import SandboxDirectory
from cli.embedded.environment import SIGNING_IN, administrator_environment, runs_as, sandbox_environment
from cli.embedded.start import serving
from cli.embedded.tenant import database_administrator
from cli.environment import stripped
from cli.history import entries
from cli.history.file_store import FileStore, Folder
from cli.layout import ALL, SANDBOX, Choice, Stack, stacks
from cli.projects import PROJECTS, Kind
from cli.pulumi.engine import Engine
from cli.target.protocol import AuditLog, DatabaseSession, EngineProgram, PreviewEngine
from toolchain.errors import ToolError, UsageError


class Sandbox:
    """See `cli.target.protocol.Target`."""

    environment = SANDBOX

    @cached_property
    def _directory(self) -> SandboxDirectory:
        return SandboxDirectory.default().required()

    @cached_property
    def _cloud(self) -> SimulatedCloud:
        return SimulatedCloud(self._directory)

    def require_deployable(self) -> None:
        """Refuse: nothing is deployed to the sandbox."""
        raise UsageError(
            "the sandbox needs no first run and no deployment: `make up` brings it up. STACK is an environment on "
            "Google Cloud"
        )

    def sign_in(self, choice: Choice = ALL) -> None:
        """Do nothing: each engine signs in by itself, with credentials of the sandbox."""

    def start(self) -> None:
        """Start the control plane and the webhooks of the simulated cloud."""
        serving(self._directory)

    @contextmanager
    def preview(self, stack: Stack) -> Generator[PreviewEngine]:
        """The sandbox's engine; an app or a team that is not deployed yet is compared with an empty state."""
        directory = self._directory
        is_new = state.read(directory, stack) is None
        if is_new and not stack.is_one_of_many:
            raise ToolError(
                f"{stack.title} is not in the sandbox yet, so there is nothing to compare with. Run `make up`."
            )
        with SIGNING_IN:
            env, who = sandbox_environment(directory, stack, "preview"), runs_as(directory, stack, "preview")
        engine = PreviewEngine(directory.bin / "pulumi", env, who, lambda: state.file(directory, stack).read_bytes())
        if not is_new:
            yield engine
            return
        with tempfile.TemporaryDirectory(prefix="prodfirst-") as folder:
            yield _with_empty_state(stack, engine, Path(folder))

    def places(self, stacks: Sequence[Stack], reader: Kind) -> Iterator[Place]:
        """The file backends, which have no folders of teams."""
        del stacks, reader
        return abandoned.of_folders(self._directory.state)

    def abandoned(self) -> list[Abandoned]:
        """States in the file backends."""
        return list(abandoned.search(SANDBOX, abandoned.of_folders(self._directory.state)))

    def states(self, stacks: Sequence[Stack], into: Path) -> list[Path]:
        """The state files of the file backends."""
        del into
        files = {stack: state.file(self._directory, stack) for stack in stacks}
        for stack, file in files.items():
            if not file.is_file():
                raise ToolError(
                    f"{stack.title} is not in the sandbox yet, so the layers cannot be judged together. Run `make up`."
                )
        return list(files.values())

    def analyzer(self) -> EngineProgram:
        """The sandbox's engine with its plugins."""
        folder = self._directory.bin
        path = f"{folder}{os.pathsep}{os.environ.get('PATH', os.defpath)}"
        return EngineProgram(
            folder / "pulumi", {**stripped(), "PULUMI_HOME": str(self._directory.pulumi_home), "PATH": path}
        )

    def access(self, stack: Stack) -> AccessSource:
        """Policies, roles and groups of the simulated cloud."""
        return self._cloud.access(stack)

    @contextmanager
    def databases(self, person: str | None) -> Generator[DatabaseSession]:
        """The simulated Data API, as a person of the sandbox; without a name, one who administers datastores."""
        with self._cloud.opened() as cloud:
            who = person or database_administrator()
            yield DatabaseSession(self._cloud.sender(cloud, f"user:{who}"), who)

    def is_prepared(self, stack: Stack) -> bool:
        """Return True: the administrator makes a state in the file backend."""
        del stack
        return True

    @contextmanager
    def administered(self, stacks: Sequence[Stack]) -> Generator[list[StackState]]:
        """States in the file backends, as the sandbox's administrator."""
        with self._directory.locked("moving resources between states"):
            states: list[StackState] = []
            for stack in stacks:
                engine = Engine(self._directory, stack, administrator_environment(self._directory, stack))
                if state.read(self._directory, stack) is None:
                    engine.call("stack", "init", stack.name, "--secrets-provider", "passphrase", "--no-select")
                states.append(StackState(engine, stack.folder))
            yield states

    def histories(self, layer: str) -> Iterator[tuple[FileStore, dict[str, str]]]:
        """The file backends of the layer."""
        of_layer = stacks(SANDBOX, Choice(layer))
        for store in PROJECTS[layer].stores:
            identities = {stack.part or "": stack.account("deploy") for stack in of_layer if stack.store == store}
            yield Folder(self._directory.state(store)), identities

    def audit_log(self, since: datetime | None, until: datetime, *, reads: bool) -> AuditLog:
        """Every call that the simulated cloud logged."""
        del since, until
        return AuditLog(entries.read(self._cloud.audit_log(), reads=reads))


def of(environment: str) -> Sandbox:
    """The sandbox, of which there is one."""
    del environment
    return Sandbox()


def _with_empty_state(stack: Stack, engine: PreviewEngine, folder: Path) -> PreviewEngine:
    env = {**engine.env, "PULUMI_BACKEND_URL": f"file://{folder}?metadata=skip"}
    command = [str(engine.program), "stack", "init", stack.name, "--secrets-provider", "passphrase", "--no-select"]
    done = subprocess.run(  # noqa: S603  the engine
        [*command, "--non-interactive"], cwd=stack.folder, env=env, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise ToolError(f"an empty state to compare {stack.title} with cannot be made:\n{done.stderr.strip()}")
    file = folder / ".pulumi" / "stacks" / stack.project / f"{stack.name}.json"
    return PreviewEngine(engine.program, env, engine.identity, file.read_bytes)
