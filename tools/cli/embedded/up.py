"""`make up`: brings up the layers of the sandbox, in order, each as its own identity.

For each stack: repair the state after an interrupted update, read the cloud as it is, preview with the policies, check
the plan by the plan gate, and update by exactly that plan. A violation, an error in the preview or a refused plan stops
the stack before any change; a stack without changes is not updated. A failed stack stops the stacks after it; a failed
app stops no other app. The servers start while the identity layer runs, which needs none.
"""

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from rich.table import Table

from cli import abandoned, migrations, side_by_side, state
from cli.console import wide_console
from cli.embedded.directory import SandboxDirectory
from cli.embedded.environment import SIGNING_IN, runs_as, sandbox_environment
from cli.embedded.plugins import Plugins
from cli.embedded.repair import repair
from cli.embedded.start import ServerStart
from cli.events import summary
from cli.layout import SANDBOX, Choice, Stack, stacks
from cli.moving.declaring import require_own
from cli.pulumi import policy_sets, provenance
from cli.pulumi.engine import Engine, Result
from cli.pulumi.gate import evaluate
from cli.pulumi.result import require
from toolchain.progress import Step, duration, say, show, step


@dataclass(frozen=True)
class StackResult:
    """Result of one stack, for the summary: duration in seconds, and texts for the table."""

    stack: Stack
    resources: str
    identity: str
    verdict: str
    seconds: float
    changed: bool


def run(choice: Choice, *, refresh: bool = True) -> int:
    """Bring up the stacks of a choice; return the exit code.

    Without `refresh` it begins from the states instead of the cloud, and neither sees nor undoes out-of-band changes.
    """
    started = time.monotonic()
    chosen = stacks(SANDBOX, choice)
    sandbox = SandboxDirectory.default()
    rows: list[StackResult] = []
    for other in policy_sets.evaluating()[1:]:
        say(f"policies/ differs from that of {other.title}: `make preview` shows the verdicts of both")

    def bring_up(stack: Stack, stop: threading.Event | None = None) -> StackResult:
        return _bring_up(sandbox, stack, stop, refresh=refresh)

    with sandbox.locked("bringing up the sandbox"):
        abandoned.require_none(SANDBOX, abandoned.of_folders(sandbox.state))
        starting = ServerStart(sandbox)
        for group in side_by_side.groups(chosen):
            if group[0].project != "identity":  # which needs no server
                starting.wait()
            # A single one is shown step by step.
            rows += [bring_up(group[0])] if len(group) == 1 else _together(group, bring_up)
        starting.wait()
    _show(rows, starting.plugins, time.monotonic() - started)
    return 0


def _together(
    stacks: Sequence[Stack], bring_up: Callable[[Stack, threading.Event | None], StackResult]
) -> list[StackResult]:
    """Bring up the stacks of several teams or apps at once.

    Raises `ToolError` when some could not be brought up; the others are.
    """

    def report(outcome: side_by_side.StackOutcome[StackResult]) -> None:
        side_by_side.line(outcome, outcome.result.resources if outcome.result else "")

    outcomes = side_by_side.run(stacks, bring_up, report, migrations.makers(stacks))
    if failed := side_by_side.failures(outcomes, "could not be brought up", "Correct that and run `make up` again."):
        raise failed
    return [outcome.result for outcome in outcomes if outcome.result]


def _bring_up(sandbox: SandboxDirectory, stack: Stack, stop: threading.Event | None, *, refresh: bool) -> StackResult:
    started = time.monotonic()
    with SIGNING_IN:
        who = runs_as(sandbox, stack, "deploy")
        env, message = sandbox_environment(sandbox, stack, "deploy"), provenance.message(stack, who)
        engine = Engine(sandbox, stack, env, refreshes=refresh, stop=stop, message=message)
    if state.read(sandbox, stack) is None:
        engine.call("stack", "init", stack.name, "--secrets-provider", "passphrase", "--no-select")
    else:
        repair(sandbox, engine)
        require_own(stack, engine.state())
    with step(f"{stack.title}: preview") as running:
        result = engine.preview(running)
        what = "this stack was changed" + ("" if stack.is_one_of_many else ", and no later layer was touched")
        require(result, stack, "the preview", f"Nothing of {what}.")
        running.note = summary(result.outcome.changes, planned=True, options=len(result.options))
    changed, options = result.is_changed, len(result.options)
    if changed:
        gate_result = evaluate(stack, engine.artifacts)
        # The plan of a stack's first creation is long and harmless.
        if result.outcome.changes["same"] or not gate_result.passed:
            show(gate_result.text)
        gate_result.confirm()
        result = _update(engine)
    verdict = "passed" if not result.outcome.advisories else f"passed, {len(result.outcome.advisories)} advisories"
    resources = summary(result.outcome.changes, planned=False, options=options)
    return StackResult(stack, resources, who, verdict, time.monotonic() - started, changed)


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


def _show(rows: list[StackResult], plugins: Plugins, seconds: float) -> None:
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
    console.print(f"\nplugins: {plugins.shown()}\n{changed}up in {duration(seconds)}. Try next:", soft_wrap=True)
    for command, what in _next(rows):
        console.print(f"  {command:<54} {what}", soft_wrap=True)


def _next(rows: list[StackResult]) -> list[tuple[str, str]]:
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
    """Explain the state of the sandbox after Ctrl-C."""
    say(
        "interrupted: the servers keep running and the state holds what was done so far; `make up` continues, "
        "`make down` discards everything"
    )
