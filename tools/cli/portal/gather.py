"""Where the answers come from: states, the audit, previews against the cloud as it is, and reports of former runs."""

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

import yaml
from pydantic import ValidationError

from cli import cost, target
from cli.github import drifting, previewing
from cli.github.preview_result import PreviewResult
from cli.history import answer as history
from cli.history.model import History
from cli.history.question import Question
from cli.layout import POLICIES, Stack, stacks
from cli.portal import findings, held
from cli.portal.answers import Answers, Drift
from cli.portal.contracts import contracts
from cli.portal.held import Held
from engine.previews import Step
from toolchain.environments import CHECKOUT
from toolchain.errors import ToolError
from toolchain.progress import say, step

# How far back the page of the history goes; `make history` itself goes back as far as there is one.
LATELY = timedelta(days=90)
_TIME = "%Y-%m-%d %H:%M"


@dataclass(frozen=True)
class Wanted:
    """What to gather.

    Attributes:
        environment: `sandbox`, `dev`, `prod`.
        drift: whether to compare with the cloud as it is.
        reports: a folder with reports of former runs; None for none.
        logs: a folder or `gs://…` with exported audit logs; None for the environment's own.
    """

    environment: str
    drift: bool = False
    reports: Path | None = None
    logs: str | None = None


def answers(wanted: Wanted) -> Answers:
    """Gather everything.

    Raises `ToolError` when a state or a report cannot be read: a portal that leaves something out would mislead.
    """
    if wanted.reports and not wanted.reports.is_dir():
        raise ToolError(f"{wanted.reports} is no folder, so no portal was written. Name one with reports: REPORTS=…")
    chosen = stacks(wanted.environment)
    with tempfile.TemporaryDirectory(prefix="prodfirst-") as name:
        folder = Path(name)
        found = _states(wanted.environment, chosen, folder)
        _audit(wanted.environment, folder / "reports" / "audit")
        if wanted.drift:
            say("comparing with the cloud as it is …")
            # What each preview prints is shown on the page of its stack.
            with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
                previewing.previews(chosen, folder / "reports" / "previews", refresh=True, priced=False)
        places = [folder / "reports", *([wanted.reports] if wanted.reports else [])]
        table = cost.prices()
        return Answers(
            environment=wanted.environment,
            project=chosen[0].gcp_project(),
            made=datetime.now(UTC),
            held=found,
            contracts=contracts(found),
            reports=findings.reports(_newest(places, "*.sarif")),
            accepted=findings.accepted(POLICIES, datetime.now(UTC).date()),
            drift=drift(places, wanted.environment),
            estimates={each.stack.title: estimate(each, table) for each in found},
            prices=table,
            access=_access(wanted.environment),
            history=_history(wanted),
        )


def _states(environment: str, chosen: list[Stack], folder: Path) -> list[Held]:
    with step("reading the states"):
        files = target.of(environment).states(chosen, folder)
        owners = _owners(environment)
        return [
            held.read(stack, file, stack.team() if stack.is_app else owners.get(stack.project, ""))
            for stack, file in zip(chosen, files, strict=True)
        ]


def _owners(environment: str) -> dict[str, str]:
    """The team of each layer, as the identity layer's settings say."""
    file = CHECKOUT / "identity" / f"Pulumi.{environment}.yaml"
    content = cast("dict[str, Any]", yaml.safe_load(file.read_text(encoding="utf-8")))
    return cast("dict[str, str]", content["config"].get("identity:owners", {}))


def _audit(environment: str, folder: Path) -> None:
    """Run the audit into a folder; what it finds is for the page, only its failure ends the portal."""
    command = [sys.executable, "-m", "cli", "audit", "--stack", environment, "--report", str(folder)]
    with step("auditing"):
        done = subprocess.run(command, cwd=CHECKOUT, capture_output=True, text=True, errors="replace", check=False)  # noqa: S603  ours
    if not list(folder.glob("*.sarif")):
        raise ToolError(f"the audit gave no verdict, so no portal was written.\n{(done.stderr or done.stdout).strip()}")


def _access(environment: str) -> dict[str, Any]:
    """Who can do what, as rows that `make access` decided."""
    command = [sys.executable, "-m", "cli", "access", "--stack", environment, "--format", "rows"]
    with step("asking who can do what"):
        done = subprocess.run(command, cwd=CHECKOUT, capture_output=True, text=True, errors="replace", check=False)  # noqa: S603  ours
    if done.returncode:
        raise ToolError(f"who can do what could not be told, so no portal was written.\n{done.stderr.strip()}")
    return cast("dict[str, Any]", json.loads(done.stdout))


def _history(wanted: Wanted) -> History:
    with step("reading the history"):
        question = Question(since=datetime.now(UTC) - LATELY, details=True)
        return history.answer(target.of(wanted.environment), question, wanted.logs)


def _newest(places: list[Path], pattern: str) -> list[Path]:
    """Files below the folders, by name; of those of one name the newest."""
    found: dict[str, Path] = {}
    for file in (each for place in places for each in place.rglob(pattern)):
        if file.name not in found or file.stat().st_mtime > found[file.name].stat().st_mtime:
            found[file.name] = file
    return [found[name] for name in sorted(found)]


def drift(places: list[Path], environment: str) -> dict[str, Drift]:
    """By stack, what looks at it showed: those of this run, or of the reports of a former one."""
    found = [_part(file) for file in _newest(places, "*.part.json")]
    of_stacks = [each for each in found if each.part.environment == environment and each.part.stack != drifting.GRANTS]
    order = {"identity": 0, "platform": 1}
    return {each.part.stack: each for each in sorted(of_stacks, key=lambda each: order.get(each.part.stack, 2))}


def _part(file: Path) -> Drift:
    try:
        told = PreviewResult.model_validate_json(file.read_bytes())
        return Drift(told, datetime.fromtimestamp(file.stat().st_mtime, UTC).strftime(_TIME))
    except (OSError, ValidationError) as error:
        raise ToolError(
            f"{file} cannot be read as the report of a preview ({type(error).__name__}), so drift would be missing, "
            "and no portal was written. Take it out of the folder."
        ) from None


def estimate(stack: Held, table: cost.Prices) -> cost.Estimate:
    """Cost of a stack as deployed."""
    steps = [Step(op="same", urn=each.urn, oldState=each.state, newState=each.state) for each in stack.resources]
    return cost.estimate(steps, table)
