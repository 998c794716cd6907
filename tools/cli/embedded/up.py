"""`make up`: the layers of the sandbox, in order, each as its own identity.

For each stack: settle what an interrupted update left, preview with the policies, have the plan judged, and update by
exactly that plan. A violation, an error in the preview or a refused plan stops it before anything of that stack is
changed; a stack without changes is not updated. What stops a layer stops those above it; of several apps each goes its
own way. The servers start while the identity layer runs, which needs none.
"""

import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace

from rich.table import Table

from cli import side_by_side, state
from cli.console import wide_console
from cli.embedded.directory import SandboxDirectory
from cli.embedded.environment import ADMINISTRATOR, SIGNING_IN, administrator_environment, runs_as, sandbox_environment
from cli.embedded.repair import repair
from cli.embedded.start import Starting
from cli.events import summary
from cli.layout import SANDBOX, Stack, stacks
from cli.pulumi import provenance
from cli.pulumi.engine import Engine, Result
from cli.pulumi.gate import judge
from cli.pulumi.result import foundation, require
from toolchain.progress import Step, duration, say, show, step


@dataclass(frozen=True)
class Row:
    """What happened to one stack, for the summary: seconds, and texts for the table."""

    stack: Stack
    resources: str
    identity: str
    verdict: str
    seconds: float
    changed: bool


def run(layer: str | None, app: str | None) -> int:
    """Bring up the stacks, narrowed to a layer or an app; return the exit code."""
    started = time.monotonic()
    chosen = stacks(SANDBOX, layer, app)
    apps = [stack for stack in chosen if stack.is_app]
    # A single one is shown step by step, as a layer is.
    together = apps if len(apps) > 1 else []
    sandbox = SandboxDirectory.default()
    rows: list[Row] = []
    with sandbox.held("bringing up the sandbox"):
        starting = Starting(sandbox)
        for stack in chosen:
            if stack.project != "identity":
                starting.wait()
            if stack not in together:
                rows.append(_bring_up(sandbox, stack))
        starting.wait()
        ended = _apps(sandbox, together)
    rows += [each.result for each in ended if each.result]
    if failed := side_by_side.failures(ended, "could not be brought up", "Correct that and run `make up` again."):
        raise failed
    _show(rows, time.monotonic() - started)
    return 0


def _apps(sandbox: SandboxDirectory, stacks: Sequence[Stack]) -> list[side_by_side.Ended[Row]]:
    """Several apps at once."""
    if not stacks:
        return []

    def told(ended: side_by_side.Ended[Row]) -> None:
        side_by_side.line(ended, ended.result.resources if ended.result else "")

    return side_by_side.run(stacks, lambda stack, stop: _bring_up(sandbox, stack, stop), told)


def _bring_up(sandbox: SandboxDirectory, stack: Stack, stop: threading.Event | None = None) -> Row:
    started = time.monotonic()
    with SIGNING_IN:
        who = runs_as(sandbox, stack, "deploy")
        env, message = sandbox_environment(sandbox, stack, "deploy"), provenance.message(stack, who)
        engine = Engine(sandbox, stack, env, stop=stop, message=message)
    if state.read(sandbox, stack) is None:
        engine.call("stack", "init", stack.name, "--secrets-provider", "passphrase", "--no-select")
    else:
        repair(sandbox, engine)
    with step(f"{stack.title}: preview") as running:
        result = engine.preview(running)
        what = "this app was changed" if stack.is_app else "this layer was changed, and no later layer was touched"
        require(result, stack, "the preview", f"Nothing of {what}.")
        running.note = summary(result.outcome.changes, planned=True)
    changed = result.outcome.changed > 0
    if changed:
        judged = judge(stack, engine.traces)
        # A stack's first creation is as long as it is harmless.
        if result.outcome.changes["same"] or not judged.passed:
            show(judged.text)
        judged.confirm()
        if who != ADMINISTRATOR and (named := foundation(result)):
            who, message = ADMINISTRATOR, provenance.message(stack, ADMINISTRATOR)
            engine = replace(engine, env=administrator_environment(sandbox, stack), message=message)
            say(f"{stack.title}: changes the foundation ({named}), which only an administrator may")
        result = _update(engine)
    verdict = "passed" if not result.outcome.advisories else f"passed, {len(result.outcome.advisories)} advisories"
    resources = summary(result.outcome.changes, planned=False)
    return Row(stack, resources, who, verdict, time.monotonic() - started, changed)


def _update(engine: Engine) -> Result:
    with step(f"{engine.stack.title}: update") as running:
        result = _updated(engine, running)
        running.note = summary(result.outcome.changes, planned=False)
    return result


def _updated(engine: Engine, running: Step) -> Result:
    result = engine.update(running)
    consequence = "What was done before the error is in the state; correct the cause and run `make up` again."
    require(result, engine.stack, "the update", consequence)
    return result


def _show(rows: list[Row], seconds: float) -> None:
    table = Table(title="sandbox", title_justify="left", box=None, pad_edge=False, header_style="bold")
    for heading in ("layer", "resources", "ran as", "policies", "time"):
        table.add_column(heading, overflow="fold")
    for row in rows:
        table.add_row(
            row.stack.title, row.resources, row.identity.partition("@")[0], row.verdict, duration(row.seconds)
        )
    console = wide_console()
    console.print()
    console.print(table)
    changed = "" if any(row.changed for row in rows) else "no changes; "
    console.print(f"\n{changed}up in {duration(seconds)}. Try next:")
    for command, what in _next(rows):
        console.print(f"  {command:<54} {what}", soft_wrap=True)


def _next(rows: list[Row]) -> list[tuple[str, str]]:
    app = next((row.stack.part for row in reversed(rows) if row.stack.is_app), None)
    as_team = [
        (f"make shell APP={app} CMD='kubectl get pods'", "as the identity of the team that deploys the app"),
        (f"make shell APP={app} CMD='kubectl create ns mine'", "refused: no app's identity creates namespaces"),
    ]
    return [
        ("make status", "servers, stacks and identities"),
        ("make preview LAYER=platform", "what a change of that layer would do, by its read-only identity"),
        *(as_team if app else []),
        ("make down", "stop the servers and discard the sandbox"),
    ]


def explain_interrupt() -> None:
    """What is left after Ctrl-C."""
    say(
        "interrupted: the servers keep running and the state holds what was done so far; `make up` continues, "
        "`make down` discards everything"
    )
