"""`make deploy`: carries out exactly the previewed and checked plan on Google Cloud, as the stack's deploy identity.

In a workflow the job has the identity, from its protected environment; elsewhere the person's login impersonates the
account, which normally nobody may. The foundation is not deployed by any account: an administrator applies it
(`make bootstrap`).
"""

import getpass
import os
import socket
import tempfile
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from rich.table import Table

from cli import abandoned, deployed, granted, migrations, side_by_side, target
from cli.bootstrap.google import connect
from cli.bootstrap.stack_state import StackState
from cli.console import wide_console
from cli.events import summary
from cli.github.job import Job
from cli.github.login import is_job, sign_in
from cli.google_login import acting_as
from cli.layout import Choice, Stack, is_reviewed, stacks
from cli.moving.declaring import require_own
from cli.pulumi import approved, policy_sets, provenance
from cli.pulumi.engine import Engine
from cli.pulumi.engine_directory import EngineDirectory
from cli.pulumi.gate import evaluate
from cli.pulumi.pinned_engine import pinned_environment, pinned_pulumi
from cli.pulumi.result import require
from cli.state import running_holder
from engine import backends
from engine.document import FormatError
from toolchain.errors import ToolError, UsageError
from toolchain.progress import duration, say, show, step

_AGAIN = "What was done before the error is in the state; correct the cause and deploy again."


@dataclass(frozen=True)
class DeploymentResult:
    """Result of one stack: changes of its resources, and duration in seconds."""

    stack: Stack
    resources: str
    seconds: float


def run(environment: str, choice: Choice, *, refresh: bool = True, harmless: bool = False) -> int:
    """Deploy the stacks of an environment, narrowed to a choice, whose apps and teams are separated by blanks.

    A failure stops the stacks after it, and of several teams' stacks, or apps, none of the others. Without `refresh` a
    deployment begins from the state instead of the cloud, and neither sees nor undoes out-of-band changes. With
    `harmless` a plan is refused that does more than put harmless drift back.

    Raises `ToolError` when a stack could not be deployed.
    """
    if harmless and not refresh:
        raise UsageError(
            "HARMLESS=yes puts drift back, and REFRESH=no looks for none, so nothing was started; leave one of them out"
        )
    cloud = target.of(environment)
    cloud.require_deployable()
    policy_sets.evaluating()  # copied before any program runs
    chosen = _chosen(environment, choice)
    if len({stack.owner() for stack in chosen}) == 1:
        sign_in(chosen[0], chosen[0].account("deploy"))
    abandoned.require_none(environment, cloud.places(chosen, "deploy"))

    def deploy(stack: Stack, stop: threading.Event | None = None) -> DeploymentResult:
        return _deploy(stack, stop, refresh=refresh, harmless=harmless)

    rows: list[DeploymentResult] = []
    for group in side_by_side.groups(chosen):
        if len(group) == 1 and not group[0].is_one_of_many:
            rows.append(deploy(group[0]))
            continue
        outcomes = side_by_side.run(group, deploy, _report, migrations.makers(group))
        rows += [outcome.result for outcome in outcomes if outcome.result]
        if failed := side_by_side.failures(outcomes, "could not be deployed", "Correct that and deploy again."):
            _show(environment, rows)
            raise failed
    _show(environment, rows)
    return 0


def _chosen(environment: str, choice: Choice) -> list[Stack]:
    several = [
        replace(choice, app=app, team=team)
        for app in dict.fromkeys((choice.app or "").split()) or [None]
        for team in dict.fromkeys((choice.team or "").split()) or [None]
    ]
    chosen = [stack for one in several for stack in stacks(environment, one) if not stack.by_administrators]
    if not chosen:
        raise UsageError(
            f"{choice.owner} is deployed by administrators alone, without an account of CI. Nothing was started. An "
            f"administrator applies it: make bootstrap STACK={environment}"
        )
    return sorted(chosen, key=lambda stack: stack.place)


def _report(outcome: side_by_side.StackOutcome[DeploymentResult]) -> None:
    side_by_side.line(outcome, outcome.result.resources if outcome.result else "")


def _deploy(stack: Stack, stop: threading.Event | None, *, refresh: bool, harmless: bool) -> DeploymentResult:
    started = time.monotonic()
    with (
        tempfile.TemporaryDirectory(prefix="prodfirst-") as folder,
        acting_as(stack.account("deploy")) as login,
    ):
        engine = replace(_engine(stack, Path(folder), login, stop), refreshes=refresh)
        settle(engine)
        require_own(stack, engine.state())
        with step(f"{stack.title}: preview") as running:
            planned = engine.preview(running)
            require(planned, stack, "the preview", "Nothing was changed.")
            running.note = summary(planned.outcome.changes, planned=True, options=len(planned.options))
        options = len(planned.options)
        if planned.is_changed:
            require_permitted(engine, unattended=harmless)
            if os.environ.get(approved.FOLDER) and is_reviewed(stack.environment):
                approved.require(stack, engine.artifacts.plan, Path(os.environ[approved.FOLDER]))
            with step(f"{stack.title}: update") as running:
                done = engine.update(running)
                require(done, stack, "the update", _AGAIN)
                running.note = summary(done.outcome.changes, planned=False)
            planned = done
        deployed.record(stack)
    resources = summary(planned.outcome.changes, planned=False, options=options)
    return DeploymentResult(stack, resources, time.monotonic() - started)


