"""Sources of the answers: states, the audit, previews against the cloud as it is, and reports of former runs."""

import contextlib
import io
import json
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, cast

from pydantic import ValidationError

from cli import cost, limits, target
from cli.github import drifting, previewing
from cli.github.preview_result import PreviewResult
from cli.history import answer as history
from cli.history.model import History
from cli.history.question import Question
from cli.layout import POLICIES, Stack, order, stacks
from cli.portal import findings, stack_states
from cli.portal.answers import Answers, Drift
from cli.portal.contracts import contracts
from cli.portal.stack_states import StackState
from engine.previews import Step
from toolchain.environments import CHECKOUT
from toolchain.errors import ToolError
from toolchain.progress import say, step

# Period of the history page; `make history` itself covers the whole history.
LATELY = timedelta(days=90)
_TIME = "%Y-%m-%d %H:%M"


@dataclass(frozen=True)
class Scope:
    """Environment and sources of a portal.

    Attributes:
        environment: `sandbox`, `dev`, `prod`.
        drift: whether to compare the stacks with the cloud as it is.
        reports: a folder with reports of former runs; None for none.
        logs: a folder or `gs://…` with exported audit logs; None for the environment's own.
    """

    environment: str
    drift: bool = False
    reports: Path | None = None
    logs: str | None = None


def answers(scope: Scope) -> Answers:
    """Gather all answers of an environment.

    Raises `ToolError` when a state or a report cannot be read, because an incomplete portal would mislead.
    """
    if scope.reports and not scope.reports.is_dir():
        raise ToolError(f"{scope.reports} is no folder, so no portal was written. Name one with reports: REPORTS=…")
    chosen = stacks(scope.environment)
    with tempfile.TemporaryDirectory(prefix="prodfirst-") as name:
        folder = Path(name)
        files = _files(scope.environment, chosen, folder)
        by_stack = [stack_states.read(stack, file, stack.team()) for stack, file in zip(chosen, files, strict=True)]
        _audit(scope.environment, folder / "reports" / "audit")
        if scope.drift:
            say("comparing with the cloud as it is …")
            # What each preview prints is shown on the page of its stack.
            with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
                previewing.previews(chosen, folder / "reports" / "previews", refresh=True, priced=False)
        places = [folder / "reports", *([scope.reports] if scope.reports else [])]
        table = cost.prices()
        return Answers(
            environment=scope.environment,
            project=chosen[0].gcp_project(),
            made=datetime.now(UTC),
            states=by_stack,
            contracts=contracts(by_stack),
            reports=findings.reports(_newest(places, "*.sarif")),
            accepted=findings.accepted(POLICIES, datetime.now(UTC).date()),
            drift=drift(places, scope.environment),
            estimates={state.stack.title: estimate(state, table) for state in by_stack},
            prices=table,
            access=_access(scope.environment),
            history=_history(scope),
            limits=limits.usages(files),
        )


def _files(environment: str, chosen: list[Stack], folder: Path) -> list[Path]:
    with step("reading the states"):
        return target.of(environment).states(chosen, folder)


def _audit(environment: str, folder: Path) -> None:
    """Run the audit with its report in a folder; findings are shown on the page, only a failed audit ends the run."""
    command = [sys.executable, "-m", "cli", "audit", "--stack", environment, "--report", str(folder)]
    with step("auditing"):
        done = subprocess.run(command, cwd=CHECKOUT, capture_output=True, text=True, errors="replace", check=False)  # noqa: S603  ours
    if not list(folder.glob("*.sarif")):
        raise ToolError(f"the audit gave no verdict, so no portal was written.\n{(done.stderr or done.stdout).strip()}")


def _access(environment: str) -> dict[str, Any]:
    """Effective access, as rows from `make access`."""
    command = [sys.executable, "-m", "cli", "access", "--stack", environment, "--format", "rows"]
    with step("asking who can do what"):
        done = subprocess.run(command, cwd=CHECKOUT, capture_output=True, text=True, errors="replace", check=False)  # noqa: S603  ours
    if done.returncode:
        raise ToolError(f"who can do what could not be told, so no portal was written.\n{done.stderr.strip()}")
    return cast("dict[str, Any]", json.loads(done.stdout))


def _history(scope: Scope) -> History:
    with step("reading the history"):
        question = Question(since=datetime.now(UTC) - LATELY, details=True)
        return history.answer(target.of(scope.environment), question, scope.logs)


def _newest(places: list[Path], pattern: str) -> list[Path]:
    """Files below the folders, sorted by name; the newest file where several have one name."""
    newest: dict[str, Path] = {}
    for file in (file for place in places for file in place.rglob(pattern)):
        if file.name not in newest or file.stat().st_mtime > newest[file.name].stat().st_mtime:
            newest[file.name] = file
    return [newest[name] for name in sorted(newest)]


def drift(places: list[Path], environment: str) -> dict[str, Drift]:
    """Results of drift checks by stack, of this run or from the reports of a former one."""
    results = [_drift(file) for file in _newest(places, "*.part.json")]
    of_stacks = [
        result for result in results if result.part.environment == environment and result.part.stack != drifting.GRANTS
    ]
    return {result.part.stack: result for result in sorted(of_stacks, key=lambda result: order(result.part.stack))}


def _drift(file: Path) -> Drift:
    try:
        return Drift(
            PreviewResult.model_validate_json(file.read_bytes()),
            datetime.fromtimestamp(file.stat().st_mtime, UTC).strftime(_TIME),
        )
    except (OSError, ValidationError) as error:
        raise ToolError(
            f"{file} cannot be read as the report of a preview ({type(error).__name__}), so drift would be missing, "
            "and no portal was written. Take it out of the folder."
        ) from None


def estimate(stack: StackState, table: cost.Prices) -> cost.Estimate:
    """Estimate the cost of a stack as deployed."""
    steps = [
        Step(op="same", urn=resource.urn, oldState=resource.state, newState=resource.state)
        for resource in stack.resources
    ]
    return cost.estimate(steps, table)
