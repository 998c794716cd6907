"""Steps of `make bootstrap`, in order."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from cli import state
from cli.bootstrap import checks, preflight, stack_file, transient
from cli.bootstrap.asking import ask
from cli.bootstrap.folder import BootstrapDirectory
from cli.bootstrap.google import Google
from cli.bootstrap.overview import Overview, row, show
from cli.bootstrap.stack_file import Claims
from cli.bootstrap.stack_state import StackState, encryption, identities, projects, refused
from cli.events import summary
from cli.layout import Stack
from cli.preview import quiet
from cli.pulumi.engine import Result
from cli.pulumi.result import require
from engine.states import State
from engine.text import visible
from toolchain.errors import ToolError
from toolchain.progress import say, step

# Google names no limit, and writes of "typically 2 minutes, potentially 7 minutes or longer":
# https://cloud.google.com/iam/docs/access-change-propagation
_EFFECTIVE_SECONDS = 600.0
_POLL_SECONDS = 5.0

T = TypeVar("T")


@dataclass
class Bootstrap:
    """The first run, or a further run, for the foundation of one environment.

    Attributes:
        stack: the foundation.
        google: the APIs, called as the administrator.
        folder: folder of the state before it moves.
        local: the state in that folder.
        moved: the state in its bucket.
        others: the states of all other stacks.
        agreed: whether the administrator agreed to everything beforehand.
        sleep: waits a number of seconds; a test waits faster.
        clock: a number of seconds that grows; a test's grows faster.
        granted: time of the last grants, as far as it is known (seconds since 1970).
    """

    stack: Stack
    google: Google
    folder: BootstrapDirectory
    local: StackState
    moved: StackState
    others: tuple[StackState, ...]
    agreed: bool
    sleep: Callable[[float], object] = time.sleep
    clock: Callable[[], float] = time.monotonic
    granted: float = 0.0

    def run(self) -> None:
        """Do the remaining steps.

        Raises `ToolError` when a step fails; completed steps stay.
        """
        claims = stack_file.claims(self.stack)
        before = state.last_update(self.folder, self.stack)
        self.granted = before.ended if before else 0.0
        missing = checks.missing_apis(self.google)
        overview = self._overview(claims, missing)
        show(overview, self.google.who(), self.stack)
        network = checks.default_network(self.google)
        if network:
            say(network)
        ask("Go ahead?", agreed=self.agreed)
        if missing:
            with step(f"enabling {', '.join(missing)}"):
                self.google.enable(missing)
        with step(f"checking the project {self.google.project} and what you may do in it"):
            self._check(claims)
        if not self._in_bucket(claims):
            self._begin()
            self._apply(self.local, "What was done before the error is in the local state")
            self._move()
        self._name_key(self.moved)
        if self.folder.has_state(self.stack):
            self._prove_and_forget()
        if claims.is_locked and not _has_lock(self.moved.read() or State()):
            say("the next plan locks the audit log: nobody can shorten its retention or delete its bucket afterwards")
        self._apply(self.moved, "What was done before the error is in the state")
        for other in self.others:
            self._ready(other)
        self.folder.discard()
        # Policies are not effective at once, and without an organisation there are none.
        if not network and (made := checks.default_network(self.google)):
            say(made)

    def _overview(self, claims: Claims, missing: list[str]) -> Overview:
        """Completed and remaining steps, as far as they can be read before an API is enabled."""
        project = None if "cloudresourcemanager.googleapis.com" in missing else checks.project(self.google, claims)
        moved = "storage.googleapis.com" not in missing and self._in_bucket(claims)
        begun, apply = self.folder.has_state(self.stack), f"apply {self.stack.file.name}, from the bucket"
        if not moved:
            apply = f"apply {self.stack.file.name}, with a local state" + (
                ", going on where it stopped" if begun else ""
            )
        unready = [state.engine.stack.title for state in self.others if not stack_file.encryption(state.engine.stack)]
        rows = (
            row("enable the APIs that come first", not missing, ", ".join(missing)),
            row("check project, billing, your rights, groups and quotas", None, "each time"),
            row(apply, None, "shows its plan, and asks again"),
            row("move the state into the bucket, under its key", moved, self.moved.address),
            row("prove that it is the same, and remove the local one", moved and not begun, ""),
            row("make the empty states of the other stacks", not unready, ", ".join(unready)),
        )
        return Overview(project, claims, rows)

    def _check(self, claims: Claims) -> None:
        self.google.patiently(lambda: checks.project(self.google, claims))
        self.google.patiently(lambda: checks.billing(self.google))
        self.google.patiently(lambda: preflight.check(self.google, claims, self.stack))

    def _in_bucket(self, claims: Claims) -> bool:
        """Return whether the bucket holds the state, which then takes precedence over any other."""
        if not checks.bucket(self.google, self._bucket, claims):
            return False
        state = self._patiently(self.moved.read)
        if state and state.resources:
            return True
        if not self.folder.has_state(self.stack):
            raise ToolError(
                f"the bucket {self._bucket} is there, but no state: not in it, and not in {self.folder.path}. Somebody "
                "began the first run elsewhere, or made the bucket manually. Nothing was changed. Go on in the "
                "checkout where it began, whose .bootstrap folder has the state; or remove the bucket if it is empty "
                "and nothing else of the foundation is in the project."
            )
        return False

    @property
    def _bucket(self) -> str:
        return self.stack.backend().removeprefix("gs://")

    def _begin(self) -> None:
        """Make the local state, unless an interrupted run has made it; it must belong to this project."""
        self.folder.prepare_state(self.stack)
        state = self.local.read()
        if not (state and state.resources) and stack_file.encryption(Stack(self.stack.project, self.stack.environment)):
            raise ToolError(
                f"{self.stack.title} ({self.stack.name}) has no state, and the identity layer has one: what the "
                "foundation would make is in there. Nothing was changed. Move it first: "
                f"make move STACK={self.stack.environment}"
            )
        if not (state and _has_lock(state)):
            (self.local.project / self.stack.file.name).write_text(stack_file.without_lock(self.stack), "utf-8")
        if state is None:
            self.local.init("passphrase")
            return
        foreign = projects(state) - {self.google.project}
        if foreign:
            raise ToolError(
                f"the local state in {self.folder.path} is of the project {min(foreign)}, and "
                f"{self.stack.file.name} now names {self.google.project}. Nothing was changed. Name that project again "
                "to go on with it; or, when nothing of that state is of use any more, remove the folder."
            )

    def _apply(self, target: StackState, consequence: str) -> None:
        """Apply the stack file of the layer, by a plan that the administrator has seen.

        What is not effective yet right after it was made is waited for: the rest of the same plan is then agreed to.
        """
        agreed, deadline = self.agreed, 0.0
        while result := self._attempt(target, agreed=agreed):
            unready, now = transient.passing(result), self.clock()
            deadline = deadline or now + _EFFECTIVE_SECONDS
            if not unready or now > deadline:
                require(result, self.stack, "the update", f"{consequence}; correct the cause and run it again.")
            say(f"{unready} is not effective yet, which takes Google some minutes; going on …")
            self.sleep(_POLL_SECONDS)
            agreed = True

    def _attempt(self, target: StackState, *, agreed: bool) -> Result | None:
        """Preview and update once; return the result that has failed, if it is one that may pass, or of the update."""
        target.settle(self._locks(target))
        title = self.stack.title
        with step(f"{title}: preview") as running:
            result = target.engine.preview(running)
            if transient.passing(result):
                return result
            require(result, self.stack, "the preview", "Nothing was changed.")
            running.note = summary(result.outcome.changes, planned=True, options=len(result.options))
        if not result.is_changed:
            return None
        print("\n".join(quiet(result.output.splitlines())), flush=True)
        for change in result.options:
            say(visible(change.line))
        ask(f"Do this in {self.google.project}, as {self.google.who()}?", agreed=agreed)
        with step(f"{title}: update") as running:
            result = target.engine.update(running)
            self.granted = time.time()
            running.note = summary(result.outcome.changes, planned=False)
        return result if result.code or result.outcome.violations else None

    def _locks(self, target: StackState) -> list[bytes]:
        path = f".pulumi/locks/organization/{self.stack.project}/{self.stack.name}/"
        if target is self.local:
            return [file.read_bytes() for file in (self.folder.state(self.stack.store) / path).glob("*.json")]
        return self.google.objects(self._bucket, path)

    def _move(self) -> None:
        with step(f"moving the state to {self.moved.address}"):
            self._patiently(
                lambda: self.moved.take_over(self.local, self._locks(self.moved), self.stack.secrets_provider())
            )

    def _name_key(self, target: StackState) -> None:
        """Write the key that the state names into the stack file."""
        stack, state = target.engine.stack, target.read()
        key = encryption(state) if state else None
        if key is None or key.provider != stack.secrets_provider():
            raise ToolError(
                f"the state in {target.address} is not encrypted with the key of its layer, so it was not made by this "
                "command. Nothing was changed. Run `pulumi stack change-secrets-provider "
                f"{stack.secrets_provider()}` on it, then this again."
            )
        if stack_file.write(stack, key):
            say(f"{stack.project}/{stack.file.name} now names the key of its state")

    def _prove_and_forget(self) -> None:
        """Remove the local state after a proof that the moved state is equal, including secrets."""
        with step("comparing the moved state with the local one"):
            local, moved = self.local.read() or State(), self.moved.read() or State()
            different = identities(local) ^ identities(moved)
            if different or self.local.outputs() != self.moved.outputs():
                raise ToolError(_unequal(local, moved, self.folder, self.moved.address))
        self.folder.forget_state()
        say(f"the local state is removed; the state is in {self.moved.address}")

    def _ready(self, target: StackState) -> None:
        """Make the empty state of another stack, encrypted with its layer's key."""
        stack = target.engine.stack
        if target.read() is None:
            with step(f"{stack.title}: making its state in {target.address}"):
                key = stack_file.encryption(stack)
                content = stack.file.read_text("utf-8") if key else stack_file.without_encryption(stack)
                (target.project / stack.file.name).write_text(content, "utf-8")
                self._patiently(lambda: target.init(stack.secrets_provider()))
        self._name_key(target)

    def _patiently(self, action: Callable[[], T]) -> T:
        """Result of an action, which is repeated while new grants may not be effective yet."""
        while True:
            try:
                return action()
            except ToolError as error:
                if not refused(str(error)) or time.time() > self.granted + _EFFECTIVE_SECONDS:
                    raise
                say("refused so far; Google takes some minutes to make new grants effective …")
                self.sleep(_POLL_SECONDS)


def _has_lock(state: State) -> bool:
    """Return whether the audit log is locked, as far as the state knows; to unlock it would be refused."""
    kind = "gcp:logging/projectBucketConfig:ProjectBucketConfig"
    return any(resource.type == kind and resource.inputs.get("locked") is True for resource in state.resources)


def _unequal(local: State, moved: State, folder: BootstrapDirectory, address: str) -> str:
    only_local, only_moved = identities(local) - identities(moved), identities(moved) - identities(local)
    return (
        f"the state in {address} is not the one that was moved: {len(only_local)} resources are only in the local one, "
        f"{len(only_moved)} only in that one, and outputs may differ. Both were left as they are, and only the "
        f"bucket's counts. If somebody has updated it since, remove {folder.path / 'state'} and run this again; else "
        "compare them with `pulumi stack export` first."
    )