def require_permitted(engine: Engine, *, unattended: bool = False) -> None:
    """Show the verdict of each set of policies on the plan, and ask Google for what the update requires.

    A plan that is carried out `unattended` may put harmless drift back, and do nothing else.

    Raises `ToolError` when a plan gate refuses the plan, or the account lacks a permission.
    """
    verdicts = [
        evaluate(engine.stack, engine.artifacts, policies=each, unattended=unattended) for each in engine.policies
    ]
    for verdict in verdicts:
        policy_sets.introduce(verdict.policies)
        show(verdict.text if verdict is verdicts[0] else verdict.beside(verdicts[0]))
    if all(verdict.passed for verdict in verdicts):
        granted.require(engine.stack, engine.artifacts)
    for verdict in verdicts:
        verdict.confirm()


def settle(engine: Engine) -> None:
    """Correct the state after a deployment that was cancelled or lost its machine.

    Raises `ToolError` when somebody else changes the stack.
    """
    stack = engine.stack
    if engine.env["PULUMI_BACKEND_URL"] == stack.backend():
        locks = _locks(stack)
        holders = [holder for lock in locks if not _is_of_ended_job(lock) and (holder := running_holder(lock))]
        if holders:
            raise ToolError(
                f"{stack.title} is being changed by {holders[0]}, so nothing was started. Wait for it; if you know "
                f"that it runs no more, run `pulumi cancel` on {stack.backend()}, and then deploy again."
            )
        if locks:
            say(f"{stack.title}: the last deployment was killed; its lock is removed")
            engine.call("cancel", "--yes", stack.name)
    # Whether a pending operation took effect is read from Google, not guessed.
    StackState(engine, stack.folder).settle(())


def _locks(stack: Stack) -> list[bytes]:
    bucket, _, folder = stack.backend().removeprefix("gs://").partition("/")
    path = f"{folder}/" if folder else ""
    path += f".pulumi/locks/organization/{stack.project}/{stack.name}/"
    return connect(stack.gcp_project()).objects(bucket, path)


def _is_of_ended_job(lock: bytes) -> bool:
    """Return whether a lock is left by a job that has ended: an environment admits one job at a time, now this one.

    Each job has a machine of its own, and all jobs have the same user name; a person at a terminal has another one.
    """
    if not is_job(Job()):
        return False
    try:
        holder = backends.lock(lock, "of the backend")
    except FormatError:  # the holder was killed while it wrote
        return False
    return holder.username == getpass.getuser() and holder.hostname != socket.gethostname()


def _engine(stack: Stack, path: Path, login: Mapping[str, str], stop: threading.Event | None) -> Engine:
    folder = EngineDirectory(path)
    for needed in (folder.bin, folder.plans, folder.logs()):
        needed.mkdir()
    (folder.bin / "pulumi").symlink_to(pinned_pulumi())
    env = {**pinned_environment(stack), **login}
    message = provenance.message(stack, stack.account("deploy"))
    policies = policy_sets.evaluating()
    return Engine(folder, stack, env, ("--diff",), stop=stop, message=message, policies=policies)


def _show(environment: str, rows: Sequence[DeploymentResult]) -> None:
    table = Table(title=environment, title_justify="left", box=None, pad_edge=False, header_style="bold")
    for heading in ("layer", "resources", "time"):
        table.add_column(heading, overflow="fold")
    for row in rows:
        table.add_row(row.stack.title, row.resources, duration(row.seconds))
    if rows:
        wide_console().print(table)
    _summarize(environment, rows)


def _summarize(environment: str, rows: Sequence[DeploymentResult]) -> None:
    """Add the table to the summary of a workflow's run."""
    if not rows or "GITHUB_STEP_SUMMARY" not in os.environ:
        return
    job = Job()
    commit = f"[{job.sha[:12]}]({job.repository_url}/commit/{job.sha})"
    lines = ["| deployed | commit | resources | time |", "|---|---|---|---|"]
    for row in rows:
        url = f"{job.repository_url}/deployments/{row.stack.owner()}-{environment}"
        title = f"[{row.stack.title} ({environment})]({url})"
        lines.append(f"| {title} | {commit} | {row.resources} | {duration(row.seconds)} |")
    job.summarize("\n".join(lines) + "\n")
