"""An environment on Google Cloud: the pinned engine, buckets for states, Google's APIs for everything else."""

import os
import subprocess
from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from cli import abandoned
from cli.abandoned import Abandoned, Place
from cli.access_source import AccessSource
from cli.access_sources import GoogleAccess
from cli.bootstrap import setup
from cli.bootstrap.stack_state import StackState
from cli.databases.google_session import google_session
from cli.environment import stripped
from cli.github.login import sign_in_to_look
from cli.google import connection
from cli.google_login import acting_as
from cli.history import backends, entries, logs
from cli.history.file_store import FileStore
from cli.layout import ALL, Choice, Stack, region, require_listed
from cli.projects import Kind
from cli.pulumi.pinned_engine import pinned_environment, pinned_pulumi
from cli.target.protocol import AuditLog, DatabaseSession, EngineProgram, PreviewEngine
from toolchain import plugins
from toolchain.errors import ToolError, UsageError
from toolchain.progress import say

# A page of Cloud Logging holds a thousand entries, and its quota is sixty pages a minute.
_LOGGED_DAYS = 30
_CLOSED = (
    "The locked bucket of audit logs is closed to your login (it takes roles/logging.viewAccessor, which the security "
    "team has), so reads and refused calls are not reported; changes are."
)


@dataclass(frozen=True)
class GoogleCloud:
    """See `cli.target.protocol.Target`."""

    environment: str

    def require_deployable(self) -> None:
        """Check that the list of environments has this environment."""
        require_listed(self.environment)

    def sign_in(self, choice: Choice = ALL) -> None:
        """Sign in a job by Workload Identity Federation; a person has a login."""
        sign_in_to_look(self.environment, choice)

    def start(self) -> None:
        """Start nothing: Google's servers run."""

    @contextmanager
    def preview(self, stack: Stack) -> Generator[PreviewEngine]:
        """The pinned engine, as the stack's preview account."""
        program, account = pinned_pulumi(), stack.account("preview")
        with acting_as(account) as login:
            env = {**pinned_environment(stack), **login}
            yield PreviewEngine(
                program, env, account, lambda: _exported(stack, program, env, "its plan cannot be judged")
            )

    def places(self, stacks: Sequence[Stack], reader: Kind) -> Iterator[Place]:
        """The backends of the stacks, each read as the stack's account."""
        return abandoned.of_stacks(stacks, reader)

    def abandoned(self) -> list[Abandoned]:
        """States in the buckets; says which buckets cannot be read."""
        found, unread = abandoned.in_environment(self.environment)
        for line in unread:
            say(line)
        return found

    def states(self, stacks: Sequence[Stack], into: Path) -> list[Path]:
        """Exports of the states, each made as the stack's preview account."""
        program, files = pinned_pulumi(), list[Path]()
        for stack in stacks:
            file = into / f"{stack.project}-{stack.name}.json"
            with acting_as(stack.account("preview")) as login:
                env = {**pinned_environment(stack), **login}
                file.write_bytes(_exported(stack, program, env, "nothing was judged"))
            files.append(file)
        return files

    def analyzer(self) -> EngineProgram:
        """The pinned engine."""
        return EngineProgram(pinned_pulumi(), {**stripped(), **plugins.environment()})

    def access(self, stack: Stack) -> AccessSource:
        """Policies, roles and groups from Google's APIs."""
        return GoogleAccess(stack)

    @contextmanager
    def databases(self, person: str | None) -> Generator[DatabaseSession]:
        """The Cloud SQL Data API, as whoever is logged in."""
        if person is not None:
            raise UsageError(
                "on Google Cloud you are whoever is logged in, so AS has no effect; log in as the other person"
            )
        yield google_session(connection.as_person(), Stack("platform", self.environment, "storage").gcp_project())

    def is_prepared(self, stack: Stack) -> bool:
        """Return whether the stack file names the key of a state; the state of the foundation begins in a folder."""
        return stack.is_ready or stack.by_administrators

    @contextmanager
    def administered(self, stacks: Sequence[Stack]) -> Generator[list[StackState]]:
        """States in the buckets, as the person who is logged in."""
        with setup.workplace(self.environment) as (folder, who):
            # Where the foundation has no bucket yet, its state begins in this folder, as in a first run.
            yield [
                setup.administered(folder, stack, who) if stack.is_ready else setup.begun(folder, stack, who)
                for stack in stacks
            ]

    def histories(self, layer: str) -> Iterator[tuple[FileStore, dict[str, str]]]:
        """The buckets of states, or the backend that PULUMI_BACKEND_URL names."""
        return backends.of_layer(self.environment, layer, os.environ.get("PULUMI_BACKEND_URL", ""))

    def audit_log(self, since: datetime | None, until: datetime, *, reads: bool) -> AuditLog:
        """Entries from Cloud Logging, with a note on everything that they do not show."""
        notes: list[str] = []
        if since is None:
            since = until - timedelta(days=_LOGGED_DAYS)
            notes.append(f"The audit log was looked at from {since:%Y-%m-%d} on; SINCE looks further back.")
        try:
            project = Stack("identity", self.environment).gcp_project()
            logged = logs.logged(backends.client(), project, region(self.environment), since, until, reads=reads)
            log_entries = entries.read(logged.entries, reads=reads)
        except ToolError as error:
            notes.append(
                f"{error} Out-of-band changes are not reported; LOGS names a folder or a bucket with an export."
            )
            return AuditLog((), notes)
        # Cloud Logging leaves out entries that the login may not see, without a notice.
        return AuditLog(log_entries, notes if logged.complete else [*notes, _CLOSED])


def of(environment: str) -> GoogleCloud:
    """The target of an environment."""
    return GoogleCloud(environment)


def _exported(stack: Stack, program: Path, env: Mapping[str, str], consequence: str) -> bytes:
    command = [str(program), "stack", "export", "--stack", stack.name, "--non-interactive"]
    done = subprocess.run(command, cwd=stack.folder, env=env, capture_output=True, check=False)  # noqa: S603  the engine
    if done.returncode:
        raise ToolError(
            f"the state of {stack.title} ({stack.name}) cannot be read, so {consequence}:\n"
            f"{done.stderr.decode(errors='replace').strip()}"
        )
    return done.stdout
